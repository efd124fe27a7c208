// What stands beside the weights: whether they tell the measured effects, where the logit comes from, and what
// whole categories do. Each may be asked to show nothing yet.

const levels = () => ({
  trust: say("Weights can be read as reasons here."),
  caution: say("Read the weights with care."),
  "do not": say("Do not read the weights as reasons here."),
  "nothing to rank": say("Nothing to rank."),
});
const namesFollow = () => say("disagree most on ");

function createReasons(at, onPick) {
  // Behaviors that a sentence names light up in chart and table.
  function named(sentence, rows, time) {
    const parts = [];
    let from = 0;
    let next = sentence.indexOf(namesFollow());
    for (const r of next < 0 ? [] : rows) {
      next = sentence.indexOf(time.title[r], Math.max(from, next));
      if (next < 0) break;
      const button = element("button", time.title[r], { type: "button" });
      button.title = say("item {id}, last on {date}: show in the chart and the table", { id: time.id[r], date: day(time.last[r]) });
      button.onclick = () => onPick(r);
      parts.push(sentence.slice(from, next), button);
      from = next + time.title[r].length;
    }
    return [...parts, sentence.slice(from)];
  }

  function trust(model, effects) {
    const { level, sentence, rows } = effects?.verdict ?? { level: "", sentence: "", rows: [] };
    at("trust").dataset.level = level;
    const words = [element("strong", levels()[level] ?? say("Measuring effects …")), " "];
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
    at("logit-words").textContent = say("a probability of {p}", { p: percent(probability) });
  }

  // Rows of categories stay while candidates change: only what is another is written.
  let known = new Map();

  function categories(effects, color) {
    const listed = effects?.categories ?? [];
    const rows = new Map(listed.map(({ name }) => [name, known.get(name) ?? makeRow(name)]));
    for (const { name, lines, weight, effect } of listed) {
      const row = rows.get(name);
      const points = signed(pointsOf(effect, effects.logit), 2);
      tint(row, color(name));
      write(row.lines, count(lines));
      write(row.weight, fixed(weight, 3));
      writeTwo(row.effect, signed(effect, effects.digits), say("{points} points", { points }));
      write(row.points, points);
    }
    known = rows;
    at("categories").replaceChildren(...[...rows.values()].map(({ line }) => line));
  }

  function makeRow(name) {
    const row = {
      line: document.createElement("tr"),
      lines: element("td", "", { className: "repeats" }),
      weight: element("td", "", { className: "weight" }),
      effect: element("td", "", { className: "effect" }),
      points: element("td", "", { className: "points" }),
    };
    const title = element("th", name, { scope: "row", className: "title" });
    row.line.append(title, row.lines, row.weight, row.effect, row.points);
    return row;
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
