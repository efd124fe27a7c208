// A text field that searches on the server: ARIA's combobox with a listbox, in Streamlit's components v2.
// Python sends {label, placeholder, noun, selected, results, handled}; the field tells "query" and "pick".

const WAIT_MS = 150; // of silence before a typed text is searched
const TAKEN_UP_MS = 1000; // within which a field in the place of another goes on with what was typed there

const left = new Map(); // what was typed into a field that lost the focus, and when, by key

export default mountComponent(createBox);

function createBox(root) {
  const at = (id) => root.querySelector(`#${id}`);
  const input = at("input");
  const panel = at("panel");
  const list = at("list");
  let data = {};
  let options = []; // those on the list, found for `found`
  let found = null;
  let active = -1;
  let typed = false; // the field holds a search text rather than the choice
  let asked = null; // text that the server was asked for and has not answered yet
  let question = 0; // number of the message that asked
  let pickFirst = false; // Enter came before the answer
  let picked = null; // chosen, and not yet confirmed by the server
  let timer = 0;

  const text = () => (typed ? input.value.trim() : "");
  const isOpen = () => panel.matches(":popover-open");
  const resized = new ResizeObserver(() => fit());
  resized.observe(input);

  const box = {
    send: () => {},
    update(next) {
      const isNew = data.key === undefined;
      data = next;
      speak(data.texts);
      at("label").textContent = data.label;
      at("help").textContent = say("Type to search {noun}; arrow keys and Enter choose.", data);
      input.placeholder = data.placeholder;
      if (data.results && data.results.text !== null) answer(data.results);
      // What was typed was forgotten with a choice made before it, which Python handled after it.
      const forgotten = asked !== null && data.handled >= question;
      if (forgotten && isOpen() && asked === text()) search();
      if (picked !== null && data.selected?.id === picked) picked = null;
      if (!typed && picked === null) show(data.selected?.label ?? "");
      if (isNew) takeUp();
    },
    stop() {
      resized.disconnect();
      close();
    },
  };

  // Streamlit may put a new field in the place of one that is being typed into: it goes on there.
  function takeUp() {
    const before = left.get(data.key);
    left.delete(data.key);
    const isMeant = before && performance.now() - before.at < TAKEN_UP_MS && document.activeElement === document.body;
    if (!isMeant) return;
    input.focus({ preventScroll: true });
    input.value = before.text;
    typed = true;
    open();
  }

  function show(label) {
    if (input.value !== label) {
      // What is selected is about to be typed over: a new label must not stand before what is typed.
      const selected = input.matches(":focus") && input.selectionEnd - input.selectionStart === input.value.length;
      input.value = label;
      if (selected) input.select();
    }
    input.title = label;
    at("whole").textContent = label;
    fit();
  }

  function fit() {
    const cut = input.scrollWidth > input.clientWidth;
    at("whole").hidden = !cut;
    at("whole").parentElement.classList.toggle("cut", cut);
  }

  function answer(results) {
    const current = results.text === text();
    if (results.text === asked) asked = null;
    if (!current) return;
    const fresh = found !== results.text || options.length !== results.options.length;
    options = results.options;
    found = results.text;
    if (fresh) active = -1;
    at("count").textContent = countText(results);
    draw();
    if (pickFirst) {
      pickFirst = false;
      if (options.length && !results.instead) choose(0);
    }
  }

  function countText({ text: words, total, instead, options: shown }) {
    const count = total.toLocaleString("en");
    if (instead) return say("No match for “{words}”. Did you mean “{instead}”? Matches: {n}", { words, instead, n: count });
    if (!total && words) return say("No match for “{words}”", { words });
    const values = { n: count, noun: data.noun, words, listed: shown.length };
    const all = !words
      ? say("{n} {noun}", values)
      : total === 1
        ? say("1 match for “{words}”", values)
        : say("{n} matches for “{words}”", values);
    return shown.length < total ? say("{all}, the first {listed} listed", { all, ...values }) : all;
  }

  function draw() {
    list.replaceChildren(
      ...options.map((option, index) => {
        const item = document.createElement("li");
        item.id = `option-${index}`;
        item.role = "option";
        item.textContent = option.label;
        if (option.note) {
          const note = document.createElement("span");
          note.className = "note";
          note.textContent = option.note;
          item.append(note);
        }
        item.onmousedown = (event) => event.preventDefault(); // the field keeps the focus
        item.onclick = () => choose(index);
        return item;
      }),
    );
    panel.classList.toggle("waiting", found !== text());
    mark();
  }

  function mark() {
    [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === active)));
    const item = list.children[active];
    if (item && isOpen()) {
      input.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }

  function open() {
    if (!isOpen()) {
      panel.showPopover();
      input.setAttribute("aria-expanded", "true");
      window.addEventListener("scroll", place, true);
      window.addEventListener("resize", place);
    }
    place();
    if (found !== text()) ask(0);
    else draw();
  }

  function close() {
    clearTimeout(timer);
    pickFirst = false;
    window.removeEventListener("scroll", place, true);
    window.removeEventListener("resize", place);
    if (panel.isConnected && isOpen()) panel.hidePopover();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    active = -1;
  }

  function restore() {
    close();
    typed = false;
    found = null; // what is listed may be outdated when the list opens again
    show(data.selected?.label ?? "");
  }

  function place() {
    const field = input.getBoundingClientRect();
    const width = Math.min(Math.max(field.width, 340), window.innerWidth - 16);
    panel.style.width = `${width}px`;
    panel.style.left = `${Math.max(8, Math.min(field.left, window.innerWidth - width - 8))}px`;
    const below = window.innerHeight - field.bottom;
    const up = below < 220 && field.top > below;
    panel.style.top = up ? "auto" : `${field.bottom + 4}px`;
    panel.style.bottom = up ? `${window.innerHeight - field.top + 4}px` : "auto";
  }

  function ask(delay) {
    clearTimeout(timer);
    panel.classList.add("waiting");
    if (!options.length) at("count").textContent = say("Searching…");
    timer = setTimeout(search, delay);
  }

  function search() {
    asked = text();
    question = box.send("query", asked);
  }

  function choose(index) {
    const option = options[index];
    close();
    typed = false;
    found = null;
    picked = option.id;
    show(option.label);
    const otherwise = () => box.send("pick", option.id);
    const revoke = () => {
      if (picked !== option.id) return;
      picked = null;
      if (!typed) show(data.selected?.label ?? "");
    };
    const detail = { kind: data.key, id: option.id, otherwise, revoke };
    // An instrument on the page may go there by itself, and tell Python.
    if (window.dispatchEvent(new CustomEvent("din-lens-pick", { detail, cancelable: true }))) otherwise();
  }

  input.onfocus = () => input.select();
  input.onblur = () => {
    if (typed) left.set(data.key, { text: input.value, at: performance.now() });
    restore();
  };
  input.onmousedown = () => {
    if (!isOpen()) setTimeout(open); // after the focus has selected the text
  };
  input.oninput = () => {
    typed = true;
    pickFirst = false;
    active = -1;
    open();
    ask(WAIT_MS);
  };
  input.onkeydown = (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen()) open();
      else if (options.length) {
        const step = event.key === "ArrowDown" ? 1 : -1;
        active = active < 0 && step < 0 ? options.length - 1 : (active + step + options.length) % options.length;
        mark();
      }
    } else if (event.key === "Enter" && isOpen()) {
      event.preventDefault();
      if (found !== text()) pickFirst = true;
      else if (options.length) choose(Math.max(active, 0));
    } else if (event.key === "Escape" && (isOpen() || typed)) {
      event.preventDefault();
      event.stopPropagation();
      restore();
      input.select();
    }
  };
  return box;
}
