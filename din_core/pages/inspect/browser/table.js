// The chart as a table, sorted by any column. What is in sight is drawn at once, the rest when the browser is idle.

const COLUMNS = [
  { key: "title", label: () => say("Title"), of: (e) => e.title },
  { key: "category", label: () => say("Category"), of: (e) => e.category },
  { key: "date", label: () => say("Last date"), of: (e) => e.last, number: true },
  { key: "repeats", label: () => say("Repeats"), of: (e) => e.count, number: true },
  { key: "weight", label: () => say("Weight"), of: (e) => e.weight, number: true },
  { key: "total", label: () => say("× repeats"), of: (e) => e.total, number: true },
  { key: "effect", label: () => say("Effect"), of: (e) => e.effect ?? 0, number: true },
  { key: "points", label: () => say("Points"), of: (e) => e.points ?? 0, number: true },
];
const PENDING = "…";
const IN_SIGHT = 24; // rows drawn at once, more where the table is scrolled; table.css lays them out in any case
const AT_ONCE = 240; // rows drawn each time the browser is idle
const SOON = { timeout: 50 }; // milliseconds until more are drawn though it is not
const alphabetical = new Intl.Collator("en", { numeric: true });
const whenIdle = window.requestIdleCallback ?? ((then) => setTimeout(then, 30));
const stopIdle = window.cancelIdleCallback ?? clearTimeout;

// What is there already is not written again: the browser would lay it out anew.
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// A number, and on narrow screens under it what has no column of its own there.
function writeTwo(cell, text, under) {
  write(cell, text);
  if (cell.dataset.under !== under) cell.dataset.under = under;
}

function tint(row, color) {
  if (row.color === color) return;
  row.color = color;
  row.line.style.setProperty("--swatch", color);
}

function bar(cell, value, largest) {
  const part = (Math.abs(value ?? 0) / largest).toFixed(3);
  if (cell.dataset.part !== part) cell.style.setProperty("--part", (cell.dataset.part = part));
  cell.classList.toggle("negative", value < 0);
}

function createTable(at, onSort, onRows, onPin) {
  const keys = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
  const body = at("rows");
  const scroller = at("scroller");
  let time = null;
  let alike = new Set(); // behaviors whose title another item has
  let shown = null;
  let sort = "-weight";
  let reading = { fold: "behavior", top: 0, part: null, type: null, only: [] };
  let sorted = []; // the entries, in the order of the screen
  let lines = new Map(); // table row of each entry, by its key
  let order = null;
  let drawn = 0; // entries that are on screen as they are now
  let scales = { largest: 1, most: 1 };
  let idle = 0;
  let lit = new Set(); // behaviors that stand out
  let place = -1; // of the entry that the keyboard is at
  let single = null; // item whose behaviors are to be pinned once they are listed

  const heads = COLUMNS.map((column) => {
    const head = document.createElement("th");
    const button = element("button", "", { type: "button" });
    head.scope = "col";
    head.className = column.key;
    button.onclick = () => {
      const first = column.number ? `-${column.key}` : column.key;
      onSort(sort === first ? (column.number ? column.key : `-${column.key}`) : first);
    };
    head.append(button);
    return head;
  });
  at("columns").replaceChildren(...heads);

  function makeRow(entry) {
    const line = document.createElement("tr");
    const title = element("th", entry.title, { scope: "row", className: "title" });
    // Different items may have one title; then the id tells them apart.
    if (entry.id !== null && alike.has(entry.rows[0])) {
      title.append(element("span", say("item {id}", { id: entry.id }), { className: "id" }));
    }
    const same = element("span", say("this candidate"), { className: "same", hidden: true });
    const rare = element("span", say("rare or new"), { className: "rare", hidden: true });
    const type = element("span", "", { className: "type" });
    const under = element("span", "", { className: "under" });
    title.append(type, same, rare, under);
    const cells = {};
    for (const { key } of COLUMNS.slice(1)) cells[key] = element("td", "", { className: key });
    line.append(title, ...Object.values(cells));
    const row = { line, title: title.firstChild, cells, type, same, rare, under, entry };
    line.onpointerenter = () => onRows(row.entry.rows);
    line.onclick = () => onPin(row.entry.rows);
    return row;
  }

  function fill(row, entry) {
    const { digits, effects } = shown;
    row.entry = entry;
    const total = fixed(entry.total, digits);
    const points = entry.points === null ? PENDING : signed(entry.points, 2);
    const effect = entry.effect === null ? PENDING : `${entry.summed ? "Σ " : ""}${signed(entry.effect, effects.digits)}`;
    const mean = entry.rows.length > 1 ? `⌀ ${fixed(entry.weight, digits)}` : fixed(entry.weight, digits);
    const times = entry.count > 1 ? say("{n} times", { n: count(entry.count) }) : "";
    if (row.title.data !== entry.title) row.title.data = entry.title;
    write(row.type, entry.rest ? "" : typeWords(entry.types));
    write(row.under, [entry.written, day(entry.last), times].filter(Boolean).join(" · "));
    write(row.cells.category, entry.written);
    write(row.cells.date, day(entry.last));
    write(row.cells.repeats, count(entry.count));
    writeTwo(row.cells.weight, mean, entry.count > 1 ? `× ${count(entry.count)} = ${total}` : "");
    write(row.cells.total, total);
    writeTwo(row.cells.effect, effect, effects ? say("{points} points", { points }) : "");
    write(row.cells.points, points);
    bar(row.cells.weight, entry.rest ? 0 : entry.weight, scales.largest);
    bar(row.cells.effect, entry.rest ? 0 : entry.effect, scales.most);
    tint(row, entry.rest ? "transparent" : shown.color(entry.category));
    row.line.classList.toggle("rest", Boolean(entry.rest));
    brighten(row);
    row.same.hidden = entry.id === null || entry.id !== shown.id;
    row.rare.hidden = entry.id === null || !shown.rare.has(entry.rows[0]);
    row.rare.title = shown.rareText;
  }

  const brighten = ({ line, entry }) => line.classList.toggle("lit", entry.rows.some((r) => lit.has(r)));

  function compareBy(column, down) {
    const compare = column.number
      ? (a, b) => column.of(a) - column.of(b)
      : (a, b) => alphabetical.compare(column.of(a), column.of(b));
    return (a, b) => (down ? -1 : 1) * compare(a, b) || a.rows[0] - b.rows[0];
  }

  function entries() {
    const single = singleEntries(time, shown, reading);
    if (reading.fold === "item") return foldItems(single);
    return reading.fold === "category" ? foldCategories(single, shown.effects, reading) : single;
  }

  function arrange() {
    const down = sort.startsWith("-");
    const column = COLUMNS.find(({ key }) => key === sort.replace("-", ""));
    sorted = topOf(entries().sort(compareBy(column, down)), reading.top);
    place = -1;
    const own = sorted.filter(({ rest }) => !rest);
    scales = {
      largest: own.reduce((most, { weight }) => Math.max(most, Math.abs(weight)), 1e-12),
      most: own.reduce((most, { effect }) => Math.max(most, Math.abs(effect ?? 0)), 1e-12),
    };
    heads.forEach((head, i) => {
      const here = COLUMNS[i] === column;
      head.setAttribute("aria-sort", here ? (down ? "descending" : "ascending") : "none");
    });
    redraw();
    pinSingle();
  }

  function pinSingle() {
    if (single === null) return;
    const rows = [...time.id.keys()].filter((r) => time.id[r] === single);
    single = null;
    if (rows.length) onPin(rows, true);
  }

  function redraw() {
    const next = sorted.map(({ key }) => key).join();
    const { scrollTop } = scroller;
    const rowHeight = scrollTop ? body.offsetHeight / Math.max(body.children.length, 1) : 1;
    if (next !== order) body.replaceChildren();
    order = next;
    drawn = 0;
    at("table").setAttribute("aria-rowcount", String(sorted.length + 1));
    scroller.style.minHeight = "";
    draw(IN_SIGHT + (scrollTop ? Math.ceil((scrollTop + scroller.clientHeight) / rowHeight) : 0));
    scroller.style.contentVisibility = "";
    if (scroller.scrollTop !== scrollTop) scroller.scrollTop = scrollTop;
    later();
  }

  // The next entries up to `until`, as rows.
  function draw(until) {
    const fresh = [];
    for (; drawn < Math.min(until, sorted.length); drawn++) {
      const entry = sorted[drawn];
      let row = lines.get(entry.key);
      if (!row) lines.set(entry.key, (row = makeRow(entry)));
      fill(row, entry);
      row.line.setAttribute("aria-rowindex", String(drawn + 2));
      if (!row.line.isConnected) fresh.push(row.line);
    }
    body.append(...fresh);
    body.setAttribute("aria-busy", String(drawn < sorted.length));
  }

  function later() {
    stopIdle(idle);
    if (drawn >= sorted.length) return;
    idle = whenIdle(() => {
      draw(drawn + AT_ONCE);
      later();
    }, SOON);
  }

  // Scroll to an entry, below the heading, which stays in sight.
  function reveal(at) {
    draw(at + 1);
    const { line } = lines.get(sorted[at].key);
    const top = line.offsetTop - body.offsetTop;
    const below = line.offsetTop + line.offsetHeight - scroller.clientHeight;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (below > scroller.scrollTop) scroller.scrollTop = below;
  }

  function go(to) {
    place = Math.max(0, Math.min(to, sorted.length - 1));
    reveal(place);
    const { rows, title, written, last, count: times, weight, effect } = sorted[place];
    const numbers = numberTexts(shown, times, rows[0]);
    const words = rows.length > 1 ? [`⌀ ${fixed(weight, shown.digits)}`, effect === null ? "" : signed(effect, shown.effects.digits)] : numbers;
    at("spoken").textContent = [title, written, day(last), ...words].filter(Boolean).join(", ");
    onRows(rows);
  }

  body.onpointerleave = () => onRows(null);
  scroller.onblur = () => {
    if (place >= 0) onRows(null);
    place = -1;
  };
  scroller.onkeydown = (event) => {
    if (event.target !== scroller || !sorted.length || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" && place >= 0) onPin(sorted[place].rows);
    else if (event.key in keys) go(place + keys[event.key]);
    else return;
    event.preventDefault();
  };

  return {
    // Another history comes: what is measured meanwhile is measured without the rows of the last one. They go when the
    // new ones come: that takes as long as drawing the score.
    forget() {
      order = null;
      stopIdle(idle);
      scroller.style.minHeight = `${scroller.offsetHeight}px`; // nothing below moves up meanwhile
      scroller.style.contentVisibility = "hidden";
    },
    // The case comes when the chart is on screen.
    wait() {
      body.setAttribute("aria-busy", "true");
    },
    setTimeline(next) {
      time = next;
      alike = new Set(time.alike);
      lines = new Map();
      this.forget();
      scroller.scrollTop = 0;
      heads.forEach((head, i) => write(head.firstChild, COLUMNS[i].label()));
    },
    setCase(next, nextSort) {
      [shown, sort] = [next, nextSort];
      arrange();
    },
    // How it is read: {fold: "behavior", "item" or "category"; top: how many, 0 for all; part: [first, last second];
    // type: of the behaviors; only: their categories}; null for all of the time, and for all types.
    read(next) {
      reading = next;
      arrange();
    },
    // The same, before the case is set.
    hold(next) {
      reading = next;
    },
    // Pin the behaviors with this item, where the history holds some, when they are listed next; null for none.
    single(id) {
      single = id;
    },
    // What it lists now, in its order.
    entries: () => sorted,
    // These behaviors stand out, none for null; `wanted`: the first of them is to be seen.
    light(rows, wanted) {
      const before = lit;
      lit = new Set(rows);
      for (const entry of sorted.slice(0, drawn)) {
        if (entry.rows.some((r) => before.has(r) || lit.has(r))) brighten(lines.get(entry.key));
      }
      const first = wanted && rows ? sorted.findIndex((entry) => entry.rows.some((r) => lit.has(r))) : -1;
      if (first >= 0) reveal(first);
    },
    stop: () => stopIdle(idle),
  };
}
