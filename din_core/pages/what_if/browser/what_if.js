// The what-if instrument. What is done here is asked of the server beside the page's runs (`what_if_route.py`), and is
// drawn when the answer comes; what is done meanwhile waits for it, in its order. Python hears then where that led, and
// keeps address and search boxes. Every question and every message names the whole scenario it starts from, so that
// none is done twice.

const TELL_AFTER_MS = 120; // of quiet before Python is told
const LOST_AFTER_MS = 4000; // what is not answered by then is asked again, another way
const instruments = new WeakMap();

// What is done here by a choice in one of the page's search boxes.
const PICKS = {
  user: (id) => ["go", "user", id],
  impression: (id) => ["go", "impression", id],
  what_if_candidate: (id) => ["edit", "candidate", id],
  what_if_add: (id, at) => ["edit", "add", id, ...(at === null ? [] : [at])],
};
const PICK = "din-lens-pick"; // what a search box says before it tells Python

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
  let mode = "items"; // or "lines"
  let language = null;
  let steps = null; // how many states were on screen
  let door = null; // where to ask, and the key to it
  let addAt = null; // time at which an item from the search box joins
  let scene = null; // link of what is on screen
  let revision = null; // of what is on screen
  let epoch = null; // of what Python chose last
  let queue = []; // done, and not asked for yet
  let going = []; // asked for, and not answered yet
  let said = []; // what could not be done, which Python is to say
  let untold = false; // whether Python has not been told yet where this is
  let timer = 0; // before it is told
  let sent = 0; // number of what it was told last
  let followed = null; // number of what it is to do, as nobody else answered
  let patience = 0; // with that
  let journey = 0; // counts where Python led: an answer to a question from before is late
  let given = []; // what to call when choices of search boxes are given up

  const busy = () => queue.length > 0 || going.length > 0 || untold;

  const instrument = {
    send: () => {},
    // What Python says. Before it has heard where this is, it speaks of what is no longer on screen.
    update(bytes) {
      const message = readMessage(bytes);
      const { head } = message;
      const spoken = door !== null && head.door.language !== door.language;
      [door, addAt] = [head.door, head.addAt];
      if (head.heard < sent) return;
      if (followed !== null && head.heard >= followed) {
        const late = !settleFollowed(head);
        if (late) return;
      } else if (busy()) {
        if (spoken || head.epoch === epoch) return;
        stay();
      }
      epoch = head.epoch;
      take(message);
      flush();
    },
    stop() {
      stay();
      clearTimeout(patience);
      window.removeEventListener(PICK, picked);
      window.removeEventListener("pointerdown", leaving, true);
      instruments.delete(root);
    },
  };

  // Put on screen what a message brings; what stands there already is not drawn again.
  function take({ head, texts: [text] }) {
    scene = head.link;
    at("whatif").classList.toggle("waiting", queue.length > 0);
    if (head.revision === revision) return;
    revision = head.revision;
    const data = JSON.parse(text);
    speak(data.texts);
    if (language !== data.texts["Undo"] || steps === null) name(data);
    language = data.texts["Undo"];
    show(data);
  }

  function act(...done) {
    queue.push(done);
    flush();
  }

  // A choice in one of the page's search boxes.
  function picked(event) {
    const { kind, id, giveUp: back } = event.detail;
    if (scene === null || !(kind in PICKS)) return;
    event.preventDefault();
    const done = PICKS[kind](id, addAt);
    if (kind === "what_if_add") back(); // the field is empty again
    else given.push(back);
    if (done[0] === "go") addAt = null; // a time of another history
    act(...done);
  }

  async function flush() {
    if (going.length || !queue.length || scene === null) return;
    [going, queue] = [queue, []];
    at("whatif").classList.add("waiting");
    const mine = journey;
    const body = JSON.stringify({ link: scene, acts: going, language: door.language });
    let message = null;
    try {
      message = await askAt(door, "", { method: "POST", body, signal: AbortSignal.timeout(LOST_AFTER_MS) });
    } catch {
      if (mine === journey) follow();
      return;
    }
    if (mine !== journey) return;
    settle(message.head.said);
    take(message);
    tell();
    flush();
  }

  // What was asked for is done, or cannot be.
  function settle(problems) {
    going = [];
    said.push(...problems);
    if (problems.length) giveUp();
    given = [];
  }

  // Python led elsewhere: what was to be done here is not wanted any more.
  function stay() {
    journey += 1;
    [queue, said, untold] = [[], [], false];
    clearTimeout(timer);
    giveUp();
    settle([]);
  }

  // The search boxes show again what they showed before.
  function giveUp() {
    given.forEach((back) => back());
    given = [];
  }

  function tell() {
    untold = true;
    clearTimeout(timer);
    timer = setTimeout(tellNow, TELL_AFTER_MS);
  }

  function tellNow() {
    if (!untold) return;
    clearTimeout(timer);
    untold = false;
    sent = instrument.send("went", { link: scene, said, acts: [] });
    said = [];
  }

  // The long way: Python does it, and its next answer is taken.
  function follow() {
    clearTimeout(timer);
    untold = false;
    followed = sent = instrument.send("went", { link: scene, said, acts: going });
    patience = setTimeout(askAgain, LOST_AFTER_MS);
  }

  // Python has done it: false where it was asked again meanwhile, and that answer counts.
  function settleFollowed(head) {
    const waited = patience !== 0;
    clearTimeout(patience);
    [followed, patience, epoch] = [null, 0, head.epoch];
    if (waited) {
      said = [];
      settle([]);
    }
    return waited;
  }

  function askAgain() {
    patience = 0;
    [queue, going] = [[...going, ...queue], []];
    flush();
  }

  // On the way to another page: Python must know where this is before it goes there.
  function leaving(event) {
    if (!event.composedPath().includes(root)) tellNow();
  }

  window.addEventListener(PICK, picked);
  window.addEventListener("pointerdown", leaving, true);

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
