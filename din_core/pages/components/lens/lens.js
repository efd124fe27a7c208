// The lens: candidates of one time, their scores, the activation chart and its table.
// It holds every candidate's weights by the models on screen, and by the others as soon as somebody reaches for
// them: it steps and changes models by itself; Python hears of it and keeps the address. Measured effects come with
// the candidate on screen; those of its neighbours are asked for once it stands there.

const TELL_AFTER_MS = 120; // of standing on a candidate before Python is told
const AHEAD = 6; // candidates before and after the one on screen whose effects are held too
const ASK_AFTER_MS = 250; // of standing on a candidate before effects of its neighbours are asked for
const MOST_DIGITS = 5; // of effects: they are differences of single-precision logits
const NOTHING = { extent: [0, 0] };
const lenses = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const lens = lenses.get(parentElement) ?? createLens(parentElement);
  lenses.set(parentElement, lens);
  lens.send = setTriggerValue;
  lens.update(data);
  return lens.stop;
}

function createLens(root) {
  const at = (id) => root.querySelector(`#${id}`);
  const table = createTable(at, sortBy, (r) => chart.pointRow(r), (r) => chart.pin(r));
  const chart = createChart(at, (r, reveal) => table.light(r, reveal));
  const tiles = createTiles(at("tiles"), chooseModel, wish);
  const reasons = createReasons(at, (r) => chart.pin(r));
  let data = null; // what does not depend on the model
  let parts = new Map(); // each model that is held, by its name in links
  let wanted = []; // names of the models chosen last, first the one whose weights are shown
  let on = []; // the models on screen: those wanted, or others while these are on the way
  let wished = false; // whether Python was asked for the other models
  let chosen = 0; // index of the case on screen
  let view = {}; // what a link carries beside the scenario
  let hidden = new Set();
  let epoch = null;
  let revision = null;
  let timer = 0;
  let asking = 0; // timer before more effects are asked for
  let answered = true; // whether the last such question brought any
  let look = null; // colours and font of the theme on screen

  const lens = {
    send: () => {},
    // `bytes`: a line that says what to show, one for all models, and one for each model.
    update(bytes) {
      const [first, common, ...texts] = new TextDecoder().decode(bytes).split("\n");
      const head = JSON.parse(first);
      const led = head.epoch !== epoch; // Python chose; otherwise the lens knows better
      const renewed = head.revision !== revision;
      const before = data;
      [epoch, revision] = [head.epoch, head.revision];
      if (renewed) {
        data = JSON.parse(common);
        parts = new Map();
        wished = false;
      }
      head.models.forEach((link, i) => parts.has(link) || parts.set(link, readModel(texts[i])));
      const fresh = takeEffects(head.effects, texts.slice(head.models.length));
      if (led) {
        clearTimeout(timer);
        view = head.view;
        wanted = head.chosen;
      }
      readTheme();
      const arrived = wanted.every((link) => parts.has(link)) && wanted.some((link, i) => on[i]?.link !== link);
      if (!led && !renewed && !arrived) {
        if (fresh.size) showFresh(fresh);
        askAhead();
        return;
      }
      const placeOf = (id) => data.cases.findIndex((item) => item.id === id);
      chosen = Math.max(placeOf(led ? head.selected : before?.cases[chosen]?.id), 0);
      if (renewed) renew(before);
      changeModels(renewed);
      show();
      askAhead();
    },
    stop() {
      clearTimeout(timer);
      clearTimeout(asking);
      chart.stop();
      lenses.delete(root);
    },
  };

  function readModel(text) {
    return { ...JSON.parse(text), effects: new Map() };
  }

  // Effects by model and place of the case; those that were not held yet are returned, by their objects.
  function takeEffects(keys, texts) {
    const fresh = new Set();
    keys.forEach(([link, place], i) => {
      const held = parts.get(link).effects;
      if (held.has(place)) return;
      const read = JSON.parse(texts[i]);
      const points = read.effect.map((value) => pointsOf(value, read.logit));
      held.set(place, { ...read, points, digits: Math.min(digitsFor(read.extent), MOST_DIGITS) });
      fresh.add(held.get(place));
    });
    if (fresh.size) answered = true;
    return fresh;
  }

  function showFresh(fresh) {
    const onScreen = fresh.has(on[0].effects.get(chosen));
    if (onScreen || (view.method === "effect" && view.scale === "shared")) draw();
  }

  function askAhead() {
    const near = data.cases.map((_, i) => i).filter((i) => view.scale === "shared" || Math.abs(i - chosen) <= AHEAD);
    clearTimeout(asking);
    if (!answered || near.every((i) => on[0].effects.has(i))) return;
    asking = setTimeout(() => {
      if (!settled()) return askAhead();
      answered = false; // ask again only after an answer: effects that do not come are not asked for for ever
      lens.send("wish", "effects");
    }, ASK_AFTER_MS);
  }

  // Whether the address bar says what is on screen. While it does not, Python is about to hear of a choice or of
  // Back, and a wish that comes with an old address would undo it.
  function settled() {
    const address = new URLSearchParams(window.location.search);
    return [...new URLSearchParams(query())].every(([name, value]) => address.get(name) === value);
  }

  function renew(before) {
    const sameHistory = before?.subject === data.subject && before.asOf === data.asOf;
    if (!sameHistory) hidden = new Set();
    chart.setHidden(hidden);
    at("shown-title").textContent = `Candidates of ${day(data.asOf)}`;
    at("cases").replaceChildren(...data.cases.map(makeOption));
    facts(at("profile"), "Profile", data.profile);
    at("scale-label").textContent = `Same scale for all ${data.cases.length} candidates`;
  }

  function makeOption(item, index) {
    const option = document.createElement("li");
    option.id = `case-${index}`;
    option.role = "option";
    option.append(
      element("span", "", { className: `mark ${mark(item)}` }),
      element("span", item.title, { className: "name", title: item.title }),
      element("span", "", { className: "number" }),
      element("span", `, ${item.outcomeText}`, { className: "unseen" }),
    );
    option.onclick = () => {
      go(index);
      at("cases").focus({ preventScroll: true });
    };
    return option;
  }

  // Put the wanted models on screen, as far as they are held.
  function changeModels(renewed) {
    const held = wanted.every((link) => parts.has(link));
    const next = (held ? wanted : [...parts.keys()].slice(0, 2)).map((link) => parts.get(link));
    const firstChanged = renewed || next[0] !== on[0];
    on = next;
    tiles.setModels(data, on, wanted);
    if (!firstChanged) return;
    const [model] = on;
    chart.setTimeline(model.timeline);
    table.setTimeline(model.timeline);
    const listed = data.cases.filter((item) => item.shown).length;
    const { positive, negative } = data.words;
    at("more").replaceChildren(
      element("span", "", { className: "mark positive" }),
      ` ${positive.toLowerCase()} `,
      element("span", "", { className: "mark negative" }),
      ` ${negative.toLowerCase()} · probability by ${model.name}`,
      data.shownThen > listed ? ` · ${listed} of ${data.shownThen} listed, search for the others above` : "",
    );
    [...at("cases").children].forEach((option, i) => {
      option.querySelector(".number").textContent = percent(model.scored[i].probability);
    });
    at("history-line").textContent = `${data.subject}: ${model.historyText}.`;
    at("badges").replaceChildren(...model.badges.map((text) => element("li", text)));
    at("method-weight").textContent = capital(model.weight);
    at("scroller").setAttribute("aria-label", `Table of ${model.weight}s and effects`);
  }

  // What chart and legend show, in words.
  function nameMethod() {
    const [model] = on;
    const effect = view.method === "effect";
    for (const radio of at("method").querySelectorAll("input")) radio.checked = radio.value === view.method;
    at("chart-title").textContent = effect ? "Measured effects over time" : `${capital(model.weight)}s over time`;
    at("model-line").textContent =
      `${model.name} ${model.fingerprint}: ` +
      (effect
        ? "what the logit loses without a behavior and all its repeats (leave-one-out). One bar at its last date, " +
          "ticks at earlier ones."
        : `${model.pooling}. Each bar is one past behavior, full baskets spread out.`);
    at("note").textContent = effect
      ? "An effect is measured: the model scores the history again without the behavior. Above 0, the behavior " +
        "raises the score. Effects need not add up: behaviors may stand in for one another."
      : model.note;
    at("legend-label").textContent = effect ? "Effect of each whole category, logits:" : "Σw by category:";
  }

  const mark = ({ outcome }) => (outcome === null ? "open" : outcome ? "positive" : "negative");

  function show() {
    const item = data.cases[chosen];
    for (const option of at("cases").children) {
      option.setAttribute("aria-selected", String(option.id === `case-${chosen}`));
    }
    at("cases").setAttribute("aria-activedescendant", `case-${chosen}`);
    reveal(at("cases"), at(`case-${chosen}`));
    at("place").textContent = `${chosen + 1} of ${data.cases.length}`;
    at("before").disabled = chosen === 0;
    at("after").disabled = chosen === data.cases.length - 1;
    at("title").textContent = at("title").title = item.title;
    at("detail").textContent = at("detail").title = item.detail;
    const when = item.outcome === null ? "" : ` ${data.words.when} ${day(data.asOf)}`;
    at("outcome").className = mark(item);
    at("outcome").textContent = `${item.outcomeText}${when}`;
    tiles.setCase(item, chosen);
    facts(at("context"), "Context", item.context);
    at("caption").textContent = `${on[0].name}: ${on[0].weight} and effect of each behavior for ${item.title}`;
    draw();
  }

  function draw() {
    const { scored, timeline } = on[0];
    const item = scored[chosen];
    const slots = new Map(item.groups.filter(({ slot }) => slot !== null).map(({ name, slot }) => [name, slot]));
    const slotOf = (category) => slots.get(category) ?? null;
    const effects = on[0].effects.get(chosen) ?? null;
    const measured = view.method === "effect";
    const here = measured ? (effects ?? NOTHING) : item;
    const all = view.scale === "each" ? [here] : measured ? [here, ...on[0].effects.values()] : scored;
    const { colors } = look;
    const shown = {
      id: data.cases[chosen].id,
      weight: item.weight,
      digits: digitsFor(item.extent),
      effects,
      values: measured ? (effects?.effect ?? item.weight.map(() => 0)) : item.weight,
      whole: measured,
      axis: measured ? "effect of all its repeats, logits" : "weight of one occurrence",
      extent: [Math.min(...all.map((c) => c.extent[0])), Math.max(...all.map((c) => c.extent[1]))],
      reference: measured ? null : item.reference,
      told: (r) => toldNumbers(shown, timeline.count[r], r),
      asOf: data.asOf,
      slotOf,
      groupOf: (category) => (slots.has(category) ? category : "other"),
      color: (category) => colors[slotOf(category) ?? colors.length - 1],
      empty: timeline.title.length
        ? measured && !effects
          ? "Measuring effects …"
          : ""
        : `No behavior before ${day(data.asOf)}: scored by profile, candidate and context alone.`,
    };
    at("scale").checked = view.scale === "shared";
    at("reference").textContent =
      shown.reference === null ? "" : `average pooling: 1/H = ${item.reference.toPrecision(2)} for every behavior`;
    nameMethod();
    at("plot").setAttribute("aria-label", spokenSummary(data.cases[chosen], shown));
    chart.setCase(shown);
    legend(item, measured, effects, colors);
    table.setCase(shown, view.sort);
    reasons.show(on[0], effects, item.probability, shown.color);
  }

  function toldNumbers({ weight, digits, effects }, n, r) {
    const times = n === 1 ? "" : `, × ${n} = ${fixed(weight[r] * n, digits)}`;
    const told = [`weight ${fixed(weight[r], digits)}${times}`];
    if (!effects) return told;
    const points = signed(effects.points[r], 2);
    return [...told, `effect ${signed(effects.effect[r], effects.digits)} logits, ${points} points`];
  }

  function facts(list, title, pairs) {
    list.replaceChildren(
      ...pairs.map(([name, value]) => {
        const pair = document.createElement("div");
        pair.append(element("dt", name), element("dd", value));
        return pair;
      }),
    );
    list.setAttribute("aria-label", title);
    list.dataset.title = title;
  }

  function legend(item, measured, effects, colors) {
    const whole = new Map(effects?.categories.map((entry) => [entry.name, entry]));
    const effectOf = (name, slot) => (slot === null ? effects?.others : whole.get(name))?.effect;
    at("legend").replaceChildren(
      ...item.groups.map(({ name, slot, weight, lines, categories }) => {
        const text = slot === null && categories > 1 ? `other (${categories} categories)` : name;
        const chip = element("button", text, { type: "button" });
        chip.style.setProperty("--swatch", colors[slot ?? colors.length - 1]);
        chip.setAttribute("aria-pressed", String(!hidden.has(name)));
        const effect = effectOf(name, slot);
        const told = effect === undefined ? PENDING : signed(effect, 2);
        chip.title = `${counted(lines, "behavior")}, Σw ${fixed(weight, 2)}, effect ${told} logits`;
        chip.append(element("span", measured ? told : fixed(weight, 2), { className: "number" }));
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

  function spokenSummary(item, { values, whole, digits, effects }) {
    const { title, count: counts } = on[0].timeline;
    const what = whole ? "Measured effects" : `${capital(on[0].weight)}s`;
    if (!title.length) return `${what} for ${item.title}: no behavior to show`;
    const strongest = values.reduce((best, w, r) => (w > values[best] ? r : best), 0);
    const lines = counts.reduce((sum, n) => sum + n, 0);
    return (
      `${what} of ${counted(lines, "behavior")} for ${item.title}. ` +
      `Highest: ${title[strongest]}, ${fixed(values[strongest], whole ? (effects?.digits ?? 0) : digits)}.`
    );
  }

  function go(index) {
    if (index === chosen || index < 0 || index >= data.cases.length) return;
    chosen = index;
    show();
    tell();
    askAhead();
  }

  function chooseModel(place, link) {
    const other = wanted[1 - place] === link ? wanted[place] : wanted[1 - place];
    wanted = (place === 0 ? [link, other] : [other, link]).filter(Boolean);
    if (wanted.every((name) => parts.has(name))) {
      changeModels(false);
      show();
      tell();
    } else {
      clearTimeout(timer);
      lens.send("went", query());
    }
  }

  // Somebody reaches for the choice of models: have the others here when it is made.
  function wish() {
    if (wished || !settled() || data.choices.every(({ link }) => parts.has(link))) return;
    wished = true;
    lens.send("wish", "models");
  }

  // The table follows: sorted by weight, it is then sorted by effect, and back.
  function chooseMethod(method) {
    const [down, column] = view.sort.startsWith("-") ? ["-", view.sort.slice(1)] : ["", view.sort];
    const other = method === "effect" ? { weight: "effect", total: "effect" } : { effect: "weight", points: "weight" };
    view = { ...view, method, sort: `${down}${other[column] ?? column}` };
    draw();
    tell();
  }

  function sortBy(sort) {
    view = { ...view, sort };
    draw();
    tell();
  }

  function query() {
    const made = new URLSearchParams(data.cases[chosen].link);
    made.set("models", wanted.map(quoted).join(","));
    for (const [name, value] of Object.entries(view)) made.set(name, value);
    return made.toString();
  }

  function tell() {
    clearTimeout(timer);
    timer = setTimeout(() => lens.send("went", query()), TELL_AFTER_MS);
  }

  function readTheme() {
    const style = getComputedStyle(root.host ?? root);
    const read = (name) => style.getPropertyValue(name).trim();
    const background = read("--st-background-color");
    const dark = isDark(background);
    const next = {
      background,
      text: read("--st-text-color"),
      quiet: dark ? "#b4b9c1" : "#55595f",
      grid: dark ? "rgb(255 255 255 / 12%)" : "rgb(0 0 0 / 9%)",
      font: read("--st-font"),
      colors: data.palette[dark ? "dark" : "light"],
    };
    if (JSON.stringify(next) === JSON.stringify(look)) return;
    const first = look === null;
    look = next;
    chart.setTheme(look);
    if (!first && data.cases[chosen]) draw();
  }

  async function copy() {
    const url = `${window.location.origin}${window.location.pathname}?${query()}`;
    let done = true;
    try {
      await navigator.clipboard.writeText(url);
    } catch {
      done = copyByField(url);
    }
    at("copy").textContent = done ? "Link copied" : "Copy failed";
    at("copied").textContent = done ? "The link to this view is on the clipboard." : `Copy this link: ${url}`;
    setTimeout(() => (at("copy").textContent = "Copy link"), 2000);
  }

  at("copy").onclick = copy;
  at("before").onclick = () => go(chosen - 1);
  at("after").onclick = () => go(chosen + 1);
  at("method").onchange = (event) => chooseMethod(event.target.value);
  at("scale").onchange = (event) => {
    view = { ...view, scale: event.target.checked ? "shared" : "each" };
    draw();
    tell();
  };
  at("cases").onkeydown = (event) => {
    const last = data.cases.length - 1;
    const to = { ArrowDown: chosen + 1, ArrowUp: chosen - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(Math.max(0, Math.min(to, last)));
  };
  return lens;
}

// A model's name as Python writes it in a link: its comma must not separate models.
function quoted(name) {
  return encodeURIComponent(name).replaceAll("%40", "@").replaceAll("%20", " ");
}

// Scroll a list so that one of its children is seen, without moving the page.
function reveal(list, child) {
  const top = child.offsetTop; // the list is positioned: measured from its own top
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + child.offsetHeight > list.scrollTop + list.clientHeight) {
    list.scrollTop = top + child.offsetHeight - list.clientHeight;
  }
}

// Browsers refuse the clipboard to pages without TLS on other machines.
function copyByField(text) {
  const field = element("textarea", text, { style: "position:fixed;opacity:0" });
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

function isDark(color) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.fillStyle = color;
  pen.fillRect(0, 0, 1, 1);
  const [r, g, b] = pen.getImageData(0, 0, 1, 1).data;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 128;
}
