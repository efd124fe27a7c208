// A table of records. What is listed of the rows at hand, their order and the columns change here at once, and Python is
// told a moment later, for the page's link; more rows come from Python. `row_link`s are real links, which go to a page of
// the app without loading it anew.

export default mountComponent(createRecordTable);

const HEAD_LETTERS = 16; // of a line of a head, where it has several
const QUIET_MS = 400; // before Python is told what was typed or chosen

function createRecordTable(root) {
  const at = (id) => root.querySelector(`#${id}`);
  const table = {
    send: () => {},
    update,
    stop() {
      clearTimeout(timer);
      document.removeEventListener(MARK, light);
    },
  };
  let data = null; // what Python sent last
  let bodyText = ""; // its columns and links, as they came
  let state = { sort: null, find: null, columns: [], rows: 0 };
  let texts = []; // that rows are found by
  let lines = new Map(); // table rows as they were made, by their place in the data
  let listed = []; // places of the rows on screen
  let picked = new Set(); // keys of the rows that are ticked
  let sent = 0; // number of the last message that tells the state
  let pickSent = 0; // and of the last that tells what is ticked
  let timer = 0;

  function update(bytes) {
    const [head, body] = new TextDecoder().decode(bytes).split("\n");
    const next = JSON.parse(head);
    speak(next.texts);
    const fresh = body !== bodyText || next.language !== data?.language;
    data = { ...next, ...(fresh ? JSON.parse(body) : data && { columns: data.columns, links: data.links, keys: data.keys, marks: data.marks }) };
    const known = table.known === data.title; // what is not in the page's link is kept here
    if (data.linked ? next.handled >= sent && !timer : !known) state = { ...next.state };
    table.known = data.title;
    if (next.pick_handled >= pickSent) picked = new Set(next.picked); // else Python has yet to hear of the last tick
    if (fresh) {
      bodyText = body;
      texts = searchTexts(data);
      lines = new Map();
    }
    setTexts();
    if (at("find") !== root.activeElement) at("find").value = state.find ?? "";
    draw();
  }

  function setTexts() {
    at("find-label").textContent = say("Filter: {table}", { table: data.title });
    at("find").placeholder = say("Filter the rows");
    at("choose").textContent = say("Columns");
    at("columns").setAttribute("aria-label", say("Columns"));
    root.querySelector(".files").setAttribute("aria-label", say("Save the table: {table}", { table: data.title }));
    for (const kind of ["csv", "json"]) at(kind).setAttribute("aria-label", say("The table as {kind}: {table}", { kind: kind.toUpperCase(), table: data.title }));
    at("table").setAttribute("aria-label", data.title);
  }

  const isShown = ({ name, shown }) => (state.columns.length ? state.columns.includes(name) : shown);
  const shownColumns = () => data.columns.filter(isShown);

  function draw() {
    const columns = shownColumns();
    listed = rowsListed(data, texts, state);
    drawHeads(columns);
    drawMenu();
    const key = columns.map(({ name }) => name).join();
    if (lines.key !== key) lines = Object.assign(new Map(), { key });
    const alike = new Map(columns.map((column) => [column.name, alikeNames(column)]));
    const focus = root.activeElement?.closest?.("tbody tr")?.dataset.key;
    at("rows").replaceChildren(...listed.map((row) => lineOf(row, columns, alike)));
    if (focus !== undefined) at("rows").querySelector(`tr[data-key="${CSS.escape(focus)}"] :is(a, input)`)?.focus();
    for (const row of listed) tick(row);
    root.querySelector(".scroller").style.maxHeight = data.height ? `${data.height}px` : "";
    at("count").textContent = countText();
    const { count, total, most } = data;
    at("more").hidden = count >= Math.min(total, most);
    at("more").disabled = state.rows > count;
    at("more").textContent = say("{n} more", { n: Math.min(data.step, total - count, most - count) });
  }

  function countText() {
    const { count, total } = data;
    const values = { n: listed.length.toLocaleString("en"), count: count.toLocaleString("en"), total: total.toLocaleString("en") };
    if (state.find && total > count) return say("{n} of the first {count} rows match; {total} in all", values);
    if (state.find) return say("{n} of {total} rows match", values);
    if (total === count) return total === 1 ? say("1 row") : say("{total} rows", values);
    return state.sort ? say("The first {count} of {total} rows, sorted", values) : say("The first {count} of {total} rows", values);
  }

  function drawHeads(columns) {
    const heads = columns.map((column) => {
      const { name, label, kind, help } = column;
      const by = sortOf(data.columns, state.sort);
      const order = by?.column === column ? (by.down ? "descending" : "ascending") : "none";
      const button = element("button", label, { type: "button", title: help });
      const head = element("th", "", { scope: "col", className: kind });
      head.setAttribute("aria-sort", order);
      head.dataset.name = name;
      head.style.minWidth = `${Math.min(label.length, HEAD_LETTERS)}ch`;
      button.onclick = () => arrange({ sort: nextSort(column, state.sort) });
      head.append(button);
      return head;
    });
    const focus = root.activeElement?.closest?.("thead th")?.dataset.name;
    const pick = data.keys.length ? [element("td", "", { className: "pick" })] : [];
    at("heads").replaceChildren(...pick, ...heads);
    if (focus !== undefined) heads.find((head) => head.dataset.name === focus)?.firstChild.focus();
  }

  function drawMenu() {
    if (at("columns").matches(":popover-open")) return;
    const lines = data.columns.map((column) => {
      const box = element("input", "", { type: "checkbox", checked: isShown(column) });
      box.value = column.name;
      box.onchange = chooseColumns;
      const line = element("label", "");
      line.append(box, column.label);
      return line;
    });
    at("columns").replaceChildren(...lines);
  }

  // At least one stays.
  function chooseColumns(event) {
    const chosen = [...at("columns").querySelectorAll(":checked")].map((box) => box.value);
    if (!chosen.length) event.target.checked = true;
    else arrange({ columns: chosen });
  }

  function lineOf(row, columns, alike) {
    if (lines.has(row)) return lines.get(row);
    const line = element("tr", "");
    line.dataset.key = data.links[row] || (data.keys[row] ?? row);
    if (data.keys.length) line.append(pickCell(row, columns[0]));
    if (data.marks.length) tellWhenPointed(line, data.marks[row]);
    const lead = columns.find(({ ids }) => ids) ?? columns[0];
    for (const column of columns) line.append(cellOf(row, column, column === lead, alike.get(column.name)));
    lines.set(row, line);
    return line;
  }

  // A name that another row bears too: where both are too long for the cell, the id is what stays.
  function withId(holder, id) {
    const line = element("span", "", { className: "named" });
    line.append(holder, element("span", say("item {id}", { id }), { className: "id" }));
    return line;
  }

  // The cell that names the row is its head, and holds the row's link, which lies over all of the row.
  function cellOf(row, column, leads, alike) {
    const text = textOf(column, row);
    const cell = element(leads ? "th" : "td", "", { className: column.kind });
    if (leads) cell.scope = "row";
    const holder = leads && data.links[row] ? element("a", text, { href: data.links[row] }) : element("span", text, {});
    if (holder.href) holder.onclick = (event) => follow(event, data.links[row]);
    if (column.kind === "text" && text.length > 24) cell.title = text;
    cell.append(alike.has(text) ? withId(holder, column.ids[row]) : holder);
    return cell;
  }

  function pickCell(row) {
    const named = data.columns.find(({ ids }) => ids) ?? data.columns[0];
    const box = element("input", "", { type: "checkbox" });
    box.setAttribute("aria-label", say("Choose {row}", { row: textOf(named, row) }));
    box.onchange = () => {
      if (box.checked) picked.add(data.keys[row]);
      else picked.delete(data.keys[row]);
      pickSent = table.send("pick", [...picked]);
    };
    const cell = element("td", "", { className: "pick" });
    cell.append(box);
    return cell;
  }

  // The row of what is pointed at elsewhere on the page.
  function light({ detail }) {
    for (const [row, line] of lines) line.classList.toggle("lit", data.marks[row] !== undefined && data.marks[row] === detail.mark);
  }

  function tick(row) {
    const box = lines.get(row).querySelector(".pick input");
    if (box) box.checked = picked.has(data.keys[row]);
  }

  function arrange(change, wait = QUIET_MS) {
    state = { ...state, ...change };
    draw();
    if (!data.linked) return;
    clearTimeout(timer);
    timer = setTimeout(tell, wait);
  }

  function tell() {
    timer = 0;
    sent = table.send("arrange", state);
  }

  document.addEventListener(MARK, light);
  at("find").oninput = () => arrange({ find: at("find").value.trim() || null });
  at("more").onclick = () => arrange({ rows: data.count + data.step }, 0);
  at("csv").onclick = () => saveRecordsCsv(data, listed);
  at("json").onclick = () => saveRecordsJson(data, listed);
  at("columns").addEventListener("toggle", (event) => {
    if (event.newState === "open") placeBelow(at("columns"), at("choose"));
    else draw();
  });
  return table;
}

function tellWhenPointed(line, mark) {
  for (const type of ["pointerenter", "focusin"]) line.addEventListener(type, () => tellMark(mark));
  for (const type of ["pointerleave", "focusout"]) line.addEventListener(type, () => tellMark(null));
}

function placeBelow(menu, button) {
  const { bottom, right } = button.getBoundingClientRect();
  menu.style.top = `${bottom + 4}px`;
  menu.style.left = `${Math.max(8, right - menu.offsetWidth)}px`;
  menu.querySelector("input")?.focus();
}

// A plain click stays within the app.
function follow(event, href) {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  goWithin(href);
}
