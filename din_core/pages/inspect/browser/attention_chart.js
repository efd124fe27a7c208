// The instrument of Inspect: candidates of one time, their scores, the activation chart and its table.
// Python sends what is on screen; the instrument asks for more by itself (`route.py`): beside the page's runs, which it
// neither stops nor waits for. So it steps and goes to other users and models at once, and asks ahead for what may
// come next. Python is told where it went, and keeps the address.

const AHEAD = 6; // candidates before and after the one on screen whose effects are held too
const AT_A_TIME = 4; // candidates whose effects are asked for at once
const ASK_AGAIN_MS = 2000; // after the server was too busy for what may be wanted next
const ASK_AFTER_MS = 250; // of standing on a candidate before its neighbours are asked for
const TOPS = [10, 25, 50]; // rows that the table may show before the rest
const MOST_AHEAD = 12; // models held ahead of a choice; beyond these a model is asked for when it is chosen
const KINDS = ["user", "impression", "candidate"]; // the search boxes whose choices the instrument goes to by itself

export default mountComponent(createAttentionChart);

function createAttentionChart(root) {
  const at = (id) => root.querySelector(`#${id}`);
  const table = createTable(at, (sort) => change({ sort }), (rows) => chart.pointRows(rows), (...pin) => chart.pin(...pin));
  const chart = createChart(at, (...lit) => light(...lit), (part) => read({ part }));
  const tiles = createTiles(at("tiles"), chooseModel, wish);
  const reasons = createReasons(at, (r) => chart.pin([r]));
  const answer = createAnswer(at, chart, (why) => change({ why }));
  const mark = createTerms(at("meaning"));
  const legend = createLegend(at, chart, (only) => read({ only }));
  const client = createClient(() => ({ link: query(), problems: [], actions: [], holds: revision }), pick);
  const models = createModelPayloads();
  let data = null; // what does not depend on the model
  let wanted = []; // names of the models chosen last, first the one whose weights are shown
  let on = []; // the models on screen: those wanted, or others while these are on the way
  let chosen = 0; // index of the case on screen
  let view = {}; // what a link carries beside the scenario
  let reading = { fold: "behavior", top: 0, part: null, type: null, only: [] }; // how chart and table are read
  let revision = null;
  let follows = false; // whether it goes where Python's next message says, as it could not ask by itself
  let bound = null; // what was asked for and is on its way: {scene, wants, otherwise, place}
  let turn = 0; // counts what is on screen: what was asked ahead for something else is not gone on with
  let reaching = false; // whether the other models are being asked for
  let look = null; // colours and font of the theme on screen
  let onScreen = null; // what chart and table were told last

  const instrument = {
    set send(send) {
      client.send = send;
    },
    update(bytes) {
      answer.tellTitle(); // each run of the page gives the tab the app's name
      const message = client.read(bytes);
      const { head } = message;
      const led = client.isLed(head) || follows;
      if (client.isOutdated(head) || (client.isUnreported() && !led)) return readTheme();
      if (client.lacks(message, revision)) return;
      client.follow(head);
      follows = false;
      const before = data;
      const renewed = head.revision !== revision;
      if (renewed) load(message);
      const fresh = models.take(message);
      if (led) {
        stay();
        view = head.view;
        wanted = head.chosen;
        reading = { fold: view.fold, top: Number(view.top) || 0, part: view.part, type: view.type, only: view.only };
      } else if (renewed) forgetPart(before);
      readTheme();
      const arrived = wanted.every(models.has) && wanted.some((link, i) => on[i]?.link !== link);
      if (!led && !renewed && !arrived) return showFresh(fresh);
      const place = placeOf(led ? head.selected : before?.cases[chosen]?.key);
      chosen = weighs(models.get(wanted[0]), place) ? place : Math.max(placeOf(head.selected), 0);
      present(renewed, before);
    },
    stop() {
      stay();
      turn += 1;
      document.removeEventListener(LINK_WANTED, tellLink);
      document.removeEventListener("keydown", letGo);
      client.stop();
      answer.stop();
      chart.stop();
      table.stop();
    },
  };

  const placeOf = (key) => data.cases.findIndex((item) => item.key === key);
  const held = (links, place) => links.every(models.has) && weighs(models.get(links[0]), place);

  // The rows, or the language, are others: nothing of what is held is of them.
  function load({ head, texts: [common] }) {
    data = JSON.parse(common);
    revision = head.revision;
    models.clear();
  }

  // A part of another history's time, categories of it, and a behavior that a link singles out are none of this one's.
  function forgetPart(before) {
    if (before?.user === data.user && before.asOf === data.asOf) return;
    reading = { ...reading, part: null, only: [] };
    view = { ...view, behavior: null };
  }

  // Behaviors stand out wherever they are told of; where others are pinned, the link's is not singled out any more.
  function light(rows, pinned) {
    for (const part of [table, answer, legend]) part.light(rows, pinned);
    if (!pinned || view.behavior === null || (rows && on[0].timeline.id[rows[0]] === view.behavior)) return;
    view = { ...view, behavior: null };
    client.report();
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

  // Ask for what is wanted of models where `scene`, the query string of a link, leads; rejected where there is no answer.
  async function ask(scene, links, wants) {
    const asked = new URLSearchParams(scene);
    asked.set("models", links.map(quoted).join(","));
    for (const [name, value] of Object.entries(wants)) asked.set(`ask.${name}`, value);
    return client.ask(`?${asked}`);
  }

  // Stay here: what was asked for to go elsewhere, or was to be told, is not wanted any more.
  function stay() {
    client.depart();
    bound = null;
  }

  // Go to another user, impression, candidate or model, which is asked for; on screen nothing changes before it is
  // here. Without an answer the page's own way is gone.
  async function seek(links, destination) {
    stay();
    bound = destination;
    const staying = client.staying();
    let message = null;
    try {
      message = await ask(bound.scene, links, { want: "scores", ...bound.wants });
    } catch {
      if (staying()) destination.otherwise();
      return;
    }
    if (!staying()) return;
    client.takeRevocations();
    bound = null;
    const before = data;
    const renewed = message.head.revision !== revision;
    if (renewed) load(message);
    models.take(message);
    wanted = message.head.chosen;
    chosen = message.head.place;
    forgetPart(before);
    client.report();
    present(renewed, before);
  }

  // A choice in one of the page's search boxes.
  function pick({ kind, id, otherwise, revoke }) {
    if (data === null || !KINDS.includes(kind)) return false;
    const near = placeOfChoice(data, kind, id);
    if (near >= 0 && near !== heading() && held(wanted, near)) go(near);
    else {
      seek(wanted, { scene: data.cases[chosen].link, wants: { pick: kind, id }, otherwise });
      client.onRevoke(revoke);
    }
    return true;
  }

  // Ask for what may be wanted next, one after the other, as long as the same is on screen.
  async function lookAhead() {
    const mine = (turn += 1);
    const here = () => mine === turn;
    const scene = data.cases[data.scene].link;
    const more = async (model, wants) => {
      const message = await ask(scene, [model.link], wants);
      if (!here() || message.head.revision !== revision) return false;
      const fresh = models.take(message);
      showFresh(fresh);
      return wants.want === "weights" || fresh.size > 0;
    };
    const [model] = on;
    const later = view.scale === "shared" ? {} : { ahead: 1 }; // else what is on screen needs it
    const near = () => {
      const places = data.cases.map((_, i) => i).filter((i) => view.scale === "shared" || Math.abs(i - chosen) <= AHEAD);
      return places.filter((i) => !model.effects.has(i)).slice(0, AT_A_TIME);
    };
    try {
      await painted();
      if (here() && !model.effects.has(chosen)) await more(model, { want: "effects", places: chosen });
      await new Promise((done) => setTimeout(done, ASK_AFTER_MS));
      for (const each of on) {
        if (here() && !each.scored.every(({ weight }) => weight)) await more(each, { want: "weights", ...later });
      }
      if (here() && view.scale === "shared") draw();
      while (here() && near().length && (await more(model, { want: "effects", places: near().join(), ...later })));
    } catch (fault) {
      // Without an answer it asks again where it goes next.
      if (fault.isBusy) setTimeout(() => here() && lookAhead(), ASK_AGAIN_MS);
    }
  }

  function renew(before) {
    speak(data.texts);
    chart.forget();
    table.forget();
    setLabels(at);
    at("shown-title").textContent = say("Candidates of {date}", { date: day(data.asOf) });
    mark(at("shown-title"));
    at("cases").replaceChildren(...data.cases.map((item, index) => caseOption(item, index, () => chooseCase(index))));
    facts(at("profile"), say("Profile"), data.profile);
    at("scale-label").textContent = say("Same scale for all {n} candidates", { n: data.cases.length });
    choices(at("top"), [[0, say("all")], ...TOPS.map((n) => [n, say("the first {n} and the rest as one", { n })])]);
  }

  function chooseCase(index) {
    go(index);
    at("cases").focus({ preventScroll: true });
  }

  // Put the wanted models on screen, as far as they are held.
  function changeModels(renewed) {
    const next = held(wanted, chosen) ? wanted.map(models.get) : stillOn();
    const firstChanged = renewed || next[0] !== on[0];
    table.single(view.behavior);
    on = next;
    reading = settled(reading, on[0].timeline);
    tiles.setModels(data, on, wanted);
    if (!firstChanged) return showReading();
    const [model] = on;
    chart.setTimeline(model.timeline);
    table.setTimeline(model.timeline);
    nameMarks(at("more"), data, model);
    [...at("cases").children].forEach((option, i) => {
      option.querySelector(".number").textContent = percent(model.scored[i].probability);
    });
    at("history-line").textContent = say("{who}: {history}.", { who: data.subject, history: model.historyText });
    choices(at("fold"), foldings(model.timeline));
    offerTypes(at, model.timeline);
    showReading();
    at("method-weight").textContent = capital(model.weight);
    at("scroller").setAttribute("aria-label", say("Table of weights and effects"));
  }

  // What stays on screen while the wanted models are on their way.
  function stillOn() {
    const kept = on.every((model) => models.get(model.link) === model) && weighs(on[0], chosen);
    return kept ? on : [models.all().find((model) => weighs(model, chosen))];
  }

  function show(later = false) {
    const item = data.cases[chosen];
    showPlace(at, chosen, data.cases.length);
    at("title").textContent = at("title").title = item.name;
    const rare = on[0].rareCases.includes(chosen) ? on[0].rareText : "";
    at("detail").textContent = at("detail").title = [item.detail, rare].filter(Boolean).join(" · ");
    at("outcome").className = outcomeClass(item);
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
    const item = on[0].scored[chosen];
    const shown = shownCase(data, on[0], chosen, view, look.colors, reading.only);
    const { effects } = shown;
    const measured = view.method === "effect";
    at("scale").checked = view.scale === "shared";
    at("scale-room").classList.toggle("unneeded", data.cases.length < 2);
    at("reference").textContent =
      shown.reference === null
        ? ""
        : say("average pooling: 1/H = {value} for every behavior", { value: item.reference.toPrecision(2) });
    at("zoom").checked = view.scale === "small";
    at("zoom-room").classList.toggle("unneeded", !shown.towers);
    nameMethod(at, on[0], view.method, shown);
    at("plot").setAttribute("aria-label", spokenSummary(at("chart-title").textContent, data.cases[chosen], on[0].timeline, shown));
    chart.setCase(shown, bars);
    legend.show(item, measured, shown, on[0].timeline, look.colors);
    onScreen = shown;
    if (later) {
      table.wait();
      painted().then(() => onScreen === shown && table.setCase(shown, view.sort));
    } else table.setCase(shown, view.sort);
    tellReading();
    const names = { short: data.cases[chosen].short, user: data.subject.split(" · ")[0] };
    const scored = { model: on[0], item, effects, names, color: shown.color };
    reasons.show(scored);
    answer.show(scored, view.why);
    for (const id of ["trust", "legend-label"]) mark(at(id));
  }

  function showReading() {
    at("fold").value = reading.fold;
    at("top").value = String(reading.top);
    at("type").value = reading.type ?? "";
    chart.setPart(reading.part);
    chart.setType(reading.type);
    legend.press(reading.only);
    table.hold(reading);
  }

  // How it is read: behaviors, items or categories; how many; which part of the time, which type and categories.
  function read(change) {
    reading = { ...reading, ...change };
    if ("only" in change) {
      table.hold(reading);
      legend.press(reading.only);
      draw();
      return client.report();
    }
    chart.setType(reading.type);
    chart.setCase(onScreen, "type" in change);
    table.read(reading);
    tellReading();
    client.report();
  }

  // What the columns mean, and what a marked part of the time adds up to.
  function tellReading() {
    const { fold, part, top, type, only } = reading;
    const left = [typeLine(type, on[0].timeline), onlyLine(only, on[0].timeline, onScreen)];
    at("type-line").textContent = left.filter(Boolean).join(" ");
    at("columns-line").textContent = columnWords(fold, top);
    mark(at("columns-line"));
    at("part-line").hidden = part === null;
    at("part").textContent = part === null ? "" : partWords(part, on[0].timeline, onScreen, on[0].scored[chosen].intensity);
  }

  const towards = (place) => ({ scene: data.cases[place].link, place, otherwise: () => follow(place) });
  const heading = () => bound?.place ?? chosen; // the case on screen, or on its way there

  function go(index) {
    if (index === heading() || index < 0 || index >= data.cases.length) return;
    if (!held(wanted, index)) return seek(wanted, towards(index));
    stay();
    chosen = index;
    show();
    client.report();
  }

  function chooseModel(place, link) {
    const other = wanted[1 - place] === link ? wanted[place] : wanted[1 - place];
    const next = (place === 0 ? [link, other] : [other, link]).filter(Boolean);
    wanted = next;
    if (bound !== null || !held(next, chosen)) {
      const kept = client.takeRevocations(); // who is on the way arrives with these models
      seek(next, bound ?? towards(chosen));
      kept.forEach(client.onRevoke);
      return;
    }
    stay();
    changeModels(false);
    show();
    client.report();
  }

  // The long way: Python goes there, and this follows.
  function follow(index) {
    follows = true;
    client.handOver({ link: query(index), problems: [], actions: [], holds: null });
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
        const message = await ask(scene, [link], { want: "scores", ahead: 1 });
        if (mine !== turn || message.head.revision !== revision) break;
        models.take(message);
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
    change({ method, sort: `${down}${other[column] ?? column}` });
  }

  // Show the same otherwise: another order, another scale.
  function change(choice) {
    view = { ...view, ...choice };
    draw();
    client.report();
  }

  const query = (index = chosen) => queryOf(data.cases[index].link, wanted, view, reading);

  function readTheme() {
    const next = lookOf(root, data.palette);
    if (JSON.stringify(next) === JSON.stringify(look)) return;
    const first = look === null;
    look = next;
    chart.setTheme(look);
    if (!first && data?.cases[chosen]) draw();
  }

  // Escape, here or nowhere in particular: nothing stands out, and all is drawn and listed.
  function letGo(event) {
    if (event.key !== "Escape" || data === null) return;
    if (event.target !== document.body && !event.composedPath().includes(root)) return;
    chart.clear();
    if (reading.only.length) read({ only: [] });
  }

  const link = () => `${window.location.origin}${window.location.pathname}?${query()}`;

  const tellLink = ({ detail }) => (detail.query = data ? query() : null);
  document.addEventListener(LINK_WANTED, tellLink);
  document.addEventListener("keydown", letGo);
  at("fold").onchange = (event) => read({ fold: event.target.value });
  at("top").onchange = (event) => read({ top: Number(event.target.value) });
  at("type").onchange = (event) => read({ type: event.target.value || null });
  at("whole").onclick = () => {
    chart.mark(null);
    at("plot").focus({ preventScroll: true });
  };
  createSaving(at, chart, () => sheetOf(at, data, on, chosen, look, link(), table.entries()));
  at("before").onclick = () => go(heading() - 1);
  at("after").onclick = () => go(heading() + 1);
  at("method").onchange = (event) => chooseMethod(event.target.value);
  at("scale").onchange = (event) => change({ scale: event.target.checked ? "shared" : "each" });
  at("zoom").onchange = (event) => change({ scale: event.target.checked ? "small" : "each" });
  at("cases").onkeydown = (event) => stepByKey(event, heading(), data.cases.length - 1, go);
  return instrument;
}
