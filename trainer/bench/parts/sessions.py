"""Many visitors of the app at once: how long they wait, and what each choice costs the server.

The app is a process of its own, and the visitors, in this one, send what browsers send and draw nothing. Both share the
machine's cores.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from din_core.domain import DinLensError
from din_core.store import open_store
from trainer.bench.results import Row
from trainer.bench.sessions.app_process import ROOT, AppProcess, running_app
from trainer.bench.sessions.browser_session import BrowserSession
from trainer.bench.sessions.visit import INSPECT, WHAT_IF, Visit, Waits
from trainer.bench.sizes import Sizes
from trainer.bench.timing import say

USERS = 2_000
"""Users whom visitors choose from."""
BESIDE = ("scores", "effects", "asked ahead")
"""How what is counted beside the choice that it belongs to begins."""
EDITORS = 5
"""Of so many visitors one is on *What if*."""


def sessions(sizes: Sizes, store: str | None = None, checkpoint: str | None = None) -> list[Row]:
    """A row for each kind of choice, and two of the server; of the embedded demo where no store is given."""
    settings = {}
    if store is not None:
        if checkpoint is None:
            raise DinLensError("visitors of a store need a model of it; name one by --checkpoint")
        settings = {"DIN_STORE": store, "DIN_CHECKPOINTS": str(Path(checkpoint).parent)}
    users = users_of(store)
    with running_app(settings) as app:
        say("sessions: one visitor, until the app is up")
        visit(app, users, Waits(), visitors=2 * EDITORS, seconds=sizes.session_warm_up, think=0.2)
        time.sleep(sizes.session_pause)
        before, began, waits = app.megabytes, app.cpu_seconds, Waits()
        say(f"sessions: {sizes.sessions} visitors for {sizes.session_seconds:.0f} s")
        visit(app, users, waits, visitors=sizes.sessions, seconds=sizes.session_seconds, think=sizes.session_think)
        spent, during = app.cpu_seconds - began, app.megabytes
        time.sleep(sizes.session_pause)
        after = app.megabytes
    choices = sum(len(found) for what, found in waits.answers.items() if not what.startswith(BESIDE))
    server = {
        "choices/s": choices / sizes.session_seconds,
        "CPU ms a choice": 1e3 * spent / max(choices, 1),
        "errors": float(len(waits.faults)),
    }
    memory = {
        "MB before": before,
        "MB at the end": during,
        "MB a session": max(during - before, 0.0) / sizes.sessions,  # what was freed meanwhile is no session's
        "MB after they left": after,
    }
    name = f"{sizes.sessions} visitors"
    note = waits.faults[0] if waits.faults else ""
    return [
        *wait_rows(waits),
        Row("sessions", f"{name}, server", server, note),
        Row("sessions", f"{name}, memory", memory),
    ]


def wait_rows(waits: Waits) -> list[Row]:
    """How long visitors waited, by what they did."""
    rows = []
    choices = [one for what, found in waits.answers.items() if not what.startswith(BESIDE) for one in found]
    for what, answers in [*sorted(waits.answers.items()), ("all choices", choices)]:
        p50, p95 = np.percentile([1e3 * one.seconds for one in answers], [50, 95])
        values = {"p50, ms": float(p50), "p95, ms": float(p95), "kB": float(np.median([a.size for a in answers])) / 1e3}
        rows.append(Row("sessions", f"{what} ({len(answers):,})", values))
    return rows


def users_of(store: str | None) -> list[str]:
    """Ids to choose from: of a store, or of the embedded demo."""
    if store is None:
        return [str(one) for one in pd.read_parquet(ROOT / "assets/demo/users.parquet")["user_id"]]
    opened = open_store(store)
    try:
        return [user.user_id for user in opened.search_users("", USERS).matches]
    finally:
        opened.close()


def visit(app: AppProcess, users: Sequence[str], waits: Waits, *, visitors: int, seconds: float, think: float) -> None:
    """Let so many visitors come, stay and leave."""

    async def stay() -> None:
        # A browser asks at once; of its own accord the loop has six threads.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2 * visitors))
        until = asyncio.get_running_loop().time() + seconds
        pages = [WHAT_IF if place % EDITORS == EDITORS - 1 else INSPECT for place in range(visitors)]
        sessions = [BrowserSession(app.port, page) for page in pages]
        await asyncio.gather(
            *(Visit(one, users, waits, think, random.Random(n)).stay(until) for n, one in enumerate(sessions, 1))
        )

    asyncio.run(stay())
