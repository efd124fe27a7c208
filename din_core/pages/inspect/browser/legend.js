// The legend: a button for each category, with what its behaviors weigh or do. Pressed ones alone are drawn and listed;
// where none is pressed, all are.

function createLegend(at, chart, onChoose) {
  const chips = new Map(); // by name
  let only = [];
  let shown = null;
  let timeline = null;

  const rowsOf = (name) => [...timeline.category.keys()].filter((r) => shown.groupOf(timeline.category[r]) === name);

  function makeChip(name) {
    const chip = element("button", "", { type: "button" });
    chip.append("", element("span", "", { className: "number" }));
    chip.onpointerenter = chip.onfocus = () => chart.pointRows(rowsOf(name));
    chip.onpointerleave = chip.onblur = () => chart.pointRows(null);
    chip.onclick = () => onChoose(only.includes(name) ? only.filter((one) => one !== name) : [...only, name]);
    return chip;
  }

  function fill(chip, { name, slot, weight, lines, categories }, measured, effects, colors) {
    const whole = new Map(effects?.categories.map((entry) => [entry.name, entry]));
    const effect = (slot === null ? effects?.others : whole.get(name))?.effect;
    const effectText = effect === undefined ? PENDING : signed(effect, 2);
    chip.firstChild.data = slot === null && categories > 1 ? say("other ({n} categories)", { n: categories }) : name;
    chip.style.setProperty("--swatch", colors[slot ?? colors.length - 1]);
    chip.title = say("{lines}, Σw {weight}, effect {effect} logits", {
      lines: behaviors(lines),
      weight: fixed(weight, 2),
      effect: effectText,
    });
    write(chip.lastChild, measured ? effectText : fixed(weight, 2));
  }

  function press(next) {
    only = next;
    for (const [name, chip] of chips) chip.setAttribute("aria-pressed", String(only.includes(name)));
    at("all-categories").hidden = !only.length;
  }

  at("all-categories").onclick = () => {
    onChoose([]);
    at("legend").firstElementChild?.focus();
  };

  return {
    // Chips stay where they are, and so does the focus, where the categories come in the same order.
    show(item, measured, next, time, colors) {
      [shown, timeline] = [next, time];
      const names = item.groups.map(({ name }) => name);
      const same = names.join("\n") === [...chips.keys()].join("\n");
      if (!same) chips.clear();
      for (const group of item.groups) {
        if (!chips.has(group.name)) chips.set(group.name, makeChip(group.name));
        fill(chips.get(group.name), group, measured, shown.effects, colors);
      }
      if (!same) at("legend").replaceChildren(...chips.values());
      press(only);
    },
    press,
    light(rows) {
      const lit = new Set(rows?.map((r) => shown.groupOf(timeline.category[r])));
      for (const [name, chip] of chips) chip.classList.toggle("lit", lit.has(name));
    },
  };
}
