// Whether the weights tell the measured effects, and the technical details: what made the score, with what each word
// means. Each may be asked to show nothing yet.

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

  // What the sum of the weights means under this model.
  function sumWords({ timeline, sumsTo }) {
    if (!timeline.title.length) return say("no weights: there is no behavior");
    if (sumsTo === "1") return say("all weights added up, repeats counted: always 1 by this pooling");
    return sumsTo === "H" ? say("all weights added up: the number of behaviors") : meanings().intensity;
  }

  // [term, value, meaning, id of the value]
  function terms({ model, item, effects }) {
    const meaning = meanings();
    const tau = effects ? (effects.verdict.tau === null ? "–" : fixed(effects.verdict.tau, 2)) : PENDING;
    const sum = model.sumsTo ? say("Sum of weights Σw") : say("Interest intensity Σw");
    return [
      [say("Model"), `${model.name} · ${model.fingerprint}`, say("The fingerprint names these very trained numbers; a link carries it."), "fingerprint"],
      [say("Options"), model.badges.join(" · "), [`${capital(model.pooling)}.`, ...model.meanings].join(" "), "badges"],
      [sum, fixed(item.intensity, Math.abs(item.intensity) >= 100 ? 1 : 2), capital(sumWords(model)), "intensity"],
      [say("Logit"), effects ? signed(effects.logit, 3) : PENDING, meaning.logit, "logit-value"],
      [say("τ (tau)"), tau, meaning.tau, "tau"],
      [say("Candidate"), at("title").textContent, meaning.candidate, "candidate-name"],
    ];
  }

  function technical(shown) {
    at("terms").replaceChildren(
      ...terms(shown).map(([term, value, meaning, id]) => {
        const pair = document.createElement("div");
        pair.append(element("dt", term), element("dd", value, { id }), element("dd", meaning, { className: "meaning" }));
        return pair;
      }),
    );
  }

  return {
    // `shown` is {model, item, effects}; these effects are null while they are on the way.
    show(shown) {
      trust(shown.model, shown.effects);
      paths(shown.effects, shown.item.probability);
      technical(shown);
    },
  };
}
