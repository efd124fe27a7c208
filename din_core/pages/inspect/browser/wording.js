// What the instrument of Inspect says in words, and its small lists.

const SEEN_SHIFT = 0.005; // part of the axis by which a bar may stand elsewhere than its time says

const outcomeClass = ({ outcome }) => (outcome === null ? "open" : outcome ? "positive" : "negative");

// Which of the candidates is on screen.
function showPlace(at, chosen, all) {
  for (const option of at("cases").children) {
    option.setAttribute("aria-selected", String(option.id === `case-${chosen}`));
  }
  at("cases").setAttribute("aria-activedescendant", `case-${chosen}`);
  reveal(at("cases"), at(`case-${chosen}`));
  at("place").textContent = say("{n} of {all}", { n: chosen + 1, all });
  at("before").disabled = chosen === 0;
  at("after").disabled = chosen === all - 1;
}

// A candidate in the list.
function caseOption(item, index, onClick) {
  const option = document.createElement("li");
  option.id = `case-${index}`;
  option.role = "option";
  option.append(
    element("span", "", { className: `mark ${outcomeClass(item)}` }),
    element("span", item.title, { className: "name" }),
    element("span", "", { className: "number" }),
    element("span", `, ${item.outcomeText}`, { className: "unseen" }),
  );
  option.onclick = onClick;
  return option;
}

// Options to choose from; the one chosen stays.
function choices(select, options) {
  const { value } = select;
  if ([...select.options].map((option) => option.text).join() === options.map(([, text]) => text).join()) return;
  select.replaceChildren(...options.map(([value, text]) => element("option", text, { value })));
  select.value = value || String(options[0][0]);
}

// Names and values.
function facts(list, title, pairs) {
  list.replaceChildren(
    ...pairs.map(([name, value]) => {
      const pair = document.createElement("div");
      pair.append(element("dt", name), element("dd", value));
      return pair;
    }),
  );
  list.setAttribute("aria-label", title);
  list.dataset.title = title;
}

// Behaviors as the model weighs them; items where it weighs an item's repeats one by one; categories.
function foldings(time) {
  const folded = time.rows.some((n) => n > 1) ? [["item", say("items")]] : [];
  return [["behavior", say("behaviors")], ...folded, ["category", say("categories")]];
}

// Read the table as it was chosen, as far as a model and its history can be read so.
function settled(reading, timeline) {
  const { part, fold, type, only } = reading;
  const marked = part !== null && timeline.lineTime.some((at) => at >= part[0] && at <= part[1]);
  const known = foldings(timeline).some(([value]) => value === fold);
  const there = timeline.lineType.includes(type);
  const own = only.filter((name) => name === "other" || timeline.category.includes(name));
  return { ...reading, part: marked ? part : null, fold: known ? fold : "behavior", type: there ? type : null, only: own };
}

// What chart and legend show, in words.
function nameMethod(at, model, method, { asOf, cut }) {
  const effect = method === "effect";
  for (const radio of at("method").querySelectorAll("input")) radio.checked = radio.value === method;
  at("chart-title").textContent = effect ? say("Measured effects over time") : model.overTime;
  const words = { model: model.name, pooling: model.pooling };
  const line = effect
    ? say(
        "{model}: what the logit loses without a behavior and all its repeats (leave-one-out). One bar at its last date, ticks at earlier ones.",
        words,
      )
    : say("{model}: {pooling}. Each bar is one past behavior.", words);
  at("model-line").textContent = [line, timeWords(model.timeline, asOf), cutWords(cut)].filter(Boolean).join(say(" "));
  at("note").textContent = effect
    ? say(
        "An effect is measured: the model scores the history again without the behavior. Above 0, the behavior raises the score. Effects need not add up: behaviors may stand in for one another.",
      )
    : model.note;
  at("legend-label").textContent = effect
    ? say("Effect of each whole category, logits:")
    : say("Σw by category:");
}

// That the time axis is not linear, where it is not.
function timeWords({ lineTime, linePlace }, asOf) {
  const [first, span] = [lineTime[0], Math.max(asOf - lineTime[0], 1)];
  const moved = linePlace.some((place, i) => Math.abs(place - (lineTime[i] - first) / span) > SEEN_SHIFT);
  return moved ? say("The time axis is not linear: full baskets are spread out, and the dates below with them.") : "";
}

// That bars are taller than the chart.
function cutWords(n) {
  if (!n) return "";
  return n === 1
    ? say("Zoomed in: the bars of one behavior are cut at the edge, with their value beside them.")
    : say("Zoomed in: the bars of {n} behaviors are cut at the edge, with their values beside them where there is room.", { n });
}

// One behavior's numbers, a sentence each.
function numberTexts({ weight, digits, effects }, n, r) {
  const one = fixed(weight[r], digits);
  const all = { weight: one, n, total: fixed(weight[r] * n, digits) };
  const texts = [n === 1 ? say("weight {weight}", all) : say("weight {weight}, × {n} = {total}", all)];
  if (!effects) return texts;
  const [effect, points] = [signed(effects.effect[r], effects.digits), signed(effects.points[r], 2)];
  return [...texts, say("effect {effect} logits, {points} points", { effect, points })];
}

// A marked part of the time, with what it adds up to. `intensity` is the sum of all weights.
function partWords(part, timeline, onScreen, intensity) {
  const inside = singleEntries(timeline, onScreen, { part, type: null, only: [] });
  const sum = (name) => inside.reduce((all, entry) => all + entry[name], 0);
  const values = {
    from: day(part[0]),
    to: day(part[1]),
    lines: behaviors(sum("count")),
    items: count(new Set(inside.map(({ id }) => id)).size),
    weight: fixed(sum("total"), 2),
    all: fixed(intensity, 2),
  };
  const words = say("{from} to {to}: {lines}, distinct items: {items}, Σw {weight} of {all}.", values);
  if (!onScreen.effects) return words;
  const effect = signed(sum("effect"), 2);
  return `${words} ${say("Their single effects, each of all its repeats, add up to {effect} logits.", { effect })}`;
}

// That only behaviors of a type are drawn and listed, and how many these are.
function typeLine(type, { lineType }) {
  if (type === null) return "";
  const n = lineType.filter((one) => one === type).length;
  const values = { type, n: count(n), all: count(lineType.length) };
  return say("Only behaviors of the type {type} are drawn and listed: {n} of {all}. Score, Σw and effects are of all.", values);
}

// That only behaviors of some categories are drawn and listed, and how many these are.
function onlyLine(only, { lineRow, category }, { keeps }) {
  if (!only.length) return "";
  const n = lineRow.filter((r) => keeps(category[r])).length;
  const values = { categories: only.join(" · "), n: count(n), all: count(lineRow.length) };
  return say("Only {categories} is drawn and listed: {n} of {all} behaviors. Score, Σw and effects are of all.", values);
}

// The types of a history, by name, to choose one of; nothing is offered where no behavior has one.
function offerTypes(at, { lineType }) {
  const names = [...new Set(lineType.filter((one) => one !== null))].sort();
  at("type-room").hidden = !names.length;
  if (names.length) choices(at("type"), [["", say("all types")], ...names.map((name) => [name, name])]);
}

// The chart in a sentence, for those who do not see it.
function spokenSummary(what, item, { title, id, alike, count: counts }, { values, whole, digits, effects }) {
  if (!title.length) return say("{title}: no behavior to show", { title: item.title });
  const strongest = values.reduce((best, w, r) => (w > values[best] ? r : best), 0);
  const lines = counts.reduce((sum, n) => sum + n, 0);
  const summary = {
    what,
    lines: behaviors(lines),
    title: item.title,
    highest: alike.includes(strongest) ? `${title[strongest]} · ${say("item {id}", { id: id[strongest] })}` : title[strongest],
    value: fixed(values[strongest], whole ? (effects?.digits ?? 0) : digits),
  };
  return say("{what}: {lines}, for {title}. Highest: {highest}, {value}.", summary);
}

// Scroll a list so that one of its children is seen, without moving the page.
function reveal(list, child) {
  const top = child.offsetTop; // the list is positioned: measured from its own top
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + child.offsetHeight > list.scrollTop + list.clientHeight) {
    list.scrollTop = top + child.offsetHeight - list.clientHeight;
  }
}

// What the marks before the candidates mean, and how many of them are listed.
function nameMarks(list, data, model) {
  const listed = data.cases.filter((item) => item.shown).length;
  const { positive, negative } = data.words;
  const some = { n: listed, all: data.shownThen };
  const notes = [
    negative.toLowerCase(),
    say("probability by {model}", { model: model.name }),
    data.shownThen > listed ? say("{n} of {all} listed, search for the others above", some) : "",
  ];
  list.replaceChildren(
    element("span", "", { className: "mark positive" }),
    ` ${positive.toLowerCase()} `,
    element("span", "", { className: "mark negative" }),
    ` ${notes.filter(Boolean).join(" · ")}`,
  );
}

// What the columns of the table mean.
function columnWords(fold, top) {
  return [
    say(
      "Weight: of one occurrence. Effect: logits that the score loses without the behavior and all its repeats, above 0 it raises the score. Points: the same in points of probability.",
    ),
    fold === "behavior" ? "" : say("⌀: mean over the occurrences."),
    fold === "behavior" && !top ? "" : say("Σ: effects of single behaviors added up; removed together they may do more or less."),
  ]
    .filter(Boolean)
    .join(" ");
}
