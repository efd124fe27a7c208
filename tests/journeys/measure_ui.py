"""`python -m tests.journeys.measure_ui`: how fast the pages answer, from a trusted input to the last change painted.

Headless Chromium against a warm server on the embedded demo. Times are told, never asserted: they depend on the
machine, whose load is printed with them.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from din_core.pages.app.demo_store import demo_store
from din_core.pages.app.startup import DEMO
from din_core.store import BehaviorStore, open_store
from tests.journeys.inspect_page import model_box
from tests.journeys.page_driver import box, options
from tests.journeys.server import running_app, running_browser

PATIENCE_MS = 60_000
"""Every wait ends after so long, and says what did not come."""
WARM_UP = 3
"""Repetitions of each interaction before those that count."""
QUIET_MS = 500
"""Without a change for so long, an interaction is over. (No `expect` here: it reads the whole page meanwhile.)"""
SIZE = {"width": 1280, "height": 1000}
HEAVY = 400
"""Distinct items from which on a history is a long one."""
MEMORY_INTERACTIONS = 200
FIRST_VIEW = "first view of a new visitor"
MEMORY = "memory"

PROBE = """() => {
  const probe = (window.probe = { input: 0, scored: 0, drawn: 0, changed: 0, first: 0, waiting: false });
  const painted = (then) => requestAnimationFrame(() => {
    const channel = new MessageChannel(); // its message comes after the frame is painted
    channel.port1.onmessage = then;
    channel.port2.postMessage(0);
  });
  probe.note = (name) => {
    probe.last = performance.now();
    probe[`${name}Dirty`] = true;
    if (probe.waiting) return;
    probe.waiting = true;
    painted(() => {
      const now = performance.now();
      if (probe.scoredDirty) probe.scored = now;
      if (probe.drawnDirty) probe.drawn = now;
      if (probe.drawnDirty && !probe.first) probe.first = now;
      probe.changed = now;
      probe.scoredDirty = probe.drawnDirty = probe.changedDirty = probe.waiting = false;
    });
  };
  const clear = CanvasRenderingContext2D.prototype.clearRect;
  CanvasRenderingContext2D.prototype.clearRect = function (...area) {
    probe.note("drawn");
    return clear.apply(this, area);
  };
  for (const kind of ["keydown", "pointerdown"]) {
    window.addEventListener(kind, (event) => event.isTrusted && (probe.input = event.timeStamp), true);
  }
}"""
"""Notes when a trusted input came, when the score changed last, when a canvas was drawn last and when anything watched
changed last, each as of the end of the frame that shows it."""

WATCH = """(element, score) => {
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(() => window.probe.note("changed")).observe(element, all);
  const tile = element.querySelector(score);
  let shown = tile?.textContent;
  const look = () => shown !== (shown = tile.textContent) && window.probe.note("scored");
  if (tile) new MutationObserver(look).observe(tile, all);
}"""
SCORE = "#tiles .value"
"""The first model's probability, where a page shows one."""
SINCE_INPUT = "[probe.scored, probe.drawn, probe.changed].map((at) => at - probe.input)"
OVER = f"() => probe.changed > probe.input && !probe.waiting && performance.now() - probe.changed > {QUIET_MS}"


@dataclass(frozen=True)
class Interaction:
    """One thing to do on a page. A further page is a further entry of `interactions`."""

    name: str
    watched: str
    """Selector of the element whose changes count."""
    prepare: Callable[[Page, int], None]
    """What comes before the input that is timed; gets the number of the repetition."""
    act: Callable[[Page, int], None]
    """Ends with the trusted input that is timed, and waits for nothing."""
    path: str | None = None
    """The page that is opened for it, on the opening example; None where the one on screen serves."""


@dataclass(frozen=True)
class Row:
    """Milliseconds over the repetitions. `score`: until another score stands on its tile, nothing where it stays;
    `chart`: until the last drawing of a canvas, nothing where none is drawn; `all`: until the last change of anything
    watched, rows out of sight included."""

    name: str
    times: int
    score_median: float | None
    score_p95: float | None
    chart_median: float | None
    chart_p95: float | None
    all_median: float
    all_p95: float


TIMED = ("score_median", "score_p95", "chart_median", "chart_p95", "all_median", "all_p95")


@contextmanager
def waiting_for(what: str) -> Iterator[None]:
    """Name what is waited for, where it does not come."""
    try:
        yield
    except PlaywrightTimeout as error:
        raise TimeoutError(f"within {PATIENCE_MS / 1000:.0f} s not seen: {what}") from error


def interactions(heavy: Sequence[str], typical: Sequence[str]) -> list[Interaction]:
    """What is measured, in the order of the table."""
    lens = "#lens"
    return [
        Interaction("switch user, typical history", lens, *switching("user", typical)),
        Interaction(f"switch user, {HEAVY}+ distinct items", lens, *switching("user", heavy)),
        Interaction("switch impression, same time", lens, open_impressions, pick_candidate, ""),
        Interaction("switch impression, another time", lens, open_impressions, pick_time),
        Interaction("step candidate by arrow key", lens, focus_cases, step_candidate),
        Interaction("choose a model", lens, focus_models, step_model),
        Interaction("search users, 150 ms debounce in it", ".st-key-user #panel", typed("user", "adult"), letter("s")),
        Interaction(
            "search items, 150 ms debounce in it", ".st-key-candidate #panel", typed("candidate", "mil"), letter("k")
        ),
        Interaction("what-if: drop an item", "#whatif", select_row, drop_row, "explain-what-if"),
    ]


def switching(key: str, users: Sequence[str]) -> tuple[Callable[[Page, int], None], Callable[[Page, int], None]]:
    """Find one of `users` by id; then choose it."""

    def prepare(page: Page, place: int) -> None:
        box(page, key).fill(users[place % len(users)])
        with waiting_for(f"household {users[place % len(users)]} among the matches of its id"):
            the_user(page, place).wait_for()

    def the_user(page: Page, place: int) -> Any:
        name = re.compile(rf"\b{re.escape(users[place % len(users)])}( ·|$)")
        return options(page, key).filter(has_text=name).first

    return prepare, lambda page, place: the_user(page, place).click()


def open_impressions(page: Page, place: int) -> None:
    box(page, "impression").click()
    with waiting_for("the list of impressions"):
        options(page, "impression").first.wait_for()


def pick_candidate(page: Page, place: int) -> None:
    """Another impression of the time on screen."""
    here = options(page, "impression").filter(has_text=day_on_screen(page))
    here.nth(1 + place % (here.count() - 1)).click()


def pick_time(page: Page, place: int) -> None:
    """One of another time: there and back."""
    others = options(page, "impression").filter(has_not_text=day_on_screen(page))
    if not others.count():
        raise RuntimeError("the first impressions of this household are all of one time; measure with --times 20")
    others.first.click()


def day_on_screen(page: Page) -> str:
    return page.locator("#shown-title").inner_text().removeprefix("Candidates of ")


def focus_cases(page: Page, place: int) -> None:
    page.locator("#cases").focus()


def step_candidate(page: Page, place: int) -> None:
    chosen, of = (int(n) for n in page.locator("#place").inner_text().split(" of "))
    page.keyboard.press("ArrowDown" if chosen < of else "Home")


def focus_models(page: Page, place: int) -> None:
    model_box(page, 0).focus()


def step_model(page: Page, place: int) -> None:
    select = model_box(page, 0)
    last = select.evaluate("select => select.selectedIndex === select.options.length - 1")
    page.keyboard.press("Home" if last else "ArrowDown")


def typed(key: str, text: str) -> Callable[[Page, int], None]:
    """Type all but the last letter, and wait for its answer."""

    def prepare(page: Page, place: int) -> None:
        box(page, key).fill(text)
        with waiting_for(f"the matches of “{text}” in the search box {key}"):
            page.locator(f".st-key-{key} #count").filter(has_text=f"“{text}”").wait_for()

    return prepare


def select_row(page: Page, place: int) -> None:
    with waiting_for("the rows of the history"):
        page.locator("#rows tr").first.wait_for()
    page.locator("#grid").focus()  # after a drop the next row is selected; an arrow key may lead to one that is gone


def drop_row(page: Page, place: int) -> None:
    page.keyboard.press("Delete")


def letter(one: str) -> Callable[[Page, int], None]:
    return lambda page, place: page.keyboard.press(one)


def open_page(browser: Browser, address: str) -> Page:
    """A page of a new visitor, with an empty browser cache, once the chart is there."""
    page = browser.new_context(viewport=SIZE, reduced_motion="reduce", locale="en").new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.add_init_script(f"({PROBE})()")
    page.goto(address)
    with waiting_for(f"the first chart of {address}"):
        page.wait_for_function("() => probe.first > 0")
    return page


def measure(page: Page, interaction: Interaction, times: int) -> Row:
    """Do it `times` times after a warm-up."""
    page.locator(interaction.watched).evaluate(WATCH, SCORE)
    scores, charts, alls = [], [], []
    for place in range(-WARM_UP, times):
        interaction.prepare(page, place + WARM_UP)
        with waiting_for(f"rest before “{interaction.name}”, repetition {place}"):
            page.wait_for_function(f"() => !probe.waiting && performance.now() - probe.changed > {QUIET_MS}")
        interaction.act(page, place + WARM_UP)
        with waiting_for(f"what follows “{interaction.name}”, repetition {place}, and then rest"):
            page.wait_for_function(OVER)
        if place >= 0:
            scored, drawn, changed = page.evaluate(SINCE_INPUT)
            alls.append(changed)
            charts.extend([drawn] if drawn > 0 else [])
            scores.extend([scored] if scored > 0 else [])
    return row(interaction.name, scores, charts, alls)


def row(name: str, scores: Sequence[float], charts: Sequence[float], alls: Sequence[float]) -> Row:
    middle = ((statistics.median(found), p95(found)) if found else (None, None) for found in (scores, charts))
    return Row(name, len(alls), *chain(*middle), statistics.median(alls), p95(alls))


def p95(values: Sequence[float]) -> float:
    """The value that 95 % of the values do not exceed."""
    return sorted(values)[max(0, -(-95 * len(values) // 100) - 1)]


def first_view(browser: Browser, address: str, times: int) -> Row:
    """From the request of the page to the first painted chart; every visit has an empty browser cache."""
    found = []
    for place in range(-1, times):
        page = open_page(browser, address)
        if place >= 0:
            found.append(page.evaluate("probe.first"))
        page.context.close()
    return row(FIRST_VIEW, [], found, found)


def households(store: BehaviorStore, count: int) -> tuple[list[str], list[str], str]:
    """Users whose histories before their newest impression are long, users around the median, and both in words."""
    tables = store.bulk()
    newest = pd.Series(tables.impression_time).groupby(tables.impression_user).max()
    lines = pd.DataFrame({"user": tables.behavior_user, "item": tables.behavior_item, "time": tables.behavior_time})
    seen = lines[lines["time"] < lines["user"].map(newest)]
    distinct = seen.groupby("user")["item"].nunique().sort_values(ascending=False)
    long = distinct[distinct >= HEAVY]
    heavy = long.iloc[:: max(len(long) // count, 1)][:count]
    middle = max(len(distinct) // 2 - count // 2, 0)
    typical = distinct.iloc[middle : middle + count]
    words = (
        f"{len(heavy)} households with {heavy.min():,} to {heavy.max():,} distinct items (median "
        f"{heavy.median():,.0f}); typical: {len(typical)} around the median of all, {typical.min():,} to "
        f"{typical.max():,}"
    )
    names = tables.users["user_id"]
    return [names[user] for user in heavy.index], [names[user] for user in typical.index], words


def server_memory() -> int | None:
    """Resident bytes of the app that this process started; None where /proc does not tell."""
    for task in Path("/proc/self/task").glob("*/children"):
        for child in task.read_text().split():
            if "app.py" in Path(f"/proc/{child}/cmdline").read_text():
                pages = int(Path(f"/proc/{child}/statm").read_text().split()[1])
                return pages * os.sysconf("SC_PAGE_SIZE")
    return None


def memory_growth(page: Page, users: Sequence[str], times: int) -> dict[str, float] | None:
    """Megabytes before and after `times` interactions, each household visited once before."""
    prepare, act = switching("user", users)

    def visit(place: int) -> None:
        if place % 2 == 0:
            prepare(page, place // 2)
            act(page, place // 2)
            user = users[place // 2 % len(users)]
            with waiting_for(f"household {user} in the address"):
                page.wait_for_url(re.compile(rf"[?&]user={re.escape(user)}&"))
        else:
            focus_cases(page, place)
            step_candidate(page, place)

    for place in range(2 * len(users)):
        visit(place)
    before = server_memory()
    for place in range(times):
        visit(place)
    after = server_memory()
    if before is None or after is None:
        return None
    return {"interactions": times, "before_mb": before / 1e6, "after_mb": after / 1e6, "growth": after / before - 1}


def main() -> None:
    """Measure, and print one table or one JSON object."""
    parser = argparse.ArgumentParser(description="Time the pages in headless Chromium on the embedded demo.")
    parser.add_argument("--times", type=int, default=20, help="repetitions that count, of each interaction")
    names = "; ".join([*(one.name for one in interactions([], [])), FIRST_VIEW, MEMORY])
    parser.add_argument(
        "--only",
        default="",
        metavar="TEXT",
        help=f"measure only what has this text in its name: {names} (the server's, over {MEMORY_INTERACTIONS} "
        "interactions in one session; some minutes)",
    )
    parser.add_argument(
        "--memory", dest="only", action="store_const", const=MEMORY, help=f"the same as --only {MEMORY}"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    chosen = parser.parse_args()
    found = measure_all(chosen.times, chosen.only)
    print(json.dumps(found, indent=2) if chosen.json else table(found))


def measure_all(times: int, only: str) -> dict[str, Any]:
    """Every row, the server's memory, and what they were measured on."""
    store = open_store(demo_store(DEMO, lambda *_: None))
    heavy, typical, words = households(store, min(times, 20))
    store.close()
    load = os.getloadavg()
    chosen = [one for one in interactions(heavy, typical) if only in one.name]
    rows, memory = [], None
    with running_app({}) as address, running_browser() as browser:
        page = open_page(browser, address)
        for one in chosen:
            if one.path is not None:
                page.goto(address + one.path)
                with waiting_for(f"{one.watched} on the page {one.path}"):
                    page.locator(one.watched).wait_for()
            rows.append(measure(page, one, times))
        page.context.close()
        if only in FIRST_VIEW:
            rows.append(first_view(browser, address, times))
        if only in MEMORY:
            memory = memory_growth(open_page(browser, address), heavy, MEMORY_INTERACTIONS)
    return {
        "rows": [asdict(one) for one in rows],
        "memory": memory,
        "households": words,
        "machine": {"cores": os.cpu_count(), "load_before": load, "load_after": os.getloadavg()},
    }


def table(found: dict[str, Any]) -> str:
    """The same as Markdown."""
    head = [
        "| trusted input to last change painted, ms | times "
        "| score: median | p95 | chart: median | p95 | all: median | p95 |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    lines = head if found["rows"] else []
    for one in found["rows"]:
        values = (one[name] for name in TIMED)
        shown = " | ".join("" if value is None else f"{value:,.0f}" for value in values)
        lines.append(f"| {one['name']} | {one['times']} | {shown} |")
    memory, machine = found["memory"], found["machine"]
    if memory:
        lines += [
            "",
            f"Server's memory over {memory['interactions']} interactions: {memory['before_mb']:,.0f} MB to "
            f"{memory['after_mb']:,.0f} MB ({memory['growth']:+.1%}).",
        ]
    before, after = (f"{machine[name][0]:.1f}" for name in ("load_before", "load_after"))
    return "\n".join(
        [
            *lines,
            "",
            f"Long histories: {found['households']}. All but the rows of users are of the opening example.",
            f"{machine['cores']} cores, load {before} before and {after} after. Embedded demo, warm server, headless "
            f"Chromium at {SIZE['width']} × {SIZE['height']}. `all` counts the table's rows out of sight too.",
        ]
    )


if __name__ == "__main__":
    main()
