// The chart as a slide of 16:9, PNG or SVG by the same drawing, and its table as CSV and JSON.

const SHEET_WIDTH = 1280; // px of a saved chart, whatever the screen, and more where its legend is long
const LEAST_CHART_HEIGHT = 320;

// How a link without a word of it is read (`View`).
const USUAL = { sort: "-weight", method: "weight", scale: "each", metric: "gauc", fold: "behavior", top: "all" };

// Names that are the same in every language.
const CSV_COLUMNS = [
  ["title", (e) => e.title],
  ["item_id", (e) => e.id ?? ""],
  ["category", (e) => e.written],
  ["type", (e) => typeWords(e.types), (e) => e.types.length > 0],
  ["first_at", (e) => isoTime(e.first)],
  ["last_at", (e) => isoTime(e.last)],
  ["repeats", (e) => e.count],
  ["weight", (e) => e.weight],
  ["weight_x_repeats", (e) => e.total],
  ["effect_logits", (e) => e.effect ?? ""],
  ["effect_points", (e) => e.points ?? ""],
  ["effect_is_sum", (e) => Number(Boolean(e.summed))],
];

// Every row names the scene it is of. A column that not every store has is there where some entry has it.
function csvRows(entries, scene) {
  const columns = CSV_COLUMNS.filter(([, , has]) => !has || entries.some(has));
  const names = [...columns.map(([name]) => name), ...Object.keys(scene)];
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

// Title, chart, legend and foot on the least sheet of 16:9 that leaves the chart enough.
function layOutSheet(pen, sheet) {
  for (let size = slideSize(SHEET_WIDTH, 0); ; size = slideSize(size.width + 160, 0)) {
    const lines = headLines(pen, sheet, size.width);
    const foot = footLines(pen, sheet, size.width);
    const heads = [sheet.reference, sheet.label].filter(Boolean);
    const groups = placeGroups(pen, sheet, size.width, heads.length * LINE);
    const last = groups.length ? groups[groups.length - 1].y : 0;
    const chartTop = headHeight(lines);
    const chartHeight = size.height - chartTop - 20 - last - 2 * LINE - footHeight(foot);
    const keysTop = chartTop + chartHeight + 20;
    if (chartHeight >= LEAST_CHART_HEIGHT) return { ...size, lines, foot, heads, groups, chartTop, chartHeight, keysTop };
  }
}

function drawSheet(pen, sheet, laid, chart) {
  const { theme } = sheet;
  const { lines, foot, heads, groups, chartTop, chartHeight, keysTop, width, height } = laid;
  drawHead(pen, sheet, lines, width, height);
  pen.font = `12px ${theme.font}`;
  pen.translate(MARGIN, chartTop);
  chart.paintBy(pen, width - 2 * MARGIN, chartHeight);
  pen.translate(-MARGIN, -chartTop);
  heads.forEach((text, i) => writeText(pen, theme, text, MARGIN, keysTop + i * LINE, theme.quiet, "13px"));
  for (const { text, number, color, hidden, x, y } of groups) {
    pen.fillStyle = color;
    if (!hidden) pen.fillRect(x, keysTop + y - 5, 10, 10);
    writeText(pen, theme, `${text}  ${number}`, x + 16, keysTop + y, hidden ? theme.quiet : theme.text, "13px");
  }
  drawFoot(pen, sheet, foot, height);
}

function createSaving(at, chart, sheetNow) {
  const measure = document.createElement("canvas").getContext("2d");

  function svg() {
    const sheet = sheetNow();
    const laid = layOutSheet(measure, sheet);
    const pen = createSvgPen(laid.width, laid.height, measure);
    drawSheet(pen, sheet, laid, chart);
    save(new Blob([pen.text()], { type: "image/svg+xml" }), `${sheet.name}.svg`);
  }

  function picture(sheet) {
    const laid = layOutSheet(measure, sheet);
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [SHARPNESS * laid.width, SHARPNESS * laid.height];
    const pen = canvas.getContext("2d");
    pen.scale(SHARPNESS, SHARPNESS);
    drawSheet(pen, sheet, laid, chart);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  async function png() {
    const sheet = sheetNow();
    save(await picture(sheet), `${sheet.name}.png`);
  }

  async function copy() {
    const making = copyPicture(picture(sheetNow()));
    close();
    at("image-copied").textContent = at("save").textContent = await making;
    setTimeout(() => (at("save").textContent = say("Save as")), 2500);
  }

  function csv() {
    const { entries, scene, name } = sheetNow();
    saveCsv(csvRows(entries, scene), name);
    close();
  }

  function json() {
    const { entries, scene, name, title } = sheetNow();
    const [names, ...rows] = csvRows(entries, {});
    const records = rows.map((row) => Object.fromEntries(row.map((value, i) => [names[i], value === "" ? null : value])));
    save(new Blob([JSON.stringify({ title, ...scene, rows: records }, null, 1), "\n"], { type: "application/json" }), `${name}.json`);
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
  at("save-json").onclick = json;
  at("copy-image").onclick = copy;
}

// Everything a file tells of what is on screen.
function sheetOf(at, { user, subject, asOf, cases }, models, place, theme, link, entries) {
  const [item, model] = [cases[place], models[0]];
  const isFiltered = !at("all-categories").hidden;
  return {
    title: at("chart-title").textContent,
    lines: [`${item.title} · ${subject}`, scoreLine(models, place), at("model-line").textContent, at("part").textContent, at("type-line").textContent].filter(Boolean),
    groups: [...at("legend").children].map((chip) => ({
      text: chip.firstChild.textContent,
      number: chip.lastChild.textContent,
      color: chip.style.getPropertyValue("--swatch"),
      hidden: isFiltered && chip.getAttribute("aria-pressed") === "false",
    })),
    reference: at("reference").textContent,
    label: at("legend-label").textContent,
    theme,
    name: fileName(["din-lens", user, item.id, model.link]),
    caveat: say("A weight says what the model switches on; it is not an effect on the score."),
    link: shortLink(link),
    scene: { ...sceneOf(model), user, candidate_id: item.id, as_of: isoTime(asOf), link },
    entries,
  };
}

// What the models say of a candidate, by its place among those on screen.
function scoreLine(models, place) {
  return models.map(({ name, scored }) => `${name}: ${percent(scored[place].probability)}`).join(" · ");
}

// By which model, told apart as a link does.
function sceneOf({ name, link }) {
  const [, fingerprint] = /@([^@]*)$/.exec(link) ?? [null, ""];
  return { model: name, fingerprint };
}

// The link without what is as it is by default.
function shortLink(link) {
  const url = new URL(link);
  for (const [name, usual] of Object.entries(USUAL)) if (url.searchParams.get(name) === usual) url.searchParams.delete(name);
  return decodeURI(url.href).replaceAll("%3A", ":").replaceAll("%40", "@").replaceAll("%2C", ",");
}
