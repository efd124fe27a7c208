// What stands beside the weights: whether they tell the measured effects, where the logit comes from, and what
// whole categories do. Each may be asked to show nothing yet.

const LEVELS = {
  trust: "Weights can be read as reasons here.",
  caution: "Read the weights with care.",
  "do not": "Do not read the weights as reasons here.",
  "nothing to rank": "Nothing to rank.",
};
const NAMES_FOLLOW = "disagree most on ";

function createReasons(at, onPick) {
  // Behaviors that a sentence names light up in chart and table.
  function named(sentence, rows, time) {
    const parts = [];
    let from = 0;
    let next = sentence.indexOf(NAMES_FOLLOW);
    for (const r of next < 0 ? [] : rows) {
      next = sentence.indexOf(time.title[r], Math.max(from, next));
      if (next < 0) break;
      const button = element("button", time.title[r], { type: "button" });
      button.title = `item ${time.id[r]}, last on ${day(time.last[r])}: show in the chart and the table`;
      button.onclick = () => onPick(r);
      parts.push(sentence.slice(from, next), button);
      from = next + time.title[r].length;
    }
    return [...parts, sentence.slice(from)];
  }

  function trust(model, effects) {
    const { level, sentence, rows } = effects?.verdict ?? { level: "", sentence: "", rows: [] };
    at("trust").dataset.level = level;
    const words = [element("strong", LEVELS[level] ?? "Measuring effects …"), " "];
    at("trust").replaceChildren(...words, ...named(sentence, rows, model.timeline), effects ? ` ${model.past}` : "");
  }

  function paths(effects, probability) {
    const parts = effects?.paths ?? [];
    const largest = Math.max(...parts.map(([, , value]) => Math.abs(value)), 1e-12);
    at("paths").replaceChildren(
      ...parts.map(([name, meaning, value]) => {
        const row = document.createElement("tr");
        const head = element("th", name, { scope: "row" });
        head.append(element("span", meaning, { className: "meaning" }));
        const cell = element("td", "", { className: `bar${value < 0 ? " negative" : ""}` });
        const end = 50 + (48 * value) / largest;
        cell.style.setProperty("--from", `${Math.min(50, end)}%`);
        cell.style.setProperty("--to", `${Math.max(50, end)}%`);
        row.append(head, cell, element("td", signed(value, 3), { className: "number" }));
        return row;
      }),
    );
    at("logit").textContent = effects ? signed(effects.logit, 3) : PENDING;
    at("logit-words").textContent = `a probability of ${percent(probability)}`;
  }

  function categories(effects, color) {
    at("categories").replaceChildren(
      ...(effects?.categories ?? []).map(({ name, lines, weight, effect }) => {
        const row = document.createElement("tr");
        row.style.setProperty("--swatch", color(name));
        const points = signed(pointsOf(effect, effects.logit), 2);
        const value = element("td", signed(effect, effects.digits), { className: "effect" });
        value.append(element("span", `${points} points`, { className: "under" }));
        row.append(
          element("th", name, { scope: "row", className: "title" }),
          element("td", count(lines), { className: "repeats" }),
          element("td", fixed(weight, 3), { className: "weight" }),
          value,
          element("td", points, { className: "points" }),
        );
        return row;
      }),
    );
  }

  return {
    // `effects` are of the case on screen; null while they are on the way.
    show(model, effects, probability, color) {
      trust(model, effects);
      paths(effects, probability);
      categories(effects, color);
    },
  };
}
