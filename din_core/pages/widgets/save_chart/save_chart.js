// Below a Plotly chart: buttons that save it or copy it. A picture is a slide of 16:9: the chart's own SVG as it stands on
// the page, under a head that says what it shows, above what to mind and its link; the table came along. The server is
// not asked.

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
    at("copy").textContent = say("Copy image");
    at("copy").setAttribute("aria-label", say("Copy image: {chart}", { chart: payload.title }));
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
    const { width, height } = layers[0].getBoundingClientRect();
    const sheet = { ...payload, link: new URL(payload.link, document.baseURI).href, theme: themeOf(root) };
    const laid = layOut(sheet, width, height);
    const pen = createSvgPen(laid.width, laid.height, measure);
    pen.place(`<style>${await fontFaces(chart, sheet.theme)}</style>`, 0, 0);
    drawHead(pen, sheet, laid.head, laid.width, laid.height);
    for (const layer of layers) pen.place(markup(layer), laid.left, laid.top);
    drawFoot(pen, sheet, laid.foot, laid.height);
    return { width: laid.width, height: laid.height, text: pen.text() };
  }

  // The slide's size, its lines, and where the chart stands: in the middle of what they leave.
  function layOut(sheet, width, height) {
    let size = slideSize(Math.max(width, LEAST_WIDTH) + 2 * MARGIN, 0);
    for (;;) {
      const [head, foot] = [headLines(measure, sheet, size.width), footLines(measure, sheet, size.width)];
      const around = headHeight(head) + footHeight(foot) + LINE;
      const next = slideSize(size.width, height + around);
      const top = headHeight(head) + (size.height - around - height) / 2;
      if (next.width <= size.width) return { ...size, head, foot, top, left: (size.width - width) / 2 };
      size = next;
    }
  }

  async function svg() {
    const made = await drawing();
    if (made) saveFile(new Blob([made.text], { type: "image/svg+xml" }), `${fileName(payload.name)}.svg`);
  }

  // The picture; rejected before the chart is there.
  async function picture() {
    const made = await drawing();
    if (!made) throw new Error("no chart");
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([made.text], { type: "image/svg+xml" }));
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [SHARPNESS * made.width, SHARPNESS * made.height];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(image.src);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  async function png() {
    const blob = await picture().catch(() => null); // the row says what is missing
    if (blob) saveFile(blob, `${fileName(payload.name)}.png`);
  }

  async function copy() {
    at("status").textContent = await copyPicture(picture());
  }

  // The table, in each row what all of them are of.
  function csv() {
    const scene = { ...payload.about, link: new URL(payload.link, document.baseURI).href };
    const lines = payload.rows.map((values) => [...values, ...Object.values(scene)]);
    saveCsv([[...payload.columns, ...Object.keys(scene)], ...lines], fileName(payload.name));
  }

  at("svg").onclick = svg;
  at("png").onclick = png;
  at("copy").onclick = copy;
  at("csv").onclick = csv;
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
