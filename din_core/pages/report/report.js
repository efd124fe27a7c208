// A report on its own: the chart of Inspect beside a table that is searched and sorted, all from numbers in the file.

const PAPER = { width: 700, height: 170 }; // px of the drawing that is printed

function startReport(data) {
  speak(data.texts);
  const at = (id) => document.getElementById(id);
  const rows = [...at("rows").rows];
  const placeOf = (row) => Number(row.dataset.row);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const chart = createChart(at, light, showPart);
  const { timeline } = data;
  const slots = new Map(Object.entries(data.slots)); // of the categories that have a colour
  let method = "weight";
  let part = null;

  function theme(isDark) {
    const ink = isDark ? ["#fafafa", "#b8bcc4", "#0e1117", "rgb(255 255 255 / 12%)"] : ["#111111", "#595959", "#ffffff", "rgb(0 0 0 / 9%)"];
    const [text, quiet, background, grid] = ink;
    const colors = data.palette[isDark ? "dark" : "light"];
    return { text, quiet, background, grid, colors, font: getComputedStyle(document.body).fontFamily };
  }

  function shown() {
    const values = data[method];
    return {
      id: data.candidate,
      values,
      whole: true,
      axis: method === "effect" ? say("effect of all its repeats, logits") : say("weight of all its repeats"),
      extent: [Math.min(0, ...values), Math.max(0, ...values)],
      reference: null,
      textsOf: (r) => [
        say("weight {value}", { value: signed(data.weight[r], 4) }),
        say("effect {value} logits", { value: signed(data.effect[r], 4) }),
      ],
      asOf: data.asOf,
      slotOf: (category) => slots.get(category) ?? null,
      digits: 4,
      keeps: () => true,
      empty: "",
    };
  }

  function light(lit) {
    for (const row of rows) row.classList.toggle("lit", Boolean(lit?.includes(placeOf(row))));
    rows.find((row) => row.classList.contains("lit"))?.scrollIntoView({ block: "nearest" });
  }

  function showPart(next) {
    part = next;
    filter();
  }

  function filter() {
    const wanted = at("search").value.trim().toLocaleLowerCase();
    for (const row of rows) {
      const last = timeline.last[placeOf(row)];
      const outside = part !== null && (last < part[0] || last > part[1]);
      row.hidden = outside || !row.textContent.toLocaleLowerCase().includes(wanted);
    }
  }

  function sort(button) {
    const head = button.closest("th");
    const values = data[button.dataset.key] ?? timeline[button.dataset.key];
    const down = head.getAttribute("aria-sort") !== "descending";
    for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const order = (a, b) => (typeof a === "string" ? b.localeCompare(a) : b - a);
    rows.sort((a, b) => (down ? 1 : -1) * order(values[placeOf(a)], values[placeOf(b)]));
    at("rows").append(...rows);
  }

  function legend() {
    const colors = data.palette[dark.matches ? "dark" : "light"];
    const others = new Set(timeline.category).size > slots.size ? [[say("other"), colors.length - 1]] : [];
    at("legend").replaceChildren(
      ...[...slots, ...others].map(([name, slot]) => {
        const entry = element("li", name);
        entry.style.setProperty("--swatch", colors[slot]);
        return entry;
      }),
    );
  }

  function dress() {
    chart.setTheme(theme(dark.matches));
    legend();
  }

  // On paper a drawing stands in the place of the canvas: it is as sharp as the printer.
  function print() {
    chart.setTheme(theme(false));
    const pen = createSvgPen(PAPER.width, PAPER.height, document.createElement("canvas").getContext("2d"));
    chart.paintBy(pen, PAPER.width, PAPER.height);
    at("printed").innerHTML = pen.text();
    chart.setTheme(theme(dark.matches));
  }

  chart.setTimeline(timeline);
  chart.setCase(shown(), true);
  dress();
  dark.onchange = dress;
  window.onbeforeprint = print;
  at("search").oninput = filter;
  for (const input of document.getElementsByName("method")) {
    input.onchange = () => {
      method = input.value;
      chart.setCase(shown(), true);
    };
  }
  for (const button of document.querySelectorAll("button[data-key]")) button.onclick = () => sort(button);
  for (const row of rows) {
    row.onpointerenter = () => chart.pointRows([placeOf(row)]);
    row.onpointerleave = () => chart.pointRows(null);
  }
}

const given = JSON.parse(document.getElementById("data").textContent);
if (given.timeline.id.length) startReport(given);
document.getElementById("print").onclick = () => window.print();
