// The tiles: each model's probability under its name, which is also where another model is chosen, then
// the difference and the sum of the weights. The fields stay in place, so that a choice keeps the focus.

const NO_MODEL = "";
const CHOOSERS = ["Model whose weights are shown", "Model it is compared with"];

function createTiles(list, onChoose, onReach) {
  let data = null;
  let on = []; // the models on screen
  const models = CHOOSERS.map((label, place) => {
    const made = tile("");
    const name = element("span", "");
    const select = element("select", "");
    select.setAttribute("aria-label", label);
    select.title = label;
    select.onpointerenter = select.onfocus = onReach;
    select.onchange = () => onChoose(place, select.value);
    made.label.append(name, select);
    const options = element("dd", "", { className: "options" });
    made.box.append(options);
    return { ...made, name, select, options };
  });
  const difference = tile("Difference");
  const total = tile("");

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
    if (item.outcome === null) return `${on[0].name} minus ${on[1].name}`;
    const [first, second] = probability.map((p) => Math.abs(item.outcome - p));
    if (Math.abs(first - second) < 0.0005) return "both equally near to what happened";
    return `${on[first < second ? 0 : 1].name} is nearer to what happened`;
  }

  // What the sum of the weights on screen means.
  function sumWords() {
    const [model, other] = on;
    if (!model.timeline.title.length) return "no weights: there is no behavior";
    if (model.sumsTo === "1") return "all weights added up, repeats counted: always 1 by this pooling";
    if (model.sumsTo === "H") return "all weights added up: the number of behaviors";
    const beside = { 1: "always 1", H: "1 for each behavior" }[other?.sumsTo];
    return `all weights added up, repeats counted${beside ? `; ${other.name}: ${beside}` : ""}`;
  }

  return {
    // `next` are on screen; `wanted` are those chosen last, by their names in links.
    setModels(common, next, wanted) {
      [data, on] = [common, next];
      const choice = data.choices.length > 1;
      models.forEach(({ name, select, options, box }, place) => {
        const model = on[place];
        name.textContent = choice ? "" : (model?.name ?? "");
        select.hidden = !choice;
        fillSelect(select, place);
        select.value = wanted[place] ?? NO_MODEL;
        options.textContent = options.title = model?.badges.join(" · ") ?? "";
        box.hidden = !model && !choice;
      });
      difference.box.hidden = on.length < 2;
      total.label.textContent = on[0].sumsTo ? "Sum of weights Σw" : "Interest intensity Σw";
      if (!list.children.length) list.append(...[...models, difference, total].map(({ box }) => box));
    },
    setCase(item, index) {
      const scored = on.map((model) => model.scored[index]);
      models.forEach((made, place) => {
        if (!scored[place]) return fill(made, "–", "choose a model to compare with");
        const { probability, chance } = scored[place];
        fill(made, percent(probability), `probability of ${data.words.happened}: ${chance}`);
      });
      if (on.length > 1) {
        const both = scored.map(({ probability }) => probability);
        fill(difference, `${signed(100 * (both[0] - both[1]), 1)} points`, nearer(item, both));
      }
      const { intensity } = scored[0];
      fill(total, fixed(intensity, Math.abs(intensity) >= 100 ? 1 : 2), sumWords());
    },
  };

  // Only when the choices are others: an open list stays open.
  function fillSelect(select, place) {
    const named = data.choices.map(({ link, name }) => [link, name]);
    const wanted = place === 1 ? [...named, [NO_MODEL, "No comparison"]] : named;
    const same = wanted.every(([value, text], i) => {
      const option = select.options[i];
      return option?.value === value && option.text === text;
    });
    if (same && select.options.length === wanted.length) return;
    select.replaceChildren(...wanted.map(([value, text]) => element("option", text, { value })));
  }
}
