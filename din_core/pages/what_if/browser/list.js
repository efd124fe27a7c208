// The history as one editable list: folded by item, or every behavior in its order. One tab stop, arrows go through it.

const [SAME, NEW, GONE] = [0, 1, 2];
const SHOWN_AT_ONCE = 400; // rows drawn; the rest is found by the filter

function createList(at, dispatch) {
  let data = null;
  let folded = true;
  let entries = []; // those that the filter lets through, in their order
  let rows = new Map(); // by key
  let selected = null; // a key
  let digits = { weight: 3, total: 3 };
  const tools = makeTools();

  const isoOf = (seconds) => new Date(1000 * seconds).toISOString().replace(".000", "");
  const named = ([id, time, nth]) => [id, isoOf(time), String(nth)];

  // What the list may show: one an item, or one a behavior, newest first.
  function allEntries() {
    const byId = new Map(data.rows.map((row) => [row.id, row]));
    const types = typesById();
    if (!folded) {
      return data.lines.map((line) => {
        const [id, time, nth, state, now, then, type] = line;
        return { key: `${id} ${time} ${nth}`, row: byId.get(id), line, time, state, type: type ?? "", weight: [now, then], total: [now, then], count: [state === GONE ? 0 : 1, state === NEW ? 0 : 1] };
      });
    }
    return data.rows.map((row) => {
      const state = row.count[0] === 0 ? GONE : row.count[1] === 0 ? NEW : SAME;
      return { key: row.id, row, line: null, time: row.last, state, type: types.get(row.id) ?? "", weight: row.weight, total: row.total, count: row.count };
    });
  }

  // What an item's behaviors are, each type with how often: of those that there are now, or of dropped ones.
  function typesById() {
    const found = new Map();
    for (const [id, , , state, , , type] of data.lines) {
      if (!found.has(id)) found.set(id, [[], []]);
      found.get(id)[state === GONE ? 1 : 0].push(type);
    }
    return new Map([...found].map(([id, [now, gone]]) => [id, typeWords(now.length ? now : gone)]));
  }

  const changeOf = ({ total: [now, then], state }) => (state === GONE ? 0 : (now ?? 0)) - (state === NEW ? 0 : (then ?? 0));

  function sorted(found) {
    const by = at("sort").value;
    if (!folded || by === "newest") return found;
    const compare = {
      change: (a, b) => Math.abs(changeOf(b)) - Math.abs(changeOf(a)),
      total: (a, b) => (b.total[0] ?? -Infinity) - (a.total[0] ?? -Infinity),
      title: (a, b) => a.row.title.localeCompare(b.row.title),
    }[by];
    return [...found].sort(compare);
  }

  function makeRow(entry) {
    const line = document.createElement("tr");
    const title = element("th", "", { scope: "row", className: "title" });
    const parts = { name: element("span", "", { className: "text" }), tag: element("span", "", { className: "tag" }), under: element("span", "", { className: "under" }) };
    title.append(parts.name, parts.tag, parts.under);
    const cell = (className) => {
      const made = element("td", "", { className });
      const [value, change] = [element("span", ""), element("span", "", { className: "change" })];
      made.append(value, change);
      return { made, value, change };
    };
    const cells = { repeats: cell("repeats"), weight: cell("weight"), total: cell("total") };
    const cross = element("button", "×", { type: "button", className: "cross", tabIndex: -1 });
    cross.onclick = (event) => {
      event.stopPropagation();
      drop(rows.get(entry.key).entry);
    };
    const end = element("td", "", { className: "end" });
    end.append(cross);
    line.append(title, cells.repeats.made, cells.weight.made, cells.total.made, end);
    line.id = `row-${entry.key}`;
    line.onclick = () => select(entry.key, false);
    return { line, parts, cells, cross, entry };
  }

  function fill(made, entry, largest) {
    made.entry = entry;
    const { row, state, time, type, weight, total, count: n } = entry;
    const { parts, cells, line, cross } = made;
    put(parts.name, row.title);
    label(parts.name, "title", row.title);
    put(parts.tag, state === NEW ? say("new") : state === GONE ? say("dropped") : row.id === data.candidate.id ? say("this candidate") : "");
    put(parts.under, [type, day(time), row.detail].filter(Boolean).join(" · "));
    label(parts.under, "title", parts.under.textContent);
    label(line, "class", ["", "new", "gone"][state]);
    cross.hidden = state === GONE;
    label(cross, "aria-label", say("Drop {title}", { title: row.title }));
    put(cells.repeats.value, state === GONE ? "–" : count(n[0]));
    put(cells.repeats.change, n[0] === n[1] ? "" : signed(n[0] - n[1], 0));
    show(cells.weight, weight, state, digits.weight);
    show(cells.total, total, state, digits.total);
    const part = state === GONE ? 0 : Math.min(Math.abs(total[0] ?? 0) / largest, 1);
    label(cells.total.made, "style", `--part: ${part.toFixed(3)}`);
    cells.total.made.classList.toggle("negative", (total[0] ?? 0) < 0);
  }

  function show({ value, change }, [now, then], state, digits) {
    const missing = state === GONE ? "–" : say("not seen");
    put(value, now === null || state === GONE ? missing : fixed(now, digits));
    const [a, b] = [state === GONE ? 0 : (now ?? 0), state === NEW ? 0 : (then ?? 0)];
    const text = signed(a - b, digits);
    put(change, /[1-9]/.test(text) ? text : "");
  }

  const digitsOf = (most) => Math.min(digitsFor([-most, most]), 5);

  function draw() {
    const words = at("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = ({ row, type }) =>
      words.every((word) => `${row.title} ${row.detail} ${row.id} ${type}`.toLowerCase().includes(word));
    const all = allEntries();
    const found = sorted(all.filter(fits));
    const near = besides(selected);
    entries = found.slice(0, SHOWN_AT_ONCE);
    const largest = Math.max(...all.map(({ total }) => Math.abs(total[0] ?? 0)), 1e-12);
    const heaviest = Math.max(...all.map(({ weight }) => Math.abs(weight[0] ?? 0)), 1e-12);
    digits = { weight: digitsOf(heaviest), total: digitsOf(largest) };
    const next = new Map();
    for (const entry of entries) {
      const made = rows.get(entry.key) ?? makeRow(entry);
      fill(made, entry, largest);
      next.set(entry.key, made);
    }
    rows = next;
    arrange([...rows.values()].map(({ line }) => line));
    put(at("listed"), listedWords(all.length, found.length));
    const isThere = (key) => rows.has(key) && rows.get(key).entry.state !== GONE;
    if (!isThere(selected)) selected = near.find(isThere) ?? entries.find(({ state }) => state !== GONE)?.key ?? null;
    mark();
  }

  // The keys of the rows after one, then of those before it, nearest first.
  function besides(key) {
    const place = entries.findIndex((entry) => entry.key === key);
    return place < 0 ? [] : [...entries.slice(place + 1), ...entries.slice(0, place).reverse()].map((entry) => entry.key);
  }

  // Rows that stay where they are are not touched: the browser would lay out all of them anew.
  function arrange(order) {
    let here = at("rows").firstChild;
    for (const line of order) {
      if (here !== null && here.nextSibling === line) {
        here.remove(); // it comes further down, or not at all
        here = line;
      }
      if (here === line) here = line.nextSibling;
      else at("rows").insertBefore(line, here);
    }
    while (here !== null) {
      const next = here.nextSibling;
      here.remove();
      here = next;
    }
  }

  function listedWords(all, found) {
    if (!all) return say("The history is empty: profile, context and candidate alone are scored.");
    const cut = found > SHOWN_AT_ONCE ? ` ${say("The first {n} are drawn; the filter finds the others.", { n: SHOWN_AT_ONCE })}` : "";
    const what = folded ? say("{n} of {all} items listed.", { n: count(found), all: count(all) }) : say("{n} of {all} behaviors listed, newest first.", { n: count(found), all: count(all) });
    return what + cut;
  }

  function mark() {
    for (const [key, { line }] of rows) label(line, "aria-selected", String(key === selected));
    if (selected === null) at("grid").removeAttribute("aria-activedescendant");
    else at("grid").setAttribute("aria-activedescendant", `row-${selected}`);
    tools.show();
  }

  function select(key, reveal = true) {
    selected = key;
    mark();
    const line = rows.get(key)?.line;
    if (!line || !reveal) return;
    const [scroller, head] = [at("scroller"), at("columns").offsetHeight];
    const top = line.offsetTop - head;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (line.offsetTop + line.offsetHeight > scroller.scrollTop + scroller.clientHeight) {
      scroller.scrollTop = line.offsetTop + line.offsetHeight - scroller.clientHeight;
    }
  }

  // After a drop the next row is selected, so that a key pressed again drops that one.
  function drop(entry) {
    if (entry.state === GONE) return;
    rows.get(entry.key).line.classList.add("going");
    selected = besides(entry.key).find((key) => rows.get(key).entry.state !== GONE) ?? null;
    mark();
    if (entry.line) dispatch("edit", "drop", ...named(entry.line));
    else dispatch("edit", "drop-item", entry.row.id);
  }

  // The behaviors that there are now, newest first.
  const here = () => data.lines.filter(([, , , state]) => state !== GONE);

  // The selected behavior; of a folded item its newest.
  function chosenLine() {
    const entry = rows.get(selected)?.entry;
    if (!entry || entry.state === GONE) return null;
    return entry.line ?? here().find(([id]) => id === entry.row.id);
  }

  function move(step) {
    const line = folded ? null : chosenLine();
    const lines = here();
    const beside = line && lines[lines.indexOf(line) + step];
    if (beside) dispatch("edit", "move", ...named(line), step > 0 ? "before" : "after", ...named(beside));
    if (beside) selected = `${line[0]} ${beside[1]} ${nthAfter(line, beside, step)}`;
  }

  // Which of its kind a behavior is once it has moved next to another one.
  function nthAfter(line, beside, step) {
    if (line[1] === beside[1]) return line[2] + (line[0] === beside[0] ? -step : 0);
    const kin = here().filter(([id, time]) => id === line[0] && time === beside[1]).length;
    return step > 0 ? kin + 1 : 1;
  }

  function makeTools() {
    const name = element("span", "", { className: "selected" });
    const button = (text, onclick) => element("button", text, { type: "button", onclick });
    const one = button("", () => {
      const line = chosenLine();
      if (!line) return;
      if (!folded) drop(rows.get(selected).entry);
      else dispatch("edit", "drop", ...named(line));
    });
    const all = button("", () => {
      const line = chosenLine();
      if (line) dispatch("edit", "drop-item", line[0]);
    });
    const times = element("input", "", { type: "number", min: 2, max: 100, value: 2, id: "times" });
    const repeat = button("", () => {
      const line = chosenLine();
      if (line && times.reportValidity()) dispatch("edit", "repeat", times.value, ...named(line));
    });
    const earlier = button("", () => move(1));
    const later = button("", () => move(-1));
    const type = element("select", "", { id: "type" });
    type.onchange = () => {
      const line = chosenLine();
      if (line) dispatch("edit", "type", ...named(line), ...[type.value].filter(Boolean));
    };
    at("tools").replaceChildren(name, one, all, repeat, times, type, earlier, later);
    return {
      name: () => {
        repeat.textContent = say("Repeat");
        times.setAttribute("aria-label", say("How many times it stands then"));
        times.title = say("How many times it stands then");
        type.setAttribute("aria-label", say("Type of the selected behavior"));
        type.title = say("Type of the selected behavior");
        earlier.textContent = say("Earlier");
        later.textContent = say("Later");
        at("tools").setAttribute("aria-label", say("Edits of the selected behavior"));
      },
      show() {
        const entry = rows.get(selected)?.entry;
        const line = entry ? chosenLine() : null;
        const n = entry?.row.count[0] ?? 0;
        put(name, entry ? `${entry.row.title} · ${day(folded && line ? line[1] : entry.time)}` : say("Nothing is selected"));
        name.title = name.textContent;
        put(one, folded && n > 1 ? say("Drop the newest") : say("Drop"));
        put(all, n > 1 ? say("Drop all {n}", { n: count(n) }) : say("Drop all"));
        one.disabled = repeat.disabled = times.disabled = !line;
        all.disabled = !line || n < 2;
        type.hidden = !data.types.length;
        type.disabled = !line;
        type.replaceChildren(...["", ...data.types].map((value) => element("option", value || say("type unknown"), { value })));
        type.value = line?.[6] ?? "";
        const lines = here();
        const place = line ? lines.indexOf(line) : -1;
        earlier.hidden = later.hidden = folded;
        earlier.disabled = place < 0 || place === lines.length - 1;
        later.disabled = place <= 0;
      },
    };
  }

  const WAYS = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: 10,
    PageUp: -10,
    Home: -Infinity,
    End: Infinity,
  };
  at("grid").onkeydown = (event) => {
    if (event.altKey && !folded && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      if (rows.has(selected)) drop(rows.get(selected).entry);
    } else if (event.key in WAYS && entries.length) {
      event.preventDefault();
      const to = entries.findIndex(({ key }) => key === selected) + WAYS[event.key];
      select(entries[Math.max(0, Math.min(to, entries.length - 1))].key);
    }
  };
  at("filter").oninput = draw;
  at("sort").onchange = draw;

  return {
    show(next) {
      data = next;
      draw();
    },
    // In the visitor's language.
    name(model) {
      tools.name();
      at("filter").placeholder = say("Filter by words or id");
      at("filter").setAttribute("aria-label", say("Filter the history"));
      at("sort").setAttribute("aria-label", say("Order of the list"));
      const chosen = at("sort").value || "newest";
      const orders = { newest: say("Newest first"), change: say("Largest change first"), total: say("Highest weight × repeats first"), title: say("By title") };
      at("sort").replaceChildren(...Object.entries(orders).map(([value, text]) => element("option", text, { value })));
      at("sort").value = chosen;
      at("columns").replaceChildren(
        element("th", say("Behavior"), { scope: "col", className: "title" }),
        element("th", say("Repeats"), { scope: "col", className: "repeats" }),
        element("th", say("Weight"), { scope: "col", className: "weight", title: say("{weight} of one occurrence", { weight: capital(model.weight) }) }),
        element("th", say("× repeats"), { scope: "col", className: "total", title: say("{weight} × repeats", { weight: capital(model.weight) }) }),
        element("td", "", { className: "end" }),
      );
      put(at("keys"), say("Arrow keys select, Delete drops; in “Every behavior” Alt with an arrow key moves. Small figures: change against the pinned state."));
    },
    fold(on) {
      folded = on;
      at("sort").hidden = !folded;
      rows = new Map();
      selected = null;
      draw();
    },
  };
}
