// The what-if instrument. What is done here goes to Python, which answers with the new state's scores: messages are
// numbered, and what is done while one is on its way waits for the answer.

const LOST_AFTER_MS = 4000; // a message without an answer is given up: the next one goes off anyway
const instruments = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const instrument = instruments.get(parentElement) ?? createInstrument(parentElement);
  instruments.set(parentElement, instrument);
  instrument.send = teller(setStateValue);
  instrument.update(data);
  return instrument.stop;
}

function createInstrument(root) {
  const at = (id) => root.querySelector(`#${id}`);
  const tiles = createTiles(at("tiles"), (place, link) => act("model", place, link));
  const trail = createTrail(at, act);
  const list = createList(at, act);
  const profile = createFields(at("profile"), "profile", act);
  const context = createFields(at("context"), "context", act);
  let waiting = []; // done, and not sent yet
  let sent = 0; // number of the last message
  let heard = 0; // of the last one answered
  let timer = 0;
  let mode = "items"; // or "lines"
  let language = null;
  let steps = null; // how many states were on screen

  const instrument = {
    send: () => {},
    update(bytes) {
      const data = JSON.parse(new TextDecoder().decode(bytes));
      speak(data.texts);
      if (heard === 0 && sent === 0) sent = data.heard; // after a reload of the page
      heard = data.heard;
      if (language !== data.texts["Undo"] || steps === null) name(data);
      language = data.texts["Undo"];
      show(data);
      at("whatif").classList.toggle("waiting", heard < sent);
      if (heard >= sent) flush();
    },
    stop() {
      clearTimeout(timer);
      instruments.delete(root);
    },
  };

  function act(...done) {
    waiting.push(done);
    if (heard >= sent) flush();
  }

  function flush() {
    clearTimeout(timer);
    if (!waiting.length) return;
    sent += 1;
    at("whatif").classList.add("waiting");
    instrument.send("acts", JSON.stringify([sent, waiting]));
    waiting = [];
    timer = setTimeout(() => {
      heard = sent;
      at("whatif").classList.remove("waiting");
      flush();
    }, LOST_AFTER_MS);
  }

  // Everything that does not change from edit to edit.
  function name(data) {
    put(at("history-title"), say("History"));
    put(at("trail-title"), say("Edits"));
    put(at("trail-words"), say("Change of each model's probability, in points; below it before → after. Pinned: what all panels are compared with."));
    put(at("profile-title"), say("Profile"));
    put(at("context-title"), say("Context"));
    put(at("undo"), say("Undo"));
    put(at("clear"), say("Undo all"));
    at("undo").title = say("Take the last edit back (Ctrl + Z)");
    put(at("mode").querySelector("legend"), say("What a row of the list is"));
    at("mode").querySelectorAll("label").forEach((label) => label.remove());
    at("mode").append(modeChoice("items", say("By item")), modeChoice("lines", say("Every behavior")));
    const cut = at("cut");
    const date = element("input", "", { type: "date", id: "cut-date", required: true });
    const button = (text, keep) => element("button", text, { type: "submit", value: keep });
    const label = element("label", say("Truncate at"), { htmlFor: "cut-date" });
    cut.replaceChildren(label, date, button(say("Keep what came before"), "before"), button(say("Keep from then on"), "from"));
    cut.onsubmit = (event) => {
      event.preventDefault();
      act("edit", `keep-${event.submitter?.value ?? "before"}`, `${date.value}T00:00:00Z`);
    };
    list.name(data.models[0]);
  }

  function modeChoice(value, text) {
    const label = document.createElement("label");
    const radio = element("input", "", { type: "radio", name: "mode", value, checked: value === mode });
    radio.onchange = () => {
      mode = value;
      list.fold(mode === "items");
    };
    label.append(radio, element("span", text));
    return label;
  }

  function show(data) {
    put(at("subject"), say("{who}, as of {when}", { who: data.subject, when: data.asOf }));
    put(at("title"), data.candidate.title);
    at("title").title = data.candidate.title;
    const then = data.candidate.then === null ? "" : ` · ${say("pinned: {title}", { title: data.candidate.then })}`;
    put(at("detail"), data.candidate.detail + then);
    at("detail").title = at("detail").textContent;
    put(at("order"), data.order);
    tiles.show(data);
    trail.show(data);
    list.show(data);
    profile.show(data.profile);
    context.show(data.context);
    if (steps !== null && steps !== data.steps.length) speakLast(data);
    steps = data.steps.length;
  }

  function speakLast(data) {
    const last = data.steps.at(-1);
    const scores = data.models.map(({ name: model }, i) => `${model} ${percent(last.p[i])}`);
    put(at("spoken"), `${last.label}: ${scores.join(", ")}`);
  }

  at("undo").onclick = () => act("undo", -1, null);
  at("clear").onclick = () => act("clear");
  at("whatif").onkeydown = (event) => {
    const typing = event.target.matches("input:not([type=radio])");
    if (!typing && (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z") {
      event.preventDefault();
      if (steps > 1) act("undo", -1, null);
    }
  };
  return instrument;
}
