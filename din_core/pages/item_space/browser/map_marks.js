// A ring around the point of the map whose row is pointed at, and the other way round: the point's mark is its embedding.

const MAP = ".st-key-item_map_chart .js-plotly-plot";
const RING = 22; // px across

let ring = null;
let bound = null; // the drawing whose points tell their marks

export default function () {
  if (ring) return;
  ring = document.createElement("div");
  ring.id = "marked_point";
  ring.setAttribute("aria-hidden", "true");
  document.addEventListener(MARK, ({ detail }) => show(detail.mark));
  document.addEventListener("pointerover", ({ target }) => bind(target.closest?.(MAP)));
  document.addEventListener("keydown", ({ key }) => key === "Escape" && document.querySelector(MAP) && tellMark(null));
}

function bind(map) {
  if (!map || map === bound) return;
  bound = map;
  map.on("plotly_hover", ({ points }) => tellMark(markOf(points[0].customdata)));
  map.on("plotly_unhover", () => tellMark(null));
}

const markOf = (customdata) => (customdata === undefined ? null : String([customdata].flat()[0]));

function show(mark) {
  const map = document.querySelector(MAP);
  const at = map && mark !== null ? placeOf(map, mark) : null;
  if (!at) return ring.remove();
  const [x, y] = at;
  Object.assign(ring.style, {
    position: "absolute",
    left: `${x - RING / 2}px`,
    top: `${y - RING / 2}px`,
    width: `${RING}px`,
    height: `${RING}px`,
    boxSizing: "border-box",
    border: "3px solid currentColor",
    borderRadius: "50%",
    pointerEvents: "none",
  });
  map.append(ring);
}

// Where a point is drawn, in px; null where it is not on the map, or out of what is zoomed to.
function placeOf(map, mark) {
  const { xaxis, yaxis } = map._fullLayout;
  for (const trace of map._fullData) {
    const place = [...(trace.customdata ?? [])].findIndex((one) => markOf(one) === mark);
    if (place < 0) continue;
    const [x, y] = [xaxis.d2p(trace.x[place]), yaxis.d2p(trace.y[place])];
    const inside = x >= 0 && x <= xaxis._length && y >= 0 && y <= yaxis._length;
    return inside ? [xaxis._offset + x, yaxis._offset + y] : null;
  }
  return null;
}
