// The lens: candidates of one time, their scores, the activation chart and its table.
// Python sends what is on screen; the lens asks for more by itself (`lens_route.py`): beside the page's runs, which it
// neither stops nor waits for. So it steps and goes to other users and models at once, and asks ahead for what may
// come next. Python hears of where it went, and keeps the address.

const TELL_AFTER_MS = 120; // of standing on a candidate before Python is told
const AHEAD = 6; // candidates before and after the one on screen whose effects are held too
const AT_A_TIME = 4; // candidates whose effects are asked for at once
const ASK_AFTER_MS = 250; // of standing on a candidate before its neighbours are asked for
const TOPS = [10, 25, 50]; // rows that the table may show before the rest
const MOST_AHEAD = 12; // models held ahead of a choice; beyond these a model is asked for when it is chosen
const MOST_DIGITS = 5; // of effects: they are differences of single-precision logits
const PICK = "din-lens-pick"; // what a search box says before it tells Python
const KINDS = ["user", "impression", "candidate"]; // the search boxes whose choices the lens goes to by itself
const NOTHING = { extent: [0, 0] };
const lenses = new WeakMap();

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
  let parts = new Map(); // each model that is held, by its name in links; some cases may be without their weights
  let wanted = []; // names of the models chosen last, first the one whose weights are shown
  let on = []; // the models on screen: those wanted, or others while these are on the way
  let chosen = 0; // index of the case on screen
  let view = {}; // what a link carries beside the scenario
  let hidden = new Set();
  let reading = { fold: "behavior", top: 0, part: null }; // how the table is read
  let epoch = null;
  let revision = null;
  let door = null; // where the lens asks, and the key to it
  let timer = 0; // before Python is told
  let untold = false; // whether Python has not been told yet where the lens is
  let sent = 0; // number of what Python was told last
  let follows = false; // whether the lens goes where Python's next answer says, as it could not ask by itself
  let given = null; // what to call when a choice of a search box is given up for another one
  let bound = null; // what was asked for and is on its way: {scene, wants, otherwise, place}
  let journey = 0; // counts where the lens went or is going: an answer to an earlier question is late
  let turn = 0; // counts what is on screen: what was asked ahead for something else is not gone on with
  let reaching = false; // whether the other models are being asked for
  let look = null; // colours and font of the theme on screen
  let onScreen = null; // what chart and table were told last

  const lens = {
    send: () => {},
    // What Python says. Before it has heard where the lens went, it speaks of what is no longer on screen.
    update(bytes) {
      const message = readSight(readMessage(bytes));
      const { head } = message;
      const led = head.epoch !== epoch || follows; // Python chose; otherwise the lens knows better
      door = head.door;
      if (head.heard < sent || (untold && !led)) return readTheme();
      [epoch, follows] = [head.epoch, false];
      const before = data;
      const renewed = head.revision !== revision;
      if (renewed) load(message);
      const fresh = take(message);
      if (led) {
        stay();
        view = head.view;
        wanted = head.chosen;
        reading = { fold: view.fold, top: Number(view.top) || 0, part: view.part };
      } else if (renewed) forgetPart(before);
      readTheme();
      const arrived = wanted.every((link) => parts.has(link)) && wanted.some((link, i) => on[i]?.link !== link);
      if (!led && !renewed && !arrived) return showFresh(fresh);
      const place = placeOf(led ? head.selected : before?.cases[chosen]?.id);
      chosen = weighs(parts.get(wanted[0]), place) ? place : Math.max(placeOf(head.selected), 0);
      present(renewed, before);
    },
    stop() {
      stay();
      turn += 1;
      window.removeEventListener(PICK, picked);
      chart.stop();
      table.stop();
      lenses.delete(root);
    },
  };

  window.addEventListener(PICK, picked);

  const placeOf = (id) => data.cases.findIndex((item) => item.id === id);
  const weighs = (model, place) => model?.scored[place]?.weight !== undefined;
  const held = (links, place) => links.every((link) => parts.has(link)) && weighs(parts.get(links[0]), place);

  // The rows, or the language, are others: nothing of what is held is of them.
  function load({ head, common }) {
    data = JSON.parse(common);
    revision = head.revision;
    parts = new Map();
  }

  // Keep what a message of the rows on screen brings. Effects that were not held yet are returned, by their objects.
  function take({ head, texts }) {
    head.models.forEach((link, i) => {
      const read = JSON.parse(texts[i]);
      const known = parts.get(link);
      if (!known) parts.set(link, { ...read, effects: new Map() });
      else known.scored = known.scored.map((one, place) => (one.weight ? one : read.scored[place]));
    });
    const fresh = new Set();
    head.effects.forEach(([link, place], i) => {
      const { effects } = parts.get(link);
      if (effects.has(place)) return;
      const read = JSON.parse(texts[head.models.length + i]);
      const points = read.effect.map((value) => pointsOf(value, read.logit));
      effects.set(place, { ...read, points, digits: Math.min(digitsFor(read.extent), MOST_DIGITS) });
      fresh.add(effects.get(place));
    });
    return fresh;
  }

  // A part of another history's time is none of this one's.
  function forgetPart(before) {
    if (before?.user !== data.user || before.asOf !== data.asOf) reading = { ...reading, part: null };
  }

  function present(renewed, before) {
    if (renewed) renew(before);
    changeModels(renewed);
    show(renewed && before !== null);
  }

  function showFresh(fresh) {
    const onScreen = fresh.has(on[0].effects.get(chosen));
    const drawn = view.method === "effect" && (onScreen || view.scale === "shared");
    if (onScreen || drawn) draw(drawn);
  }

  // Ask beside the page's runs; rejected where there is no answer.
  async function ask(scene, links, wants) {
    const asked = new URLSearchParams(scene);
    asked.set("models", links.map(quoted).join(","));
    for (const [name, value] of Object.entries({ ...wants, language: door.language })) {
      asked.set(`lens.${name}`, value);
    }
    return readSight(await askAt(door, `?${asked}`));
  }

  // Stay here: what was asked for to go elsewhere, or was to be told, is not wanted any more.
  function stay() {
    journey += 1;
    given?.();
    given = bound = null;
    clearTimeout(timer);
    untold = false;
  }

  // Go to another user, impression, candidate or model, which is asked for; on screen nothing changes before it is
  // here. Without an answer the page's own way is gone.
  async function seek(links, destination) {
    stay();
    bound = destination;
    const mine = journey;
    let message = null;
    try {
      message = await ask(bound.scene, links, { want: "sight", ...bound.wants });
    } catch {
      if (mine === journey) destination.otherwise();
      return;
    }
    if (mine !== journey) return;
    given = bound = null;
    const before = data;
    const renewed = message.head.revision !== revision;
    if (renewed) load(message);
    take(message);
    wanted = message.head.chosen;
    chosen = message.head.place;
    forgetPart(before);
    tell();
    present(renewed, before);
  }

  // A choice in one of the page's search boxes.
  function picked(event) {
    const { kind, id, otherwise, giveUp } = event.detail;
    if (data === null || !KINDS.includes(kind)) return;
    event.preventDefault();
    const near = placeOfChoice(kind, id);
    if (near >= 0 && near !== heading() && held(wanted, near)) return go(near);
    seek(wanted, { scene: data.cases[chosen].link, wants: { pick: kind, id }, otherwise });
    given = giveUp;
  }

  // The case that a choice leads to, where nothing but the candidate changes; -1 where more does.
  function placeOfChoice(kind, id) {
    return data.cases.findIndex((item, place) => {
      const choice = { impression: `${data.asOf} ${item.id}`, candidate: item.id }[kind];
      return choice === id && item.shown && place !== data.scene && !new URLSearchParams(item.link).has("edits");
    });
  }

  // Ask for what may be wanted next, one after the other, as long as the same is on screen.
  async function lookAhead() {
    const mine = (turn += 1);
    const here = () => mine === turn;
    const scene = data.cases[data.scene].link;
    const more = async (model, wants) => {
      const message = await ask(scene, [model.link], wants);
      if (!here() || message.head.revision !== revision) return false;
      const fresh = take(message);
      showFresh(fresh);
      return wants.want === "whole" || fresh.size > 0;
    };
    const [model] = on;
    const near = () => {
      const places = data.cases.map((_, i) => i).filter((i) => view.scale === "shared" || Math.abs(i - chosen) <= AHEAD);
      return places.filter((i) => !model.effects.has(i)).slice(0, AT_A_TIME);
    };
    try {
      await painted();
      if (here() && !model.effects.has(chosen)) await more(model, { want: "effects", places: chosen });
      await new Promise((done) => setTimeout(done, ASK_AFTER_MS));
      for (const each of on) {
        if (here() && !each.scored.every(({ weight }) => weight)) await more(each, { want: "whole" });
      }
      if (here() && view.scale === "shared") draw();
      while (here() && near().length && (await more(model, { want: "effects", places: near().join() })));
    } catch {
      // Without an answer the lens asks again where it goes next.
    }
  }

  function renew(before) {
    speak(data.texts);
    chart.forget();
    table.forget();
    if (before?.user !== data.user || before.asOf !== data.asOf) hidden = new Set();
    chart.setHidden(hidden);
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
    const next = held(wanted, chosen) ? wanted.map((link) => parts.get(link)) : stillOn();
    const firstChanged = renewed || next[0] !== on[0];
    on = next;
    settleReading();
    tiles.setModels(data, on, wanted);
    if (!firstChanged) return showReading();
    const [model] = on;
    chart.setTimeline(model.timeline);
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
    showReading();
    at("badges").replaceChildren(...model.badges.map((text) => element("li", text)));
    at("method-weight").textContent = capital(model.weight);
    at("scroller").setAttribute("aria-label", say("Table of weights and effects"));
  }

  // Read the table as it was chosen, as far as this model and its history can be read so.
  function settleReading() {
    const { timeline } = on[0];
    const { part, fold } = reading;
    const marked = part !== null && timeline.lineTime.some((at) => at >= part[0] && at <= part[1]);
    const known = foldings(timeline).some(([value]) => value === fold);
    reading = { ...reading, part: marked ? part : null, fold: known ? fold : "behavior" };
  }

  // What stays on screen while the wanted models are on their way.
  function stillOn() {
    const kept = on.every((model) => parts.get(model.link) === model) && weighs(on[0], chosen);
    return kept ? on : [[...parts.values()].find((model) => weighs(model, chosen))];
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

  function show(later = false) {
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
    draw(true, later);
    lookAhead();
  }

  // `bars`: whether the chart is drawn anew, or has only more to tell. `later`: the table, which is empty, is filled
  // once score and chart are on screen.
  function draw(bars = true, later = false) {
    const { scored, timeline } = on[0];
    const item = scored[chosen];
    const slots = new Map(item.groups.filter(({ slot }) => slot !== null).map(({ name, slot }) => [name, slot]));
    const slotOf = (category) => slots.get(category) ?? null;
    const effects = on[0].effects.get(chosen) ?? null;
    const measured = view.method === "effect";
    const here = measured ? (effects ?? NOTHING) : item;
    const all = view.scale === "each" ? [here] : measured ? [here, ...on[0].effects.values()] : scored.filter(({ weight }) => weight);
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
    chart.setCase(shown, bars);
    legend(item, measured, effects, colors);
    onScreen = shown;
    if (later) {
      table.wait();
      painted().then(() => onScreen === shown && table.setCase(shown, view.sort));
    } else table.setCase(shown, view.sort);
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

  function showReading() {
    at("fold").value = reading.fold;
    at("top").value = String(reading.top);
    chart.setPart(reading.part);
    table.hold(reading);
  }

  // How the table is read: behaviors, items or categories; how many; which part of the time.
  function read(change) {
    reading = { ...reading, ...change };
    table.read(reading);
    tellReading();
    tell();
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

  const towards = (place) => ({ scene: data.cases[place].link, place, otherwise: () => follow(place) });
  const heading = () => bound?.place ?? chosen; // the case on screen, or on its way there

  function go(index) {
    if (index === heading() || index < 0 || index >= data.cases.length) return;
    if (!held(wanted, index)) return seek(wanted, towards(index));
    stay();
    chosen = index;
    show();
    tell();
  }

  function chooseModel(place, link) {
    const other = wanted[1 - place] === link ? wanted[place] : wanted[1 - place];
    const next = (place === 0 ? [link, other] : [other, link]).filter(Boolean);
    wanted = next;
    if (bound !== null || !held(next, chosen)) {
      const keep = given; // who is on the way arrives with these models
      given = null;
      seek(next, bound ?? towards(chosen));
      given = keep;
      return;
    }
    stay();
    changeModels(false);
    show();
    tell();
  }

  // The long way: Python goes there, and the lens follows.
  function follow(index) {
    follows = true;
    sent = lens.send("went", query(index));
  }

  // Somebody reaches for the choice of models: have the others here when it is made.
  async function wish() {
    if (reaching) return;
    reaching = true;
    const mine = turn;
    const scene = data.cases[chosen].link;
    try {
      for (const { link } of data.choices.slice(0, MOST_AHEAD)) {
        if (held([link], chosen)) continue;
        const message = await ask(scene, [link], { want: "sight" });
        if (mine !== turn || message.head.revision !== revision) break;
        take(message);
      }
    } catch {
      // What is chosen is asked for once more.
    }
    reaching = false;
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

  function query(index = chosen) {
    const made = new URLSearchParams(data.cases[index].link);
    made.set("models", wanted.map(quoted).join(","));
    const { fold, top, part } = reading;
    const choices = { ...view, fold, top: top || "all", part: part && part.map(isoTime).join("~") };
    for (const [name, value] of Object.entries(choices)) if (value !== null) made.set(name, value);
    return made.toString();
  }

  function tell() {
    clearTimeout(timer);
    untold = true;
    timer = setTimeout(() => {
      untold = false;
      sent = lens.send("went", query());
    }, TELL_AFTER_MS);
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
    if (!first && data?.cases[chosen]) draw();
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
  at("before").onclick = () => go(heading() - 1);
  at("after").onclick = () => go(heading() + 1);
  at("method").onchange = (event) => chooseMethod(event.target.value);
  at("scale").onchange = (event) => {
    view = { ...view, scale: event.target.checked ? "shared" : "each" };
    draw();
    tell();
  };
  at("cases").onkeydown = (event) => {
    const last = data.cases.length - 1;
    const to = { ArrowDown: heading() + 1, ArrowUp: heading() - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(Math.max(0, Math.min(to, last)));
  };
  return lens;
}

// First what all models share, then a text for each model and each case's effects.
function readSight({ head, texts: [common, ...texts] }) {
  return { head, common, texts };
}

// Seconds since 1970 as a link has them.
function isoTime(seconds) {
  return new Date(seconds * 1000).toISOString().replace(".000", "");
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
