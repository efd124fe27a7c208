// What chart and table show of one candidate under one model, and steps from one to another.

const NOTHING = { extent: [0, 0] };

function shownCase(data, model, chosen, view, colors) {
  const { scored, timeline } = model;
  const item = scored[chosen];
  const slots = new Map(item.groups.filter(({ slot }) => slot !== null).map(({ name, slot }) => [name, slot]));
  const slotOf = (category) => slots.get(category) ?? null;
  const effects = model.effects.get(chosen) ?? null;
  const measured = view.method === "effect";
  const [from, to] = axisExtent(model, measured ? (effects ?? NOTHING) : item, view);
  const shown = {
    id: data.cases[chosen].id,
    weight: item.weight,
    rare: new Set(model.rare), // behaviors of items that have no embedding of their own
    rareText: model.rareText,
    digits: digitsFor(item.extent),
    effects,
    values: measured ? (effects?.effect ?? item.weight.map(() => 0)) : item.weight,
    whole: measured,
    axis: measured ? say("effect of all its repeats, logits") : say("weight of one occurrence"),
    extent: [from, to],
    reference: measured ? null : item.reference,
    textsOf: (r) => numberTexts(shown, timeline.count[r], r),
    asOf: data.asOf,
    slotOf,
    groupOf: (category) => (slots.has(category) ? category : "other"),
    color: (category) => colors[slotOf(category) ?? colors.length - 1],
    empty: timeline.title.length
      ? measured && !effects
        ? say("Measuring effects …")
        : ""
      : say("No behavior before {date}: scored by profile, candidate and context alone.", { date: day(data.asOf) }),
  };
  return shown;
}

// Of the candidate alone, or of all that are held.
function axisExtent({ scored, effects }, here, { scale, method }) {
  const others = method === "effect" ? [here, ...effects.values()] : scored.filter(({ weight }) => weight);
  const all = scale === "each" ? [here] : others;
  return [Math.min(...all.map(({ extent }) => extent[0])), Math.max(...all.map(({ extent }) => extent[1]))];
}

// The arrow keys, Home and End go to another case than the one at `here`, as far as the `last`.
function stepByKey(event, here, last, go) {
  const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: last }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  go(Math.max(0, Math.min(to, last)));
}
