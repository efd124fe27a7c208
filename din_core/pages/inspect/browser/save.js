// The chart as a file, PNG or SVG by the same drawing, and its table as CSV.

const SHEET_WIDTH = 1200; // px of a saved chart, whatever the screen
const CHART_HEIGHT = 420;

const CSV_COLUMNS = [
  [() => say("title"), (e) => e.title],
  [() => "item_id", (e) => e.id ?? ""],
  [() => say("category"), (e) => e.category],
  [() => say("type"), (e) => typeWords(e.types), (e) => e.types.length > 0],
  [() => say("first (UTC)"), (e) => new Date(e.first * 1000).toISOString()],
  [() => say("last (UTC)"), (e) => new Date(e.last * 1000).toISOString()],
  [() => say("repeats"), (e) => e.count],
  [() => say("weight of one occurrence"), (e) => e.weight],
  [() => say("weight x repeats"), (e) => e.total],
  [() => say("effect when removed (logits)"), (e) => e.effect ?? ""],
  [() => say("effect when removed (points of probability)"), (e) => e.points ?? ""],
  [() => say("effect is a sum of single ones"), (e) => (e.summed ? say("yes") : say("no"))],
];

// Every row names the scene it is of. A column that not every store has is there where some entry has it.
function csvRows(entries, scene) {
  const columns = CSV_COLUMNS.filter(([, , has]) => !has || entries.some(has));
  const names = [...columns.map(([name]) => name()), ...Object.keys(scene)];
  const rows = entries.map((entry) => [...columns.map(([, of]) => of(entry)), ...Object.values(scene)]);
  return [names, ...rows];
}

// The rows of the legend, as [text, number, color, hidden, x, y].
function placeGroups(pen, { groups }, width, top) {
  let [x, y] = [MARGIN, top];
  return groups.map(({ text, number, color, hidden }) => {
    const long = 16 + pen.measureText(`${text}  ${number}`).width;
    if (x > MARGIN && x + long > width - MARGIN) [x, y] = [MARGIN, y + LINE];
    const place = { text, number, color, hidden, x, y };
    x += long + 20;
    return place;
  });
}

// Title, chart and legend; the height is what they need.
function layOutSheet(pen, sheet, width) {
  const lines = headLines(pen, sheet, width);
  const chartTop = headHeight(lines);
  const keysTop = chartTop + CHART_HEIGHT + 20;
  const heads = [sheet.reference, sheet.label].filter(Boolean);
  const groups = placeGroups(pen, sheet, width, keysTop + heads.length * LINE);
  const last = groups.length ? groups[groups.length - 1].y : keysTop;
  return { lines, chartTop, keysTop, heads, groups, height: last + LINE + MARGIN };
}

function drawSheet(pen, sheet, width, chart) {
  const { lines, chartTop, keysTop, heads, groups, height } = layOutSheet(pen, sheet, width);
  const { theme } = sheet;
  drawHead(pen, sheet, lines, width, height);
  pen.font = `12px ${theme.font}`;
  pen.translate(MARGIN, chartTop);
  chart.paintBy(pen, width - 2 * MARGIN, CHART_HEIGHT);
  pen.translate(-MARGIN, -chartTop);
  heads.forEach((text, i) => writeText(pen, theme, text, MARGIN, keysTop + i * LINE, theme.quiet, "13px"));
  for (const { text, number, color, hidden, x, y } of groups) {
    pen.fillStyle = color;
    if (!hidden) pen.fillRect(x, y - 5, 10, 10);
    writeText(pen, theme, `${text}  ${number}`, x + 16, y, hidden ? theme.quiet : theme.text, "13px");
  }
}

function createSaving(at, chart, sheetNow) {
  const measure = document.createElement("canvas").getContext("2d");

  function svg() {
    const sheet = sheetNow();
    const { height } = layOutSheet(measure, sheet, SHEET_WIDTH);
    const pen = createSvgPen(SHEET_WIDTH, height, measure);
    drawSheet(pen, sheet, SHEET_WIDTH, chart);
    save(new Blob([pen.text()], { type: "image/svg+xml" }), `${sheet.name}.svg`);
  }

  function png() {
    const sheet = sheetNow();
    const canvas = document.createElement("canvas");
    canvas.width = SHARPNESS * SHEET_WIDTH;
    canvas.height = SHARPNESS * layOutSheet(measure, sheet, SHEET_WIDTH).height;
    const pen = canvas.getContext("2d");
    pen.scale(SHARPNESS, SHARPNESS);
    drawSheet(pen, sheet, SHEET_WIDTH, chart);
    canvas.toBlob((blob) => save(blob, `${sheet.name}.png`), "image/png");
  }

  function csv() {
    const { entries, scene, name } = sheetNow();
    saveCsv(csvRows(entries, scene), name);
    close();
  }

  function save(blob, name) {
    saveFile(blob, name);
    close();
  }

  const close = () => at("formats").hidePopover();

  // The menu opens under its button: popovers stand above everything, placed from the window's corner.
  at("formats").addEventListener("toggle", (event) => {
    if (event.newState !== "open") return;
    const button = at("save").getBoundingClientRect();
    const menu = at("formats");
    menu.style.top = `${button.bottom + 4}px`;
    menu.style.left = `${Math.max(8, button.right - menu.offsetWidth)}px`;
    menu.firstElementChild.focus();
  });
  at("save-svg").onclick = svg;
  at("save-png").onclick = png;
  at("save-csv").onclick = csv;
}

// Everything a file tells of what is on screen.
function sheetOf(at, { user, subject, asOf }, item, model, theme, link, entries) {
  return {
    title: at("chart-title").textContent,
    lines: [`${item.title} · ${subject}`, at("model-line").textContent, at("part").textContent, at("type-line").textContent].filter(Boolean),
    groups: [...at("legend").children].map((chip) => ({
      text: chip.firstChild.textContent,
      number: chip.lastChild.textContent,
      color: chip.style.getPropertyValue("--swatch"),
      hidden: chip.getAttribute("aria-pressed") === "false",
    })),
    reference: at("reference").textContent,
    label: at("legend-label").textContent,
    theme,
    name: fileName(["din-lens", user, item.id, model.link]),
    scene: { user, candidate: item.id, as_of: new Date(asOf * 1000).toISOString(), model: model.link, link },
    entries,
  };
}
