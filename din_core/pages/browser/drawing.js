// A pen that writes SVG: the part of the canvas's drawing context that the chart uses, each call one vector element.

function createSvgPen(width, height, measure) {
  const made = [];
  let path = "";
  let [left, top] = [0, 0];
  const round = (value) => Math.round(value * 100) / 100;
  const escaped = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
  const add = (name, attributes, text = "") => {
    const pairs = Object.entries(attributes).map(([key, value]) => `${key}="${escaped(String(value))}"`);
    made.push(`<${name} ${pairs.join(" ")}>${text}</${name}>`);
  };
  const ANCHORS = { left: "start", center: "middle", right: "end" };
  const BASELINES = { middle: "central", top: "hanging", alphabetic: "auto" };
  let dashes = [];

  const pen = {
    fillStyle: "#000",
    strokeStyle: "#000",
    lineWidth: 1,
    globalAlpha: 1,
    font: "12px sans-serif",
    textAlign: "left",
    textBaseline: "alphabetic",
    translate(x, y) {
      left += x;
      top += y;
    },
    fillRect(x, y, w, h) {
      const [x0, y0] = [Math.min(x, x + w), Math.min(y, y + h)];
      const area = { x: round(left + x0), y: round(top + y0), width: round(Math.abs(w)), height: round(Math.abs(h)) };
      add("rect", { ...area, fill: pen.fillStyle, ...faint() });
    },
    beginPath: () => (path = ""),
    moveTo: (x, y) => (path += `M${round(left + x)} ${round(top + y)}`),
    lineTo: (x, y) => (path += `L${round(left + x)} ${round(top + y)}`),
    // Whole circles only.
    arc(x, y, r) {
      const [cx, cy] = [round(left + x), round(top + y)];
      path += `M${cx - r} ${cy}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
    },
    fill: () => add("path", { d: path, fill: pen.fillStyle, ...faint() }),
    stroke() {
      const dash = dashes.length ? { "stroke-dasharray": dashes.join(" ") } : {};
      add("path", { d: path, fill: "none", stroke: pen.strokeStyle, "stroke-width": pen.lineWidth, ...dash });
    },
    setLineDash: (next) => (dashes = next),
    measureText(text) {
      measure.font = pen.font;
      return measure.measureText(text);
    },
    fillText(text, x, y) {
      const [, weight, size, family] = /^(?:(\d+) )?([\d.]+)px (.*)$/.exec(pen.font);
      const place = { x: round(left + x), y: round(top + y), fill: pen.fillStyle };
      const anchor = { "text-anchor": ANCHORS[pen.textAlign], "dominant-baseline": BASELINES[pen.textBaseline] };
      add("text", { ...place, ...anchor, "font-size": size, "font-weight": weight ?? 400, "font-family": family }, escaped(text));
    },
    // A drawing that is SVG already.
    place: (markup, x, y) => made.push(`<g transform="translate(${x} ${y})">${markup}</g>`),
    text: () =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
      `${made.join("\n")}</svg>\n`,
  };
  const faint = () => (pen.globalAlpha < 1 ? { "fill-opacity": pen.globalAlpha } : {});
  return pen;
}
