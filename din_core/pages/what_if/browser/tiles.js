// The tiles: each model's probability now and beside the pinned state, the sum of the weights, how many behaviors.

function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// What is there already is not written again.
function label(node, attribute, text) {
  if (node.getAttribute(attribute) !== text) node.setAttribute(attribute, text);
}

// "+4.2 points", what probabilities changed by.
function points(from, to, digits) {
  return say("{n} points", { n: signed(100 * (to - from), digits) });
}

function createTiles(list, onModel) {
  const models = [0, 1].map((place) => {
    const made = tile();
    const select = element("select", "");
    select.onchange = () => onModel(place, select.value);
    made.label.append(select);
    return { ...made, select };
  });
  const total = tile();
  const lines = tile();
  list.replaceChildren(...[...models, total, lines].map(({ box }) => box));

  function tile() {
    const made = {
      box: document.createElement("div"),
      label: element("dt", ""),
      value: element("dd", "", { className: "value" }),
      change: element("dd", "", { className: "change" }),
      words: element("dd", "", { className: "words" }),
    };
    made.box.append(made.label, made.value, made.change, made.words);
    return made;
  }

  function fill(made, value, change, words) {
    put(made.value, value);
    put(made.change, change);
    put(made.words, words);
  }

  function fillSelect(select, choices) {
    const same = select.options.length === choices.length && choices.every(({ link }, i) => select.options[i].value === link);
    if (!same) select.replaceChildren(...choices.map(({ link, name }) => element("option", name, { value: link })));
  }

  return {
    show(data) {
      const { steps, pinned } = data;
      const [now, then] = [steps.at(-1), steps[pinned]];
      const alone = pinned === steps.length - 1;
      const beside = (change) => {
        if (alone) return pinned ? say("this is the pinned state") : say("no edit yet");
        return pinned ? say("{change} against edit {n}", { change, n: pinned }) : say("{change} against as it was", { change });
      };
      models.forEach((made, place) => {
        const model = data.models[place];
        made.box.hidden = !model;
        if (!model) return;
        made.select.setAttribute("aria-label", place ? say("Second model") : say("Model whose weights are shown"));
        fillSelect(made.select, data.choices);
        made.select.value = model.link;
        const words = say("probability of {what}: {chance}", { what: data.happened, chance: now.chance[place] });
        const [from, to] = [then.p[place], now.p[place]];
        const digits = alone ? 1 : changeDigits(from, to);
        fill(made, percent(to, digits), beside(points(from, to, digits)), words);
      });
      put(total.label, say("Sum of weights Σw"));
      const [sum, before] = data.intensity;
      const digits = Math.abs(sum) >= 100 ? 1 : 2;
      fill(total, fixed(sum, digits), beside(signed(sum - before, digits)), data.models[0].name);
      put(lines.label, say("Behaviors"));
      const [n, m] = [0, 1].map((place) => data.rows.reduce((all, row) => all + row.count[place], 0));
      const items = data.rows.filter((row) => row.count[0]).length;
      fill(lines, count(n), beside(signed(n - m, 0)), say("with {n} different items", { n: count(items) }));
    },
  };
}
