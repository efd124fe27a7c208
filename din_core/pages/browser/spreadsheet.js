// What every saved file has: a name, its theme, a head that says what it shows, and a table as CSV.

const MARGIN = 24;
const LINE = 20;
const SHARPNESS = 2; // pixels of a PNG for each px

// Each part without what file systems refuse.
function fileName(parts) {
  return parts.map((part) => part.replace(/[^\p{L}\p{N}.@-]+/gu, "-").slice(0, 60)).join("_");
}

// Rows of texts, numbers and nulls. A text that a spreadsheet would take for a formula is quoted once more; `+1.5 %`
// is none.
function csvText(rows) {
  const cell = (value) => {
    if (value === null) return "";
    if (typeof value === "number") return String(Number.isInteger(value) ? value : Number(value.toPrecision(7)));
    const text = String(value);
    const formula = /^[=+\-@\t\r]/.test(text) && !/^[+-][\d.,]+(\s%)?$/.test(text);
    const safe = formula ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

function saveCsv(rows, name) {
  // The mark at the start tells spreadsheets that it is UTF-8.
  saveFile(new Blob(["\ufeff", csvText(rows)], { type: "text/csv" }), `${name}.csv`);
}

function saveFile(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function themeOf(root) {
  const style = getComputedStyle(root.host ?? root);
  const read = (name) => style.getPropertyValue(name).trim();
  const background = read("--st-background-color");
  const dark = isDark(background);
  return {
    dark,
    background,
    text: read("--st-text-color"),
    quiet: dark ? "#b4b9c1" : "#55595f",
    font: read("--st-font"),
  };
}

function isDark(color) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.fillStyle = color;
  pen.fillRect(0, 0, 1, 1);
  const [r, g, b] = pen.getImageData(0, 0, 1, 1).data;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 128;
}

function wrapped(pen, text, width) {
  const lines = [""];
  const gap = text.includes(" ") ? " " : ""; // some languages are written without
  for (const word of text.split(gap)) {
    const longer = `${lines[lines.length - 1]}${gap}${word}`.trim();
    if (pen.measureText(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function headLines(pen, { lines, theme }, width) {
  pen.font = `13px ${theme.font}`;
  return lines.flatMap((text) => wrapped(pen, text, width - 2 * MARGIN));
}

function headHeight(lines) {
  return MARGIN + 26 + lines.length * LINE + 8;
}

// The least sheet of 16:9, as slides have it, that holds so much; its sides are whole numbers.
function slideSize(width, height) {
  const unit = Math.ceil(Math.max(width / 16, height / 9));
  return { width: 16 * unit, height: 9 * unit };
}

// Lines at the foot of a sheet: what to mind, and where it comes from.
function footLines(pen, { caveat, link, theme }, width) {
  pen.font = `12px ${theme.font}`;
  return [caveat, link].filter(Boolean).flatMap((text) => wrapped(pen, text, width - 2 * MARGIN));
}

function footHeight(lines) {
  return lines.length * LINE + MARGIN;
}

function drawFoot(pen, { theme }, lines, height) {
  const top = height - footHeight(lines) + LINE / 2;
  lines.forEach((text, i) => writeText(pen, theme, text, MARGIN, top + i * LINE, theme.quiet, "12px"));
}

// Put a picture on the clipboard: `blob` may still be in the making, as browsers ask for the press itself. What came of
// it, in words.
async function copyPicture(blob) {
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
    return say("Image copied");
  } catch {
    return say("This browser copies no images from here: save the PNG.");
  }
}

// The whole sheet's background, its title, and these lines below it.
function drawHead(pen, { title, theme }, lines, width, height) {
  pen.fillStyle = theme.background;
  pen.fillRect(0, 0, width, height);
  writeText(pen, theme, title, MARGIN, MARGIN + 8, theme.text, "600 17px");
  lines.forEach((text, i) => writeText(pen, theme, text, MARGIN, MARGIN + 32 + i * LINE, theme.quiet, "13px"));
}

function writeText(pen, theme, text, x, y, color, font) {
  Object.assign(pen, { fillStyle: color, font: `${font} ${theme.font}`, textAlign: "left", textBaseline: "middle" });
  pen.fillText(text, x, y);
}
