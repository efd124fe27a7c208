// The tiles: each model's probability under its name, which is also where another model is chosen, then
// the difference. The fields stay in place, so that a choice keeps the focus.

const NO_MODEL = "";
const choosers = () => [say("Model whose weights are shown"), say("Model it is compared with")];

function createTiles(list, onChoose, onReach) {
  let data = null;
  let on = []; // the models on screen
  const models = [0, 1].map((place) => {
    const made = tile("");
    const name = element("span", "");
    const select = element("select", "");
    select.onpointerenter = select.onfocus = onReach;
    select.onchange = () => onChoose(place, select.value);
    made.label.append(name, select);
    return { ...made, name, select };
  });
  const difference = tile("");

  function tile(label) {
    const made = {
      box: document.createElement("div"),
      label: element("dt", label),
      value: element("dd", "", { className: "value" }),
      words: element("dd", "", { className: "words" }),
    };
    made.box.append(made.label, made.value, made.words);
    return made;
  }

  function fill({ value, words }, text, explanation) {
    value.textContent = text;
    words.textContent = explanation;
  }

  function nearer(item, probability) {
    if (item.outcome === null) return say("{first} minus {second}", { first: on[0].name, second: on[1].name });
    const [first, second] = probability.map((p) => Math.abs(item.outcome - p));
    if (Math.abs(first - second) < 0.0005) return say("both equally near to what happened");
    return say("{model} is nearer to what happened", { model: on[first < second ? 0 : 1].name });
  }

  return {
    // `next` are on screen; `wanted` are those chosen last, by their names in links.
    setModels(common, next, wanted) {
      [data, on] = [common, next];
      const choice = data.choices.length > 1;
      models.forEach(({ name, select, box }, place) => {
        const model = on[place];
        select.title = choosers()[place];
        select.setAttribute("aria-label", select.title);
        name.textContent = choice ? "" : (model?.name ?? "");
        select.hidden = !choice;
        fillSelect(select, place);
        select.value = wanted[place] ?? NO_MODEL;
        box.hidden = !model && !choice;
      });
      difference.box.hidden = on.length < 2;
      difference.label.textContent = say("Difference");
      if (!list.children.length) list.append(...[...models, difference].map(({ box }) => box));
    },
    setCase(item, index) {
      const scored = on.map((model) => model.scored[index]);
      const both = scored.map(({ probability }) => probability);
      const digits = on.length > 1 ? changeDigits(both[1], both[0]) : 1;
      models.forEach((made, place) => {
        if (!scored[place]) return fill(made, "–", say("choose a model to compare with"));
        const { probability, chance } = scored[place];
        fill(made, percent(probability, digits), say("probability of {what}: {chance}", { what: data.words.happened, chance }));
      });
      if (on.length > 1) {
        const points = signed(100 * (both[0] - both[1]), digits);
        fill(difference, say("{points} points", { points }), nearer(item, both));
      }
    },
  };

  // Only when the choices are others: an open list stays open.
  function fillSelect(select, place) {
    const named = data.choices.map(({ link, name }) => [link, name]);
    const wanted = place === 1 ? [...named, [NO_MODEL, say("No comparison")]] : named;
    const same = wanted.every(([value, text], i) => {
      const option = select.options[i];
      return option?.value === value && option.text === text;
    });
    if (same && select.options.length === wanted.length) return;
    select.replaceChildren(...wanted.map(([value, text]) => element("option", text, { value })));
  }
}
