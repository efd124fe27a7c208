// A link to what is on screen, on the clipboard: this view with all that was chosen, or a brief for others.

const LONGEST = 2000; // characters of a link that chat tools and proxies pass on
const MARK_MS = 1500; // how long a link waits for what its history holds
const SHOWN_MS = 2000; // how long the button says that the link was copied
const IN_BRIEF = ["v", "user", "item", "at", "models", "nth", "lang", "history"]; // beside the context and, on What if, the edits
const menus = new WeakMap();

export default function ({ data, parentElement }) {
  const menu = menus.get(parentElement) ?? createMenu(parentElement);
  menus.set(parentElement, menu);
  menu.update(JSON.parse(new TextDecoder().decode(data)));
}

function createMenu(root) {
  const at = (id) => root.querySelector(`#${id}`);
  let payload = null;
  let marked = null; // asked for when the menu opens
  let outcome = null; // of the last copy, on the button for a moment, whatever else arrives
  let timer = 0;

  function update(next) {
    payload = next;
    speak(payload.texts);
    label();
    at("copy-view").textContent = say("This view");
    at("copy-brief").textContent = say("Brief for others");
    at("copy-signed").textContent = say("Signed brief, for viewers");
    at("copy-hidden").textContent = say("Signed brief that hides who it is");
    for (const id of ["copy-signed", "copy-hidden"]) at(id).hidden = !payload.signed;
    at("copies").setAttribute("aria-label", say("Copy a link to"));
  }

  function label() {
    at("copy").textContent = outcome ?? say("Copy link");
  }

  function showOutcome(text) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      outcome = null;
      label();
    }, SHOWN_MS);
    outcome = text;
    label();
  }

  async function copy(long) {
    at("copies").hidePopover();
    const short = long.length > LONGEST ? await shortLink(long, payload.endpoint) : null;
    const url = short ?? long;
    const done = await copyText(url);
    if (long.length > LONGEST) explain(short !== null, long.length);
    showOutcome(done ? say("Link copied") : say("Copy failed"));
    at("copied").textContent = done ? say("The link is on the clipboard.") : say("Copy this link: {url}", { url });
  }

  // What is on screen now, with what its history holds: the reader is told where that has changed.
  async function queryToSend() {
    const found = await Promise.race([marked, new Promise((done) => setTimeout(done, MARK_MS, null))]);
    return withMark(withQuestions(queryOnScreen(), payload.questions), found);
  }

  async function copySigned(hidden) {
    at("copies").hidePopover();
    const url = await signedLink(linkToBrief(queryOnScreen(), payload), hidden, payload.signed);
    if (url !== null) return copy(url);
    at("kept").textContent = say("This brief could not be signed now. Try again, or ask whoever runs this server.");
    at("kept").showPopover();
  }

  function explain(kept, n) {
    at("kept").textContent = kept
      ? say("The whole link is too long for chat. This short one is kept on this server, and opens as long as the server keeps it.")
      : say("This link is long: {n} characters, more than some chat tools pass on. It could not be shortened, as this server keeps nothing now.", { n });
    at("kept").showPopover();
  }

  // What opens stands under the button: popovers stand above everything, placed from the window's corner.
  at("copies").addEventListener("beforetoggle", (event) => {
    if (event.newState === "open") marked = historyMark(payload.mark);
  });
  for (const id of ["copies", "kept"]) {
    at(id).addEventListener("toggle", (event) => {
      if (event.newState !== "open") return;
      const button = at("copy").getBoundingClientRect();
      at(id).style.top = `${button.bottom + 4}px`;
      at(id).style.left = `${Math.max(8, button.right - at(id).offsetWidth)}px`;
      at(id).querySelector("button")?.focus();
    });
  }
  at("copy-view").onclick = async () => copy(linkToView(await queryToSend()));
  at("copy-brief").onclick = async () => copy(linkToBrief(await queryToSend(), payload));
  at("copy-signed").onclick = () => copySigned(false);
  at("copy-hidden").onclick = () => copySigned(true);
  return { update };
}

// The query string of what is on screen: as the instrument has it, else as the address bar does.
function queryOnScreen() {
  const wanted = { query: null };
  document.dispatchEvent(new CustomEvent(LINK_WANTED, { detail: wanted }));
  return wanted.query ?? window.location.search.slice(1);
}

// What the history on screen holds now: {user, at, mark}; null where the server does not say.
async function historyMark(endpoint) {
  const query = queryOnScreen();
  const given = new URLSearchParams(query);
  const head = await ask(linkToView(query), {}, endpoint);
  return head && { user: given.get("user"), at: given.get("at"), mark: head.mark };
}

// A query with what the page asks of its scenario; without, where the instrument has gone on to another one.
function withQuestions(query, questions) {
  if (questions === null) return query;
  const given = new URLSearchParams(query), of = new URLSearchParams(questions.of);
  const said = (names, all) => names.map((name) => all.getAll(name).join("\n")).join("\n\n");
  const names = [...new Set(of.keys())];
  const isAsked = [...new URLSearchParams(questions.query).keys()].some((name) => given.has(name));
  return isAsked || said(names, given) !== said(names, of) ? query : `${query}&${questions.query}`;
}

// A query with what its history holds; without, where that is of another or not known.
function withMark(query, found) {
  const kept = query.split("&").filter((one) => !one.startsWith("history="));
  const given = new URLSearchParams(query);
  const isOf = found && given.get("user") === found.user && given.get("at") === found.at;
  return [...kept, ...(isOf ? [`history=${found.mark}`] : [])].join("&");
}

function linkToView(query) {
  return `${window.location.origin}${window.location.pathname}?${query}`;
}

// Of the first candidate; only on What if its edits count.
function linkToBrief(query, { inspect, whatIf }) {
  const given = new URLSearchParams(query);
  const edited = window.location.pathname.endsWith(`/${whatIf}`);
  const made = new URLSearchParams();
  for (const [name, value] of given) {
    const kept = IN_BRIEF.includes(name) || name.startsWith("ctx.") || (edited && name === "edits");
    if (kept && !made.has(name)) made.set(name, name === "nth" ? value.split(",")[0] : value);
  }
  made.set("view", "brief");
  return new URL(`${edited ? whatIf : inspect}?${made}`, window.location.href).href;
}

// The same page with a slug in the place of all that it shows; null where the server keeps nothing.
async function shortLink(long, endpoint) {
  const head = await ask(long, {}, endpoint);
  return head && withQuery(long, "s", head.slug);
}

// The same brief as a token, which nobody can change; null where the server signs nothing.
async function signedLink(brief, hidden, endpoint) {
  const head = await ask(brief, { hidden }, endpoint);
  return head && withQuery(brief, "signed", head.token);
}

function withQuery(link, name, value) {
  const url = new URL(link);
  return `${url.origin}${url.pathname}?${name}=${value}`;
}

// What the server makes of a link, as the head of its answer; null where it makes nothing.
async function ask(link, more, { path, headers }) {
  const url = new URL(link);
  const asked = { path: url.pathname.split("/").pop(), query: url.search.slice(1), ...more };
  try {
    const response = await fetch(`${window.location.pathname.replace(/\/?$/, "/")}${path}`, { method: "POST", headers, body: JSON.stringify(asked) });
    return response.ok ? JSON.parse((await response.text()).split("\n")[0]) : null;
  } catch {
    return null;
  }
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByField(text);
  }
}

// Browsers refuse the clipboard to pages without TLS on other machines.
function copyByField(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.style = "position:fixed;opacity:0";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
