// What chart and table show of one candidate under one model, and steps from one to another.

const NOTHING = { effect: [] };
const TOWER = 4; // times as large as all but a few: it towers
const FEW = 0.1; // of all values

// `only`: names of categories, or "other", that are drawn and listed; none for all.
function shownCase(data, model, chosen, view, colors, only) {
  const { scored, timeline } = model;
  const item = scored[chosen];
  const slots = new Map(item.groups.filter(({ slot }) => slot !== null).map(({ name, slot }) => [name, slot]));
  const slotOf = (category) => slots.get(category) ?? null;
  const groupOf = (category) => (slots.has(category) ? category : "other");
  const keeps = (category) => !only.length || only.includes(category) || only.includes(groupOf(category));
  const effects = model.effects.get(chosen) ?? null;
  const measured = view.method === "effect";
  const values = measured ? (effects?.effect ?? item.weight.map(() => 0)) : item.weight;
  const drawn = values.filter((_, r) => keeps(timeline.category[r]));
  const towers = towersOf(drawn);
  const extent = axisExtent(model, chosen, view, (_, r) => keeps(timeline.category[r]), towers);
  const shown = {
    id: data.cases[chosen].id,
    weight: item.weight,
    rare: new Set(model.rare), // behaviors of items that have no embedding of their own
    rareText: model.rareText,
    digits: digitsFor(item.extent),
    effects,
    values,
    whole: measured,
    axis: measured ? say("effect of all its repeats, logits") : say("weight of one occurrence"),
    extent,
    towers,
    cut: drawn.filter((value) => value < extent[0] || value > extent[1]).length, // bars beyond the axis
    reference: measured ? null : item.reference,
    textsOf: (r) => numberTexts(shown, timeline.count[r], r),
    asOf: data.asOf,
    slotOf,
    groupOf,
    keeps,
    color: (category) => colors[slotOf(category) ?? colors.length - 1],
    empty: timeline.title.length
      ? measured && !effects
        ? say("Measuring effects …")
        : ""
      : say("No behavior before {date}: scored by profile, candidate and context alone.", { date: day(data.asOf) }),
  };
  return shown;
}

// How many values are larger than all but a few, where the largest towers over these; else 0.
function towersOf(values) {
  const sizes = values.map(Math.abs).sort((a, b) => b - a);
  const usual = sizes[Math.ceil(FEW * sizes.length)] ?? 0;
  return usual > 0 && sizes[0] >= TOWER * usual ? sizes.filter((size) => size > usual).length : 0;
}

// Of the candidate alone, or of all that are held; "small": without its `towers`. Only values that `keeps` keeps count.
function axisExtent({ scored, effects }, chosen, { scale, method }, keeps, towers) {
  const measured = method === "effect";
  const here = measured ? (effects.get(chosen) ?? NOTHING) : scored[chosen];
  const others = measured ? [here, ...effects.values()] : scored.filter(({ weight }) => weight);
  const all = (scale === "shared" ? others : [here]).map((one) => (measured ? one.effect : one.weight).filter(keeps));
  if (scale === "small") all[0] = [...all[0]].sort((a, b) => Math.abs(b) - Math.abs(a)).slice(towers);
  const references = measured ? [] : (scale === "shared" ? others : [here]).map(({ reference }) => reference ?? 0);
  const values = [0, ...references, ...all.flat()];
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [0, 0]);
}

// The case that a choice in a search box leads to, where nothing but the candidate changes; -1 where more does.
function placeOfChoice(data, kind, id) {
  return data.cases.findIndex((item, place) => {
    const choice = { impression: `${data.asOf} ${item.key}`, candidate: item.first ? item.id : null }[kind];
    return choice === id && item.shown && place !== data.scene && !new URLSearchParams(item.link).has("edits");
  });
}

// Colours and font of the theme on screen.
function lookOf(root, palette) {
  const { dark, ...theme } = themeOf(root);
  return { ...theme, grid: dark ? "rgb(255 255 255 / 12%)" : "rgb(0 0 0 / 9%)", colors: palette[dark ? "dark" : "light"] };
}

// The arrow keys, Home and End go to another case than the one at `here`, as far as the `last`.
function stepByKey(event, here, last, go) {
  const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: last }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  go(Math.max(0, Math.min(to, last)));
}
