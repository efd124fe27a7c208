// The lens: candidates of one time, their scores, the activation chart and its table.
// It holds every candidate's weights and steps between them by itself; Python hears of it and keeps the address.

const TELL_AFTER_MS = 120; // of standing on a candidate before Python is told
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
  let data = null;
  let chosen = 0; // index of the case on screen
  let view = { sort: "-weight", scale: "each" };
  let hidden = new Set();
  let epoch = null;
  let revision = null;
  let timer = 0;
  let look = null; // colours and font of the theme on screen

  const lens = {
    send: () => {},
    // `bytes`: a line that says what to show, then everything there is to show.
    update(bytes) {
      const text = new TextDecoder().decode(bytes);
      const end = text.indexOf("\n");
      const head = JSON.parse(text.slice(0, end));
      const led = head.epoch !== epoch; // Python chose; otherwise the lens knows better
      const renewed = head.revision !== revision;
      const before = data?.cases[chosen]?.id;
      if (renewed) data = JSON.parse(text.slice(end + 1));
      [epoch, revision] = [head.epoch, head.revision];
      readTheme();
      if (!led && !renewed) return;
      if (led) {
        clearTimeout(timer);
        view = head.view;
      }
      const placeOf = (id) => data.cases.findIndex((item) => item.id === id);
      chosen = Math.max(placeOf(led ? head.selected : before), 0);
      if (renewed) renew();
      show();
    },
    stop() {
      clearTimeout(timer);
      chart.stop();
      lenses.delete(root);
    },
  };

  function renew() {
    chart.setTimeline(data.timeline);
    table.setTimeline(data.timeline);
    hidden = new Set();
    at("shown-title").textContent = `Candidates of ${day(data.asOf)}`;
    const held = data.cases.filter((item) => item.shown).length;
    const { positive, negative } = data.words;
    at("more").replaceChildren(
      element("span", "", { className: "mark positive" }),
      ` ${positive.toLowerCase()} `,
      element("span", "", { className: "mark negative" }),
      ` ${negative.toLowerCase()} · probability by ${data.models[0].name}`,
      data.shownThen > held ? ` · ${held} of ${data.shownThen} listed, search for the others above` : "",
    );
    at("cases").replaceChildren(...data.cases.map(makeOption));
    at("history-line").textContent = `${data.subject}: ${data.historyText}.`;
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
      element("span", percent(item.probability[0]), { className: "number" }),
      element("span", `, ${item.outcomeText}`, { className: "unseen" }),
    );
    option.onclick = () => {
      go(index);
      at("cases").focus({ preventScroll: true });
    };
    return option;
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
    at("tiles").replaceChildren(...tiles(item));
    facts(at("context"), "Context", item.context);
    const [model] = data.models;
    at("model-line").textContent =
      `${model.name} ${model.fingerprint}: ${model.pooling}. ` +
      "Each bar is one past behavior; full baskets are spread out so that no bar hides another.";
    at("caption").textContent = `${model.name}: activation weight of each behavior for ${item.title}`;
    at("plot").setAttribute("aria-label", spokenSummary(item));
    draw();
  }

  function draw() {
    const item = data.cases[chosen];
    const slots = new Map(item.groups.filter(({ slot }) => slot !== null).map(({ name, slot }) => [name, slot]));
    const slotOf = (category) => slots.get(category) ?? null;
    const extent =
      view.scale === "each"
        ? item.extent
        : [Math.min(...data.cases.map((c) => c.extent[0])), Math.max(...data.cases.map((c) => c.extent[1]))];
    const { colors } = look;
    const shown = {
      id: item.id,
      weight: item.weight,
      extent,
      reference: item.reference,
      digits: digitsFor(item.extent),
      asOf: data.asOf,
      slotOf,
      groupOf: (category) => (slots.has(category) ? category : "other"),
      color: (category) => colors[slotOf(category) ?? colors.length - 1],
      empty: data.timeline.title.length
        ? ""
        : `No behavior before ${day(data.asOf)}: scored by profile, candidate and context alone.`,
    };
    at("scale").checked = view.scale === "shared";
    at("reference").textContent =
      item.reference === null ? "" : `average pooling: 1/H = ${item.reference.toPrecision(2)} for every behavior`;
    chart.setCase(shown);
    legend(item, colors);
    table.setCase(shown, view.sort);
  }

  function tiles(item) {
    const made = data.models.map((model, m) =>
      tile(model.name, percent(item.probability[m]), `probability of ${data.words.happened}: ${item.chance[m]}`),
    );
    if (data.models.length > 1) {
      const points = 100 * (item.probability[0] - item.probability[1]);
      made.push(tile("Difference", `${signed(points, 1)} points`, nearer(item)));
    }
    const average = data.models.some(({ name }) => name === "Average pooling");
    made.push(
      tile(
        "Interest intensity Σw",
        fixed(item.intensity, Math.abs(item.intensity) >= 100 ? 1 : 2),
        `all weights added up, repeats counted${average ? "; average pooling always has 1" : ""}`,
      ),
    );
    return made;
  }

  function nearer(item) {
    if (item.outcome === null) return `${data.models[0].name} minus ${data.models[1].name}`;
    const [first, second] = item.probability.map((p) => Math.abs(item.outcome - p));
    if (Math.abs(first - second) < 0.0005) return "both equally near to what happened";
    return `${data.models[first < second ? 0 : 1].name} is nearer to what happened`;
  }

  function tile(label, value, words) {
    const made = document.createElement("div");
    made.append(
      element("dt", label),
      element("dd", value, { className: "value" }),
      element("dd", words, { className: "words" }),
    );
    return made;
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

  function legend(item, colors) {
    at("legend").replaceChildren(
      ...item.groups.map(({ name, slot, weight, lines, categories }) => {
        const text = slot === null && categories > 1 ? `other (${categories} categories)` : name;
        const chip = element("button", text, { type: "button" });
        chip.style.setProperty("--swatch", colors[slot ?? colors.length - 1]);
        chip.setAttribute("aria-pressed", String(!hidden.has(name)));
        chip.title = `${counted(lines, "behavior")}, Σw ${fixed(weight, 2)}`;
        chip.append(element("span", fixed(weight, 2), { className: "number" }));
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

  function spokenSummary(item) {
    const { title, count: counts } = data.timeline;
    if (!title.length) return `Activation weights for ${item.title}: no behavior to show`;
    const strongest = item.weight.reduce((best, w, r) => (w > item.weight[best] ? r : best), 0);
    const lines = counts.reduce((sum, n) => sum + n, 0);
    return (
      `Activation weights of ${counted(lines, "behavior")} for ${item.title}. ` +
      `Highest: ${title[strongest]}, ${fixed(item.weight[strongest], digitsFor(item.extent))}.`
    );
  }

  function go(index) {
    if (index === chosen || index < 0 || index >= data.cases.length) return;
    chosen = index;
    show();
    tell();
  }

  function sortBy(sort) {
    view = { ...view, sort };
    draw();
    tell();
  }

  function link() {
    const query = new URLSearchParams(data.cases[chosen].link);
    query.set("sort", view.sort);
    query.set("scale", view.scale);
    return query.toString();
  }

  function tell() {
    clearTimeout(timer);
    timer = setTimeout(() => lens.send("went", link()), TELL_AFTER_MS);
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
    const url = `${window.location.origin}${window.location.pathname}?${link()}`;
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
