// The lens: candidates of one time, their scores, the activation chart and its table.
// It holds every candidate's weights by the models on screen, and by the others as soon as somebody reaches for
// them: it steps and changes models by itself; Python hears of it and keeps the address. Measured effects come with
// the candidate on screen; those of its neighbours are asked for once it stands there.

const TELL_AFTER_MS = 120; // of standing on a candidate before Python is told
const AHEAD = 6; // candidates before and after the one on screen whose effects are held too
const ASK_AFTER_MS = 250; // of standing on a candidate before effects of its neighbours are asked for
const LOST_AFTER_MS = 4000; // without an answer, a model is asked for once more
const BUSY_MS = 1500; // after a click or key elsewhere: what the lens asks for could stop the run that answers it
const TOPS = [10, 25, 50]; // rows that the table may show before the rest
const MOST_DIGITS = 5; // of effects: they are differences of single-precision logits
const INPUTS = ["pointerdown", "keydown"];
const NOTHING = { extent: [0, 0] };
const lenses = new WeakMap();
let touched = -Infinity; // when the visitor last did something elsewhere on the page

export default function ({ data, parentElement, setStateValue }) {
  const lens = lenses.get(parentElement) ?? createLens(parentElement);
  lenses.set(parentElement, lens);
  lens.send = teller(setStateValue);
  lens.update(data);
  return lens.stop;
}

function createLens(root) {
  const at = (id) => root.querySelector(`#${id}`);
  const table = createTable(at, sortBy, (rows) => chart.pointRows(rows), (rows) => chart.pin(rows));
  const chart = createChart(at, (r, reveal) => table.light(r, reveal), (part) => read({ part }));
  const tiles = createTiles(at("tiles"), chooseModel, wish);
  const reasons = createReasons(at, (r) => chart.pin([r]));
  let data = null; // what does not depend on the model
  let parts = new Map(); // each model that is held, by its name in links
  let wanted = []; // names of the models chosen last, first the one whose weights are shown
  let on = []; // the models on screen: those wanted, or others while these are on the way
  let wished = false; // whether Python was asked for the other models
  let chosen = 0; // index of the case on screen
  let view = {}; // what a link carries beside the scenario
  let hidden = new Set();
  let reading = { fold: "behavior", top: 0, part: null }; // how the table is read
  let epoch = null;
  let revision = null;
  let timer = 0;
  let asking = 0; // timer before more effects are asked for
  let answered = true; // whether the last such question brought any
  let reaching = 0; // timer before the other models are asked for
  let look = null; // colours and font of the theme on screen
  let onScreen = null; // what chart and table were told last

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
      clearTimeout(reaching);
      for (const kind of INPUTS) window.removeEventListener(kind, notice, true);
      chart.stop();
      table.stop();
      lenses.delete(root);
    },
  };

  for (const kind of INPUTS) window.addEventListener(kind, notice, true);

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
      if (!settled() || busy()) return askAhead();
      answered = false; // ask again only after an answer: effects that do not come are not asked for for ever
      lens.send("wish", "effects");
    }, ASK_AFTER_MS);
  }

  function notice(event) {
    if (!event.composedPath().includes(root)) touched = performance.now();
  }

  function busy() {
    return performance.now() - touched < BUSY_MS;
  }

  // Whether the address bar says what is on screen. While it does not, Python is about to hear of a choice or of
  // Back, and a wish that comes with an old address would undo it.
  function settled() {
    const address = new URLSearchParams(window.location.search);
    return [...new URLSearchParams(query())].every(([name, value]) => address.get(name) === value);
  }

  function renew(before) {
    const sameHistory = before?.user === data.user && before.asOf === data.asOf;
    speak(data.texts);
    chart.forget();
    table.forget();
    if (!sameHistory) {
      hidden = new Set();
      reading = { ...reading, part: null };
    }
    chart.setHidden(hidden);
    chart.setPart(reading.part);
    setLabels(at);
    at("shown-title").textContent = say("Candidates of {date}", { date: day(data.asOf) });
    at("cases").replaceChildren(...data.cases.map(makeOption));
    facts(at("profile"), say("Profile"), data.profile);
    at("scale-label").textContent = say("Same scale for all {n} candidates", { n: data.cases.length });
    choices(at("top"), [[0, say("all")], ...TOPS.map((n) => [n, say("the first {n} and the rest as one", { n })])]);
  }

  function choices(select, options) {
    const { value } = select;
    if ([...select.options].map((option) => option.text).join() === options.map(([, text]) => text).join()) return;
    select.replaceChildren(...options.map(([value, text]) => element("option", text, { value })));
    select.value = value || String(options[0][0]);
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
    chart.setPart(reading.part);
    table.setTimeline(model.timeline);
    const listed = data.cases.filter((item) => item.shown).length;
    const { positive, negative } = data.words;
    const some = { n: listed, all: data.shownThen };
    const told = [
      negative.toLowerCase(),
      say("probability by {model}", { model: model.name }),
      data.shownThen > listed ? say("{n} of {all} listed, search for the others above", some) : "",
    ];
    at("more").replaceChildren(
      element("span", "", { className: "mark positive" }),
      ` ${positive.toLowerCase()} `,
      element("span", "", { className: "mark negative" }),
      ` ${told.filter(Boolean).join(" · ")}`,
    );
    [...at("cases").children].forEach((option, i) => {
      option.querySelector(".number").textContent = percent(model.scored[i].probability);
    });
    at("history-line").textContent = say("{who}: {history}.", { who: data.subject, history: model.historyText });
    choices(at("fold"), foldings(model.timeline));
    if (at("fold").selectedIndex < 0) at("fold").selectedIndex = 0;
    reading = { ...reading, fold: at("fold").value };
    at("badges").replaceChildren(...model.badges.map((text) => element("li", text)));
    at("method-weight").textContent = capital(model.weight);
    at("scroller").setAttribute("aria-label", say("Table of weights and effects"));
  }

  // Behaviors as the model weighs them; items where it weighs an item's repeats one by one; categories.
  function foldings(time) {
    const folded = time.rows.some((n) => n > 1) ? [["item", say("items")]] : [];
    return [["behavior", say("behaviors")], ...folded, ["category", say("categories")]];
  }

  // What chart and legend show, in words.
  function nameMethod() {
    const [model] = on;
    const effect = view.method === "effect";
    for (const radio of at("method").querySelectorAll("input")) radio.checked = radio.value === view.method;
    at("chart-title").textContent = effect ? say("Measured effects over time") : model.overTime;
    const words = { model: `${model.name} ${model.fingerprint}`, pooling: model.pooling };
    at("model-line").textContent = effect
      ? say(
          "{model}: what the logit loses without a behavior and all its repeats (leave-one-out). One bar at its last date, ticks at earlier ones.",
          words,
        )
      : say("{model}: {pooling}. Each bar is one past behavior, full baskets spread out.", words);
    at("note").textContent = effect
      ? say(
          "An effect is measured: the model scores the history again without the behavior. Above 0, the behavior raises the score. Effects need not add up: behaviors may stand in for one another.",
        )
      : model.note;
    at("legend-label").textContent = effect
      ? say("Effect of each whole category, logits:")
      : say("Σw by category:");
  }

  const mark = ({ outcome }) => (outcome === null ? "open" : outcome ? "positive" : "negative");

  function show() {
    const item = data.cases[chosen];
    for (const option of at("cases").children) {
      option.setAttribute("aria-selected", String(option.id === `case-${chosen}`));
    }
    at("cases").setAttribute("aria-activedescendant", `case-${chosen}`);
    reveal(at("cases"), at(`case-${chosen}`));
    at("place").textContent = say("{n} of {all}", { n: chosen + 1, all: data.cases.length });
    at("before").disabled = chosen === 0;
    at("after").disabled = chosen === data.cases.length - 1;
    at("title").textContent = at("title").title = item.title;
    at("detail").textContent = at("detail").title = item.detail;
    at("outcome").className = mark(item);
    at("outcome").textContent = item.datedOutcome;
    tiles.setCase(item, chosen);
    facts(at("context"), say("Context"), item.context);
    at("caption").textContent = say("{model}: weight and effect of each behavior for {title}", {
      model: on[0].name,
      title: item.title,
    });
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
      axis: measured ? say("effect of all its repeats, logits") : say("weight of one occurrence"),
      extent: [Math.min(...all.map((c) => c.extent[0])), Math.max(...all.map((c) => c.extent[1]))],
      reference: measured ? null : item.reference,
      told: (r) => toldNumbers(shown, timeline.count[r], r),
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
    at("scale").checked = view.scale === "shared";
    at("reference").textContent =
      shown.reference === null
        ? ""
        : say("average pooling: 1/H = {value} for every behavior", { value: item.reference.toPrecision(2) });
    nameMethod();
    at("plot").setAttribute("aria-label", spokenSummary(data.cases[chosen], shown));
    chart.setCase(shown);
    legend(item, measured, effects, colors);
    onScreen = shown;
    table.setCase(shown, view.sort);
    tellReading();
    reasons.show(on[0], effects, item.probability, shown.color);
  }

  function toldNumbers({ weight, digits, effects }, n, r) {
    const one = fixed(weight[r], digits);
    const all = { weight: one, n, total: fixed(weight[r] * n, digits) };
    const told = [n === 1 ? say("weight {weight}", all) : say("weight {weight}, × {n} = {total}", all)];
    if (!effects) return told;
    const [effect, points] = [signed(effects.effect[r], effects.digits), signed(effects.points[r], 2)];
    return [...told, say("effect {effect} logits, {points} points", { effect, points })];
  }

  // How the table is read: behaviors, items or categories; how many; which part of the time.
  function read(change) {
    reading = { ...reading, ...change };
    table.read(reading);
    tellReading();
  }

  // What the columns mean, and what a marked part of the time adds up to.
  function tellReading() {
    const { fold, part, top } = reading;
    at("columns-line").textContent = [
      say(
        "Weight: of one occurrence. Effect: logits that the score loses without the behavior and all its repeats, above 0 it raises the score. Points: the same in points of probability.",
      ),
      fold === "behavior" ? "" : say("⌀: mean over the occurrences."),
      fold === "behavior" && !top ? "" : say("Σ: effects of single behaviors added up; removed together they may do more or less."),
    ]
      .filter(Boolean)
      .join(" ");
    at("part-line").hidden = part === null;
    at("part").textContent = part === null ? "" : partWords(part);
  }

  function partWords(part) {
    const { timeline, scored } = on[0];
    const inside = singleEntries(timeline, onScreen, part);
    const sum = (name) => inside.reduce((all, entry) => all + entry[name], 0);
    const values = {
      from: day(part[0]),
      to: day(part[1]),
      lines: behaviors(sum("count")),
      items: count(new Set(inside.map(({ id }) => id)).size),
      weight: fixed(sum("total"), 2),
      all: fixed(scored[chosen].intensity, 2),
    };
    const words = say("{from} to {to}: {lines}, distinct items: {items}, Σw {weight} of {all}.", values);
    if (!onScreen.effects) return words;
    const effect = signed(sum("effect"), 2);
    return `${words} ${say("Their single effects, each of all its repeats, add up to {effect} logits.", { effect })}`;
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
        const text = slot === null && categories > 1 ? say("other ({n} categories)", { n: categories }) : name;
        const chip = element("button", text, { type: "button" });
        chip.style.setProperty("--swatch", colors[slot ?? colors.length - 1]);
        chip.setAttribute("aria-pressed", String(!hidden.has(name)));
        const effect = effectOf(name, slot);
        const told = effect === undefined ? PENDING : signed(effect, 2);
        chip.title = say("{lines}, Σw {weight}, effect {effect} logits", {
          lines: behaviors(lines),
          weight: fixed(weight, 2),
          effect: told,
        });
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
    if (!title.length) return say("{title}: no behavior to show", { title: item.title });
    const strongest = values.reduce((best, w, r) => (w > values[best] ? r : best), 0);
    const lines = counts.reduce((sum, n) => sum + n, 0);
    const told = {
      what: at("chart-title").textContent,
      lines: behaviors(lines),
      title: item.title,
      highest: title[strongest],
      value: fixed(values[strongest], whole ? (effects?.digits ?? 0) : digits),
    };
    return say("{what}: {lines}, for {title}. Highest: {highest}, {value}.", told);
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
      askForModels();
    }
  }

  // Once more where no answer comes: a run that is stopped may take its answer along. Not for ever: asking stops the
  // run that may be at work on it.
  function askForModels(again = true) {
    clearTimeout(timer);
    lens.send("went", query());
    if (!again) return;
    timer = setTimeout(() => wanted.every((name) => parts.has(name)) || askForModels(false), LOST_AFTER_MS);
  }

  // Somebody reaches for the choice of models: have the others here when it is made.
  function wish() {
    clearTimeout(reaching);
    if (wished || data.choices.every(({ link }) => parts.has(link))) return;
    if (!settled() || busy()) {
      reaching = setTimeout(wish, ASK_AFTER_MS);
      return;
    }
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
    const { dark, ...theme } = themeOf(root);
    const next = {
      ...theme,
      grid: dark ? "rgb(255 255 255 / 12%)" : "rgb(0 0 0 / 9%)",
      colors: data.palette[dark ? "dark" : "light"],
    };
    if (JSON.stringify(next) === JSON.stringify(look)) return;
    const first = look === null;
    look = next;
    chart.setTheme(look);
    if (!first && data.cases[chosen]) draw();
  }

  async function copy() {
    const url = link();
    let done = true;
    try {
      await navigator.clipboard.writeText(url);
    } catch {
      done = copyByField(url);
    }
    at("copy").textContent = done ? say("Link copied") : say("Copy failed");
    at("copied").textContent = done
      ? say("The link to this view is on the clipboard.")
      : say("Copy this link: {url}", { url });
    setTimeout(() => (at("copy").textContent = say("Copy link")), 2000);
  }

  // Everything a file tells of what is on screen.
  function sheet() {
    const item = data.cases[chosen];
    return {
      title: at("chart-title").textContent,
      lines: [`${item.title} · ${data.subject}`, at("model-line").textContent, at("part").textContent].filter(Boolean),
      groups: [...at("legend").children].map((chip) => ({
        text: chip.firstChild.textContent,
        number: chip.lastChild.textContent,
        color: chip.style.getPropertyValue("--swatch"),
        hidden: chip.getAttribute("aria-pressed") === "false",
      })),
      reference: at("reference").textContent,
      label: at("legend-label").textContent,
      theme: look,
      name: fileName(["din-lens", data.user, item.id, on[0].link]),
      scene: {
        user: data.user,
        candidate: item.id,
        as_of: new Date(data.asOf * 1000).toISOString(),
        model: on[0].link,
        link: link(),
      },
      entries: table.entries(),
    };
  }

  const link = () => `${window.location.origin}${window.location.pathname}?${query()}`;

  at("copy").onclick = copy;
  at("fold").onchange = (event) => read({ fold: event.target.value });
  at("top").onchange = (event) => read({ top: Number(event.target.value) });
  at("whole").onclick = () => {
    chart.mark(null);
    at("plot").focus({ preventScroll: true });
  };
  createSaving(at, chart, sheet);
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
