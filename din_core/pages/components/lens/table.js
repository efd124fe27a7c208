// The chart as a table: one row for each behavior that the model weighs, sorted by any column.

const COLUMNS = [
  { key: "title", label: "Title", of: (r) => r.title },
  { key: "category", label: "Category", of: (r) => r.category },
  { key: "date", label: "Last date", of: (r) => r.last, number: true },
  { key: "repeats", label: "Repeats", of: (r) => r.count, number: true },
  { key: "weight", label: "Weight", of: (r) => r.weight, number: true },
  { key: "total", label: "× repeats", of: (r) => r.weight * r.count, number: true },
  { key: "effect", label: "Effect", of: (r) => r.effect, number: true },
  { key: "points", label: "Points", of: (r) => r.points, number: true },
];
const PENDING = "…";
const alphabetical = new Intl.Collator("en", { numeric: true });

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
  cell.style.setProperty("--part", (Math.abs(value) / largest).toFixed(3));
  cell.classList.toggle("negative", value < 0);
}

function createTable(at, onSort, onRow, onPin) {
  const body = at("rows");
  const scroller = at("scroller");
  let rows = []; // one record a distinct behavior, with its table row
  let sort = "-weight";
  let order = "";

  const heads = COLUMNS.map((column) => {
    const head = document.createElement("th");
    const button = element("button", column.label, { type: "button" });
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

  function makeRow(time, r, ids) {
    const line = document.createElement("tr");
    const title = element("th", time.title[r], { scope: "row", className: "title" });
    // Different items may have one title; then the id tells them apart.
    if (ids.get(time.title[r]).size > 1) title.append(element("span", `item ${time.id[r]}`, { className: "id" }));
    const same = element("span", "this candidate", { className: "same", hidden: true });
    const times = time.count[r] > 1 ? ` · ${count(time.count[r])} times` : "";
    title.append(same, element("span", `${time.category[r]} · ${day(time.last[r])}${times}`, { className: "under" }));
    const cells = {
      category: element("td", time.category[r], { className: "category" }),
      date: element("td", day(time.last[r]), { className: "date" }),
      repeats: element("td", count(time.count[r]), { className: "repeats" }),
      weight: element("td", "", { className: "weight" }),
      total: element("td", "", { className: "total" }),
      effect: element("td", "", { className: "effect" }),
      points: element("td", "", { className: "points" }),
    };
    line.append(title, ...Object.values(cells));
    line.onpointerenter = () => onRow(r);
    line.onclick = () => onPin(r);
    return {
      index: r,
      id: time.id[r],
      line,
      cells,
      same,
      title: time.title[r],
      category: time.category[r],
      last: time.last[r],
      count: time.count[r],
      weight: 0,
      effect: 0,
      points: 0,
    };
  }

  function arrange() {
    const down = sort.startsWith("-");
    const column = COLUMNS.find(({ key }) => key === sort.replace("-", ""));
    const compare = column.number
      ? (a, b) => column.of(a) - column.of(b)
      : (a, b) => alphabetical.compare(column.of(a), column.of(b));
    const sorted = [...rows].sort((a, b) => (down ? -1 : 1) * compare(a, b) || a.index - b.index);
    const next = sorted.map((r) => r.index).join();
    if (next !== order) body.replaceChildren(...sorted.map((r) => r.line));
    order = next;
    heads.forEach((head, i) => {
      const here = COLUMNS[i] === column;
      head.setAttribute("aria-sort", here ? (down ? "descending" : "ascending") : "none");
    });
  }

  body.onpointerleave = () => onRow(null);

  return {
    setTimeline(time) {
      const ids = new Map(); // of each title
      time.title.forEach((title, r) => ids.set(title, (ids.get(title) ?? new Set()).add(time.id[r])));
      rows = time.title.map((_, r) => makeRow(time, r, ids));
      order = "";
      scroller.scrollTop = 0;
    },
    setCase(shown, nextSort) {
      sort = nextSort;
      const { weight, effects } = shown;
      const largest = Math.max(...weight.map(Math.abs), 1e-12);
      const most = Math.max(...(effects?.effect ?? []).map(Math.abs), 1e-12);
      for (const r of rows) {
        r.weight = weight[r.index];
        r.effect = effects?.effect[r.index] ?? 0;
        r.points = effects?.points[r.index] ?? 0;
        const total = fixed(r.weight * r.count, shown.digits);
        const points = effects ? signed(r.points, 2) : PENDING;
        writeTwo(r.cells.weight, fixed(r.weight, shown.digits), r.count > 1 ? `× ${count(r.count)} = ${total}` : "");
        write(r.cells.total, total);
        writeTwo(r.cells.effect, effects ? signed(r.effect, effects.digits) : PENDING, effects ? `${points} points` : "");
        write(r.cells.points, points);
        bar(r.cells.weight, r.weight, largest);
        bar(r.cells.effect, r.effect, most);
        tint(r, shown.color(r.category));
        r.same.hidden = r.id !== shown.id;
      }
      arrange();
    },
    light(index, reveal) {
      body.querySelector(".lit")?.classList.remove("lit");
      const found = index === null ? null : rows[index];
      if (!found) return;
      found.line.classList.add("lit");
      if (!reveal) return;
      const top = found.line.offsetTop - body.offsetTop; // below the heading, which stays in sight
      const below = found.line.offsetTop + found.line.offsetHeight - scroller.clientHeight;
      if (top < scroller.scrollTop) scroller.scrollTop = top;
      else if (below > scroller.scrollTop) scroller.scrollTop = below;
    },
  };
}
