// The legend: a button for each category, with what its behaviors weigh or do; it hides their bars.

function createLegend(at, chart) {
  let hidden = new Set();

  function show(item, measured, effects, colors) {
    const whole = new Map(effects?.categories.map((entry) => [entry.name, entry]));
    const effectOf = (name, slot) => (slot === null ? effects?.others : whole.get(name))?.effect;
    at("legend").replaceChildren(
      ...item.groups.map(({ name, slot, weight, lines, categories }) => {
        const text = slot === null && categories > 1 ? say("other ({n} categories)", { n: categories }) : name;
        const chip = element("button", text, { type: "button" });
        chip.style.setProperty("--swatch", colors[slot ?? colors.length - 1]);
        chip.setAttribute("aria-pressed", String(!hidden.has(name)));
        const effect = effectOf(name, slot);
        const effectText = effect === undefined ? PENDING : signed(effect, 2);
        chip.title = say("{lines}, Σw {weight}, effect {effect} logits", {
          lines: behaviors(lines),
          weight: fixed(weight, 2),
          effect: effectText,
        });
        chip.append(element("span", measured ? effectText : fixed(weight, 2), { className: "number" }));
        chip.onpointerenter = chip.onfocus = () => chart.pointGroup(hidden.has(name) ? null : name);
        chip.onpointerleave = chip.onblur = () => chart.pointGroup(null);
        chip.onclick = () => {
          if (!hidden.delete(name)) hidden.add(name);
          chip.setAttribute("aria-pressed", String(!hidden.has(name)));
          chart.pointGroup(null);
          chart.setHidden(hidden);
        };
        return chip;
      }),
    );
  }

  return {
    show,
    hide: () => chart.setHidden(hidden),
    clearHidden() {
      hidden = new Set();
    },
  };
}
