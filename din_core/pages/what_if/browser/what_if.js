// The instrument of What if. What is done here is asked of the server beside the page's runs (`route.py`), and is drawn
// when the answer comes; what is done meanwhile waits for it, in its order. Python is told then where that led, and keeps
// address and search boxes. Every question and every message names the whole scenario it starts from, so that none is
// done twice.

const LOST_AFTER_MS = 4000; // what is not answered by then is asked again, another way

// What is done here by a choice in one of the page's search boxes.
const PICKS = {
  user: (id) => ["go", "user", id],
  impression: (id) => ["go", "impression", id],
  what_if_candidate: (id) => ["edit", "candidate", id],
  what_if_add: (id, at) => ["edit", "add", id, ...(at === null ? [] : [at])],
};

export default mountComponent(createEditList);

function createEditList(root) {
  const at = (id) => root.querySelector(`#${id}`);
  const tiles = createTiles(at("tiles"), (place, link) => dispatch("model", place, link));
  const stepList = createSteps(at, dispatch);
  const list = createList(at, dispatch);
  const profile = createFields(at("profile"), "profile", dispatch);
  const context = createFields(at("context"), "context", dispatch);
  const client = createClient(position, pick);
  let mode = "items"; // or "lines"
  let language = null;
  let steps = null; // how many states were on screen
  let addAt = null; // time at which an item from the search box joins
  let scene = null; // link of what is on screen
  let revision = null; // of what is on screen
  let queue = []; // done, and not asked for yet
  let going = []; // asked for, and not answered yet
  let unreported = []; // what could not be done, which Python is to say
  let followed = null; // number of what it is to do, as nobody else answered
  let patience = 0; // with that

  const busy = () => queue.length > 0 || going.length > 0 || client.isUnreported();

  const instrument = {
    set send(send) {
      client.send = send;
    },
    update(bytes) {
      const message = client.read(bytes);
      const { head, translated } = message;
      addAt = head.addAt;
      if (client.isOutdated(head) || client.lacks(message, revision)) return;
      if (followed !== null && head.handled >= followed) {
        const late = !settleFollowed(head);
        if (late) return;
      } else if (busy()) {
        if (translated || !client.isLed(head)) return;
        stay();
      }
      client.follow(head);
      take(message);
      flush();
    },
    stop() {
      stay();
      clearTimeout(patience);
      client.stop();
      window.removeEventListener("pointerdown", leaving, true);
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

  function dispatch(...done) {
    queue.push(done);
    flush();
  }

  // A choice in one of the page's search boxes.
  function pick({ kind, id, revoke }) {
    if (scene === null || !(kind in PICKS)) return false;
    const done = PICKS[kind](id, addAt);
    if (kind === "what_if_add") revoke(); // the field is empty again
    else client.onRevoke(revoke);
    if (done[0] === "go") addAt = null; // a time of another history
    dispatch(...done);
    return true;
  }

  async function flush() {
    if (going.length || !queue.length || scene === null) return;
    [going, queue] = [queue, []];
    at("whatif").classList.add("waiting");
    const staying = client.staying();
    const body = JSON.stringify({ link: scene, actions: going, holds: revision });
    let message = null;
    try {
      message = await client.ask("", { method: "POST", body, signal: AbortSignal.timeout(LOST_AFTER_MS) });
    } catch {
      if (staying()) follow();
      return;
    }
    if (!staying()) return;
    settle(message.head.problems);
    take(message);
    client.report();
    flush();
  }

  // What was asked for is done, or cannot be: then the search boxes show again what they showed before.
  function settle(problems) {
    going = [];
    unreported.push(...problems);
    if (problems.length) client.revoke();
    client.takeRevocations();
  }

  // Python led elsewhere: what was to be done here is not wanted any more.
  function stay() {
    client.depart();
    [queue, unreported, going] = [[], [], []];
  }

  // Where this is, as Python is told it.
  function position() {
    const move = { link: scene, problems: unreported, actions: [], holds: revision };
    unreported = [];
    return move;
  }

  // The long way: Python does it, and its next answer is taken.
  function follow() {
    followed = client.handOver({ link: scene, problems: unreported, actions: going });
    patience = setTimeout(askAgain, LOST_AFTER_MS);
  }

  // Python has done it: false where it was asked again meanwhile, and that answer counts.
  function settleFollowed(head) {
    const waited = patience !== 0;
    clearTimeout(patience);
    [followed, patience] = [null, 0];
    client.follow(head);
    if (waited) {
      unreported = [];
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
    if (!event.composedPath().includes(root)) client.reportNow();
  }

  window.addEventListener("pointerdown", leaving, true);

  // Everything that does not change from edit to edit.
  function name(data) {
    put(at("history-title"), say("History"));
    put(at("edits-title"), say("Edits"));
    put(at("edits-words"), say("Change of each model's probability, in points; below it before → after. Pinned: what all panels are compared with."));
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
      dispatch("edit", `keep-${event.submitter?.value ?? "before"}`, `${date.value}T00:00:00Z`);
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
    stepList.show(data);
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

  at("undo").onclick = () => dispatch("undo", -1, null);
  at("clear").onclick = () => dispatch("clear");
  at("whatif").onkeydown = (event) => {
    const typing = event.target.matches("input:not([type=radio])");
    if (!typing && (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z") {
      event.preventDefault();
      if (steps > 1) dispatch("undo", -1, null);
    }
  };
  return instrument;
}
