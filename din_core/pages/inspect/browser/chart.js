// The activation chart on two canvases: the bars, and above them what is highlighted.
// A line is one behavior; lines of one item share their row in the table and light up together. A part of the time
// can be marked, by dragging or with Shift and the arrow keys; the table then shows that part.

const REACH = 14; // px around the pointer in which a bar is found
const STRONG = 0.3; // part of the longest bar from which on even a thin bar gets a head
const DRAG = 6; // px from which on a press is no click

// `onLit(rows, pinned)`: other rows stand out, null for none; `pinned`: as some were kept so, or let go.
function createChart(at, onLit, onPart) {
  const plot = at("plot");
  const bars = at("bars");
  const lit = at("lit");
  const tip = createTip(at("tip"));
  const spoken = at("spoken");
  let time = null; // the timeline's columns
  let shown = null; // {values, whole, axis, textsOf, slotOf, keeps, extent, reference, asOf, empty}
  let theme = null;
  let box = { left: 0, top: 0, width: 0, height: 0 };
  let toY = () => 0;
  let axis = [0, 0]; // its lowest and highest value
  let line = null; // the line under the pointer or the keyboard
  let pointed = null; // rows pointed at elsewhere on the page
  let pinned = null; // rows that stay lit
  let part = null; // [first, last second] of the time that is marked
  let type = null; // of the behaviors that are drawn; null for all
  let typed = new Set(); // rows with a line of that type
  let press = null; // x where the pointer went down
  let anchor = null; // line where a part marked by keys begins
  let dragged = false; // whether the last press was a drag

  const toX = (place) => box.left + place * box.width;
  const slotOf = (r) => shown.slotOf(time.category[r]);
  const color = (r) => theme.colors[slotOf(r) ?? theme.colors.length - 1];
  // A value of all occurrences together stands at the last of them.
  const stands = (i) => !shown.whole || time.lastLine[time.lineRow[i]] === i;
  const valueAt = (i) => (stands(i) ? shown.values[time.lineRow[i]] : 0);
  // Where the bar ends: at the edge of the axis where its value lies beyond.
  const endOf = (i) => toY(Math.max(axis[0], Math.min(valueAt(i), axis[1])));
  const isCut = (i) => valueAt(i) < axis[0] || valueAt(i) > axis[1];
  const ofType = (i) => type === null || (shown.whole ? typed.has(time.lineRow[i]) : time.lineType[i] === type);
  const isHidden = (i) => !ofType(i) || !shown.keeps(time.category[time.lineRow[i]]);

  function resize(canvas, width, height) {
    const ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = `12px ${theme.font}`;
    return pen;
  }

  function draw() {
    if (!time || !shown || !theme) return;
    const width = plot.clientWidth;
    const height = plot.clientHeight;
    if (!width || !height) return;
    paint(resize(bars, width, height), width, height);
    drawLit();
  }

  // The chart by any pen: on the screen, or into a file.
  function paint(pen, width, height) {
    layOut(pen, width, height);
    drawGrid(pen);
    const order = time.lineRow.map((_, i) => i).filter((i) => !isHidden(i));
    // Grey first: what has a colour must not be covered by what has none.
    order.sort((a, b) => (slotOf(time.lineRow[a]) === null ? 0 : 1) - (slotOf(time.lineRow[b]) === null ? 0 : 1));
    for (const i of order) drawBar(pen, i, 1);
    drawZero(pen);
    drawReference(pen);
    drawCuts(pen, order);
    drawPart(pen);
    if (shown.empty) announce(pen, shown.empty);
  }

  const inPart = (i) => part === null || (time.lineTime[i] >= part[0] && time.lineTime[i] <= part[1]);

  // What lies outside the marked part steps back.
  function drawPart(pen) {
    if (part === null) return;
    const places = time.linePlace.filter((_, i) => inPart(i));
    if (!places.length) return;
    const from = Math.max(toX(places[0]) - 4, box.left);
    const to = Math.min(toX(places[places.length - 1]) + 4, box.left + box.width);
    pen.globalAlpha = 0.72;
    pen.fillStyle = theme.background;
    pen.fillRect(box.left, box.top, from - box.left, box.height);
    pen.fillRect(to, box.top, box.left + box.width - to + 4, box.height);
    pen.globalAlpha = 1;
    pen.strokeStyle = theme.text;
    pen.lineWidth = 1;
    stroke(pen, Math.round(from) + 0.5, box.top, Math.round(from) + 0.5, box.top + box.height);
    stroke(pen, Math.round(to) + 0.5, box.top, Math.round(to) + 0.5, box.top + box.height);
  }

  function layOut(pen, width, height) {
    const [low, high] = shown.extent;
    const pad = (high - low || 1) * 0.06;
    const wanted = Math.max(2, Math.round((height - 50) / 48));
    shown.ticks = ticksBetween(low < 0 ? low - pad : 0, high + pad, wanted);
    const labels = shown.ticks.values.map((v) => fixed(v, shown.ticks.digits));
    const left = Math.max(...labels.map((text) => pen.measureText(text).width)) + 14;
    box = { left, top: 22, width: width - left - 10, height: height - 22 - 28 };
    const bottom = low < 0 ? low - pad : 0;
    axis = [bottom, high + pad];
    toY = (value) => box.top + box.height * (1 - (value - bottom) / (high + pad - bottom || 1));
  }

  function drawGrid(pen) {
    pen.fillStyle = theme.quiet;
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (const value of shown.ticks.values) {
      const y = Math.round(toY(value)) + 0.5;
      pen.strokeStyle = theme.grid;
      pen.lineWidth = 1;
      stroke(pen, box.left, y, box.left + box.width, y);
      pen.fillText(fixed(value, shown.ticks.digits), box.left - 8, y);
    }
    pen.textAlign = "left";
    pen.fillText(shown.axis, box.left, 9);
    pen.textAlign = "right";
    pen.fillText(say("scored as of {date}", { date: day(shown.asOf) }), box.left + box.width, 9);
    drawDates(pen);
  }

  function drawDates(pen) {
    const y = box.top + box.height;
    let free = -Infinity;
    pen.textAlign = "center";
    for (const [place, label] of time.ticks) {
      const half = pen.measureText(label).width / 2;
      const x = toX(place);
      pen.strokeStyle = theme.grid;
      stroke(pen, Math.round(x) + 0.5, box.top, Math.round(x) + 0.5, y + 4);
      const middle = Math.min(Math.max(x, box.left + half), box.left + box.width - half);
      if (middle - half < free) continue;
      pen.fillText(label, middle, y + 15);
      free = middle + half + 10;
    }
  }

  function barWidth() {
    const gap = time.linePlace.length > 1 ? (time.gap ?? (time.gap = smallestGap(time.linePlace))) : 1;
    return Math.min(Math.max(gap * box.width * 0.72, 1), 5);
  }

  function drawBar(pen, i, grow) {
    const r = time.lineRow[i];
    const x = toX(time.linePlace[i]);
    const zero = toY(0);
    const y = endOf(i);
    const width = Math.max(barWidth(), grow > 1 ? 2 : 0);
    pen.fillStyle = color(r);
    if (!stands(i)) return pen.fillRect(x - 0.5, zero, 1, 4 * grow);
    pen.fillRect(x - width / 2, Math.min(zero, y), width, Math.max(Math.abs(y - zero), 1));
    if (isCut(i)) return;
    const strong = Math.abs(valueAt(i)) >= STRONG * Math.max(-shown.extent[0], shown.extent[1]);
    if (width < 2.5 && grow === 1 && !strong) return;
    pen.beginPath();
    pen.arc(x, y, Math.min(Math.max(width * 0.75, 2), 3) * grow, 0, 2 * Math.PI);
    pen.fill();
  }

  // Of bars beyond the axis: two strokes across, and once for each behavior the value.
  function drawCuts(pen, order) {
    let free = box.left;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    for (const i of order.filter(isCut).sort((a, b) => a - b)) {
      const [x, y] = [toX(time.linePlace[i]), endOf(i) + (valueAt(i) > 0 ? 14 : -14)];
      const half = barWidth() / 2 + 3;
      pen.strokeStyle = theme.background;
      pen.lineWidth = 2;
      for (const shift of [0, 4]) stroke(pen, x - half, y + shift + 2, x + half, y + shift - 2);
      const text = fixed(valueAt(i), shown.digits);
      const wide = pen.measureText(text).width;
      const left = Math.min(x + half + 2, box.left + box.width - wide);
      if (time.lastLine[time.lineRow[i]] !== i || left < free) continue;
      const middle = endOf(i) + (valueAt(i) > 0 ? 6 : -6);
      pen.fillStyle = theme.background;
      pen.fillRect(left - 1, middle - 7, wide + 2, 14);
      pen.fillStyle = theme.text;
      pen.fillText(text, left, middle);
      free = left + wide + 6;
    }
  }

  function drawZero(pen) {
    const y = Math.round(toY(0)) + 0.5;
    pen.strokeStyle = theme.text;
    pen.lineWidth = 1;
    stroke(pen, box.left, y, box.left + box.width, y);
  }

  function drawReference(pen) {
    if (shown.reference === null) return;
    const y = toY(shown.reference);
    pen.strokeStyle = theme.text;
    pen.setLineDash([5, 4]);
    stroke(pen, box.left, y, box.left + box.width, y);
    pen.setLineDash([]);
  }

  function announce(pen, text) {
    pen.textAlign = "center";
    pen.fillStyle = theme.text;
    wrapped(pen, text, box.width - 40).forEach((words, i) => {
      pen.fillText(words, box.left + box.width / 2, box.top + box.height / 2 - 20 + i * 18);
    });
  }

  // Which rows stand out now: that of the line pointed at, those pointed at elsewhere, or the pinned ones.
  const litRows = () => (line === null ? (pointed ?? pinned) : [time.lineRow[line]]);

  function changeLit(isPin = false) {
    drawLit();
    onLit(litRows(), isPin);
  }

  function drawLit() {
    const pen = resize(lit, plot.clientWidth, plot.clientHeight);
    const rows = shown && time.lineRow.length ? litRows() : null;
    if (rows === null) return tip.hide();
    const chosen = new Set(rows);
    pen.globalAlpha = 0.78;
    pen.fillStyle = theme.background;
    pen.fillRect(box.left, box.top - 4, box.width + 6, box.height + 4);
    pen.globalAlpha = 1;
    const order = time.lineRow.map((_, i) => i).filter((i) => chosen.has(time.lineRow[i]) && !isHidden(i));
    for (const i of order) drawBar(pen, i, rows.length < 2 ? 1.4 : 1);
    drawZero(pen);
    drawCuts(pen, order);
    if (line === null) return tip.hide();
    const x = toX(time.linePlace[line]);
    const y = endOf(line);
    pen.strokeStyle = theme.text;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.arc(x, y, 6, 0, 2 * Math.PI);
    pen.stroke();
    tip.show(tipLines(time, line, shown), color(time.lineRow[line]), [x, y], [plot.clientWidth, plot.clientHeight]);
  }

  function nearest(x, y) {
    let best = null;
    let least = Infinity;
    const zero = toY(0);
    for (let i = 0; i < time.lineRow.length; i++) {
      const dx = Math.abs(toX(time.linePlace[i]) - x);
      if (dx > REACH || isHidden(i)) continue;
      const end = endOf(i);
      const dy = y < Math.min(zero, end) ? Math.min(zero, end) - y : Math.max(0, y - Math.max(zero, end));
      const far = dx + 0.2 * dy;
      if (far < least) [best, least] = [i, far];
    }
    return best;
  }

  function lineAt(event) {
    const { left, top } = plot.getBoundingClientRect();
    return nearest(event.clientX - left, event.clientY - top);
  }

  function point(i) {
    if (i === line) return;
    line = i;
    changeLit();
  }

  // Once more, and they are let go; unless they are to stay.
  function pin(rows, stays = false) {
    pinned = !stays && pinned !== null && pinned.join() === rows.join() ? null : rows;
    changeLit(true);
  }

  // Nothing stands out, and no part of the time is marked.
  function clear() {
    const had = pinned !== null;
    line = pointed = pinned = null;
    changeLit(had);
    mark(null);
  }

  function mark(next) {
    if (String(next) === String(part)) return;
    part = next;
    draw();
    onPart(part);
  }

  // The lines between two places of the chart, as a span of time.
  function span(x1, x2) {
    const [from, to] = [Math.min(x1, x2), Math.max(x1, x2)];
    const inside = time.lineTime.filter((_, i) => toX(time.linePlace[i]) >= from && toX(time.linePlace[i]) <= to);
    return inside.length ? [inside[0], inside[inside.length - 1]] : null;
  }

  plot.onpointerdown = (event) => {
    dragged = false;
    if (event.button === 0 && shown && time.lineRow.length) press = event.clientX;
  };
  plot.onpointermove = (event) => {
    if (!shown || !time.lineRow.length) return;
    const at0 = plot.getBoundingClientRect();
    if (press !== null && (dragged || Math.abs(event.clientX - press) > DRAG)) {
      if (!dragged) plot.setPointerCapture(event.pointerId);
      dragged = true;
      point(null);
      mark(span(press - at0.left, event.clientX - at0.left) ?? part);
      return;
    }
    point(lineAt(event));
  };
  plot.onpointerup = plot.onpointercancel = () => (press = null);
  plot.onpointerleave = () => point(null);
  // A finger points at nothing before it presses, and at nothing any more once it is lifted, which is before the click.
  plot.onclick = (event) => {
    if (dragged || !shown || !time.lineRow.length) return;
    if (event.pointerType === "touch") point(lineAt(event));
    if (line === null) return;
    pin([time.lineRow[line]]);
    if (event.pointerType === "touch" && pinned === null) point(null);
  };
  plot.onblur = () => point(null);
  plot.onkeydown = (event) => {
    const last = time.lineRow.length - 1;
    if (last < 0) return;
    if (event.shiftKey && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
      event.preventDefault();
      return stretch(event.key === "ArrowRight" ? 1 : -1);
    }
    anchor = null;
    const moves = {
      ArrowRight: () => stepLine(line === null ? 0 : line + 1, 1),
      ArrowLeft: () => stepLine(line === null ? last : line - 1, -1),
      Home: () => stepLine(0, 1),
      End: () => stepLine(last, -1),
      Escape: clear,
      Enter: () => line !== null && pin([time.lineRow[line]]),
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
  };

  // Mark from where the first Shift was pressed to one basket further.
  function stretch(direction) {
    const times = time.lineTime;
    anchor ??= line ?? (direction > 0 ? 0 : times.length - 1);
    let to = line ?? anchor;
    if (part !== null) while (times[to + direction] === times[to]) to += direction;
    if (part !== null && times[to + direction] !== undefined) to += direction;
    point(to);
    mark([Math.min(times[anchor], times[to]), Math.max(times[anchor], times[to])]);
  }

  function stepLine(to, direction) {
    while (to >= 0 && to < time.lineRow.length && isHidden(to)) to += direction;
    if (to < 0 || to >= time.lineRow.length) return;
    point(to);
    spoken.textContent = tipLines(time, to, shown).filter(Boolean).join(", ");
  }

  const observer = new ResizeObserver(() => draw());
  observer.observe(plot);

  return {
    // Another history comes: nothing is drawn before all of it is there.
    forget() {
      shown = null;
    },
    setTimeline(next) {
      const lastLine = [];
      next.lineRow.forEach((r, i) => (lastLine[r] = i));
      time = { ...next, lastLine };
      line = pointed = pinned = anchor = press = null;
      onLit(null, false);
    },
    setPart(next) {
      part = next;
      anchor = null;
    },
    setType(next) {
      type = next;
      typed = new Set(time.lineRow.filter((_, i) => time.lineType[i] === type));
    },
    mark,
    // `bars`: whether they are others; otherwise there is only more to tell of them.
    setCase(next, bars) {
      shown = next;
      if (bars) draw();
      else if (line !== null) drawLit();
    },
    setTheme(next) {
      theme = next;
      draw();
    },
    // Rows are pointed at elsewhere on the page; null for none any more.
    pointRows(next) {
      pointed = next;
      changeLit();
    },
    pin,
    clear,
    // Into a file: `pen` draws `width` × `height`.
    paintBy(pen, width, height) {
      paint(pen, width, height);
      draw();
    },
    stop: () => observer.disconnect(),
  };
}

function stroke(pen, x1, y1, x2, y2) {
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
}

function smallestGap(places) {
  let least = 1;
  for (let i = 1; i < places.length; i++) least = Math.min(least, places[i] - places[i - 1]);
  return least;
}
