// The answer: a sentence, shown above the instrument, and why: parts of the history, ranked by what the chance loses
// without them.

const MOST_PARTS = 9; // rows: the first parts, and the rest as one
const BAR_ROOM = 2; // percent of a cell on either side of the bars

function createAnswer(at, chart, onChoose) {
  let shown = null; // {model, effects, item, names, color} on screen; names are {short, user}
  let by = null; // "category" or "item", as chosen; null for what the sentence is about
  let listed = []; // the parts, a row each
  let held = []; // the behaviors of each
  let pointed = null; // the row pointed at, by its place
  const rows = Array.from({ length: MOST_PARTS }, (_, i) => makeRow(i));
  at("parts").append(...rows.map(({ line }) => line));
  at("parts").onpointerleave = () => point(null);
  at("why").onchange = (event) => onChoose(event.target.value);
  document.addEventListener(ANSWER_WANTED, tellSentence);

  function tellSentence() {
    if (shown === null) return;
    const [says, reason] = [shown.item.says, shown.effects?.answer.reason ?? []];
    document.dispatchEvent(new CustomEvent(ANSWER, { detail: { title: say("The answer"), says, reason } }));
  }

  // The tab is called after what is on screen, in as few words as there are.
  function tellTitle() {
    if (shown === null) return;
    const { short, user } = shown.names;
    document.title = [short, user, shown.item.says[1]].join(" · ");
  }

  function makeRow(i) {
    const line = document.createElement("tr");
    const title = element("th", "", { scope: "row", className: "title" });
    const button = element("button", "", { type: "button" });
    title.append(button);
    const cells = Object.fromEntries(["bar", "change", "without", "weighed"].map((key) => [key, element("td", "", { className: key })]));
    line.append(title, ...Object.values(cells));
    line.onpointerenter = button.onfocus = () => point(i);
    button.onblur = () => point(null);
    button.onclick = () => {
      point(i);
      if (listed[i].name !== null) chart.pin(held[i]);
    };
    return { line, button, cells };
  }

  const level = () => {
    const { by: own, parts } = shown.effects.answer;
    return parts[by] ? by : own;
  };

  // The rows of the table that a part is made of; of the rest, all that no other part holds.
  function behaviorsOf({ name }) {
    const names = shown.model.timeline[level() === "item" ? "id" : "category"];
    const others = new Set(listed.map((part) => part.name));
    const own = (one) => (name === null ? !others.has(one) : one === name);
    return names.flatMap((one, r) => (own(one) ? [r] : []));
  }

  // What is pointed at lights up in the chart, and is told in a sentence.
  function point(i) {
    const part = i === null ? null : listed[i];
    if (part || pointed !== null) chart.pointRows(part ? held[i] : null);
    pointed = part ? i : null;
    write(at("part-told"), part ? detail(part) : listed.length ? say("Point at a row to read more; press it to find its behaviors in the chart below.") : "");
  }

  function detail({ title, lines, effect, weight, without }) {
    const { effects, item, model } = shown;
    return say("{title}: {lines}. The chance is {chance} with them and {without} without; effect {effect} logits, {noun} {weight} in all.", {
      title,
      lines: behaviors(lines),
      chance: percent(item.probability),
      without,
      effect: signed(effect, effects.digits),
      noun: model.weight,
      weight: fixed(weight, Math.max(3, weightDigits())),
    });
  }

  function fill({ line, button, cells }, part, [low, high]) {
    line.hidden = !part;
    if (!part) return;
    const toX = (points) => BAR_ROOM + ((100 - 2 * BAR_ROOM) * (points - low)) / (high - low || 1);
    const [zero, end] = [toX(0), toX(part.points)];
    write(button, part.title);
    button.title = part.title;
    line.style.setProperty("--swatch", part.name === null ? "transparent" : shown.color(colorOf(part)));
    line.classList.toggle("rest", part.name === null);
    cells.bar.classList.toggle("negative", part.points < 0);
    for (const [name, x] of [["--zero", zero], ["--from", Math.min(zero, end)], ["--to", Math.max(zero, end)]]) {
      cells.bar.style.setProperty(name, `${x.toFixed(2)}%`);
    }
    write(cells.change, signed(part.points, 1));
    write(cells.without, part.without);
    write(cells.weighed, fixed(part.weight, weightDigits()));
  }

  // Places after the point with which the largest weight listed shows three digits, two at least: 1/H is small.
  function weightDigits() {
    const named = listed.filter(({ name }) => name !== null).map(({ weight }) => Math.abs(weight));
    return Math.max(2, digitsFor([0, Math.max(0, ...named)]) - 1);
  }

  function colorOf({ name }) {
    const { id, category } = shown.model.timeline;
    return level() === "item" ? category[id.indexOf(name)] : name;
  }

  function nameColumns() {
    const what = level() === "item" ? say("Item") : say("Category");
    const texts = [what, say("Effect"), say("Points"), say("Without"), say("Σ {weight}", { weight: shown.model.weight })];
    const names = ["title", "bar", "change", "without", "weighed"];
    at("parts-heads").replaceChildren(...texts.map((text, i) => element("th", text, { scope: "col", className: names[i] })));
    at("parts-caption").textContent = say("Effects of the parts of the history, the largest first");
  }

  return {
    // `effects` are of the case on screen; null while they are on the way. Rows stay where they are, and so does the focus.
    show(next, chosen) {
      shown = next;
      by = chosen;
      tellSentence();
      tellTitle();
      at("parts").setAttribute("aria-busy", String(!shown.effects));
      listed = shown.effects ? (shown.effects.answer.parts[level()] ?? []) : [];
      held = listed.map(behaviorsOf);
      const points = [0, ...listed.map((part) => part.points)];
      const extent = [Math.min(...points), Math.max(...points)];
      rows.forEach((row, i) => fill(row, listed[i], extent));
      point(null);
      if (!shown.effects) return;
      nameColumns();
      at("why").classList.toggle("unneeded", Object.keys(shown.effects.answer.parts).length < 2);
      for (const radio of at("why").querySelectorAll("input")) radio.checked = radio.value === level();
    },
    tellTitle,
    // These behaviors stand out; null for none.
    light(behaviors) {
      const lit = new Set(behaviors);
      rows.forEach(({ line }, i) => line.classList.toggle("lit", Boolean(held[i]?.some((r) => lit.has(r)))));
    },
    stop: () => document.removeEventListener(ANSWER_WANTED, tellSentence),
  };
}
