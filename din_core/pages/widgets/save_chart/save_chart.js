// Below a Plotly chart: three buttons that save it. A picture is the chart's own SVG as it stands on the page, under a
// head that says what it shows; the table came along. The server is not asked.

const LEAST_WIDTH = 480; // px of a saved chart: a narrow one still has a head that can be read
const rows = new WeakMap();
const fonts = new Map(); // data URLs by address

export default function ({ data, parentElement }) {
  const row = rows.get(parentElement) ?? createRow(parentElement);
  rows.set(parentElement, row);
  row.update(JSON.parse(new TextDecoder().decode(data)));
}

function createRow(root) {
  const at = (id) => root.querySelector(`#${id}`);
  const measure = document.createElement("canvas").getContext("2d");
  let payload = null;

  function update(next) {
    payload = next;
    speak(payload.texts);
    at("as").textContent = say("Save as");
    at("status").textContent = "";
    root.querySelector(".row").setAttribute("aria-label", say("Save as: {chart}", { chart: payload.title }));
    for (const kind of ["png", "svg", "csv"]) {
      at(kind).setAttribute("aria-label", say("{kind}: {chart}", { kind: kind.toUpperCase(), chart: payload.title }));
    }
  }

  // The head and below it the chart, as one SVG; null before the chart is there.
  async function drawing() {
    const chart = document.querySelector(`.st-key-${payload.chart} .js-plotly-plot`);
    const layers = [...(chart?.querySelectorAll(".main-svg") ?? [])];
    at("status").textContent = layers.length ? "" : say("The chart is not drawn yet.");
    if (!layers.length) return null;
    const sheet = { title: payload.title, lines: payload.lines, theme: themeOf(root) };
    const { width, height } = layers[0].getBoundingClientRect();
    const across = Math.max(width, LEAST_WIDTH) + 2 * MARGIN;
    const lines = headLines(measure, sheet, across);
    const size = { width: Math.ceil(across), height: Math.ceil(headHeight(lines) + height + MARGIN) };
    const pen = createSvgPen(size.width, size.height, measure);
    pen.place(`<style>${await fontFaces(chart, sheet.theme)}</style>`, 0, 0);
    drawHead(pen, sheet, lines, size.width, size.height);
    for (const layer of layers) pen.place(markup(layer), MARGIN, headHeight(lines));
    return { ...size, text: pen.text() };
  }

  async function svg() {
    const made = await drawing();
    if (made) saveFile(new Blob([made.text], { type: "image/svg+xml" }), `${fileName(payload.name)}.svg`);
  }

  async function png() {
    const made = await drawing();
    if (!made) return;
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([made.text], { type: "image/svg+xml" }));
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [SHARPNESS * made.width, SHARPNESS * made.height];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(image.src);
    canvas.toBlob((blob) => saveFile(blob, `${fileName(payload.name)}.png`), "image/png");
  }

  at("svg").onclick = svg;
  at("png").onclick = png;
  at("csv").onclick = () => saveCsv([payload.columns, ...payload.rows], fileName(payload.name));
  return { update };
}

// A layer of the chart by itself: what it names within the page's address, it names within the file.
function markup(layer) {
  const copy = layer.cloneNode(true);
  copy.style.background = "none"; // the sheet has one already
  return new XMLSerializer().serializeToString(copy).replace(/url\((&quot;|')?[^#)&']*#/g, "url($1#");
}

// The typefaces that the texts are set in, within the file: a picture is drawn without the page's own.
async function fontFaces(chart, theme) {
  const first = (family) => family.split(",")[0].replace(/["']/g, "").trim();
  const used = new Set([`${first(theme.font)} normal`]);
  for (const text of chart.querySelectorAll(".main-svg text, .main-svg tspan")) {
    const { fontFamily, fontStyle } = getComputedStyle(text);
    used.add(`${first(fontFamily)} ${fontStyle}`);
  }
  const faces = [];
  for (const sheet of document.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (!(rule instanceof CSSFontFaceRule)) continue;
      const read = (name) => rule.style.getPropertyValue(name);
      const [family, style] = [first(read("font-family")), read("font-style") || "normal"];
      const source = /url\("?([^")]+)"?\)/.exec(read("src"));
      if (!source || !used.has(`${family} ${style}`)) continue;
      const url = await dataUrl(new URL(source[1], sheet.href ?? document.baseURI).href);
      const weight = read("font-weight") || "normal";
      faces.push(`@font-face{font-family:"${family}";font-style:${style};font-weight:${weight};src:url("${url}")}`);
    }
  }
  return faces.join("\n");
}

async function dataUrl(address) {
  if (!fonts.has(address)) {
    const blob = await (await fetch(address)).blob();
    const reader = new FileReader();
    fonts.set(
      address,
      await new Promise((done) => {
        reader.onload = () => done(reader.result);
        reader.readAsDataURL(blob);
      }),
    );
  }
  return fonts.get(address);
}
