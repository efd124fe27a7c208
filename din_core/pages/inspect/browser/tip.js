// What is told of the behavior pointed at in the chart: one line after the other, and a box that shows them.

function createTip(box) {
  return {
    // `point` of a chart of this `size`, in px; the box stands beside it.
    show([title, category, fields, when, repeats, ...numbers], color, [x, y], [width, height]) {
      box.replaceChildren(
        element("strong", title),
        element("span", category, { className: "category", style: `--swatch:${color}` }),
        ...(fields ? [element("span", fields)] : []),
        element("span", when),
        element("span", repeats),
        ...numbers.map((text) => element("span", text, { className: "number" })),
      );
      box.hidden = false;
      const left = x + 16 + box.offsetWidth > width ? x - 16 - box.offsetWidth : x + 16;
      box.style.left = `${Math.max(0, Math.min(left, width - box.offsetWidth))}px`;
      box.style.top = `${Math.max(0, Math.min(y - box.offsetHeight / 2, height - box.offsetHeight))}px`;
    },
    hide() {
      box.hidden = true;
    },
  };
}

function tipLines(time, i, shown) {
  const r = time.lineRow[i];
  const title = time.title[r];
  return [
    time.id[r] === shown.id ? say("{title} (this candidate)", { title }) : title,
    [time.written[r], time.alike.includes(r) && say("item {id}", { id: time.id[r] })].filter(Boolean).join(" · "),
    time.numbers?.[r] ?? "", // what models read as numbers, such as the price
    [day(time.lineTime[i]), time.lineType[i]].filter(Boolean).join(" · "),
    timesWords(time, r),
    ...shown.textsOf(r),
  ];
}

function timesWords(time, r) {
  if (time.rows[r] > 1) return say("one of {n} times, each weighed by itself", { n: time.rows[r] });
  if (time.count[r] === 1) return say("once in this history");
  const [from, to] = [day(time.first[r]), day(time.last[r])];
  return say("{n} times, {from} to {to}", { n: time.count[r], from, to });
}
