// Everything by name: Ctrl K opens a dialog whose field searches on the server; Enter or a click goes there.
// Python sends {texts, placeholder, text, found}; the field tells "query".

const WAIT_MS = 150; // of silence before a typed text is searched

export default mountComponent(createDialog);

function createDialog(root) {
  const at = (id) => root.querySelector(`#${id}`);
  const dialog = at("dialog");
  const input = at("input");
  const list = at("list");
  const key = window.quickOpenKey; // of the page's head
  const apple = /Mac|iPhone|iPad/.test(navigator.platform);
  let options = [];
  let found = null; // the text that they were found for
  let active = 0;
  let enter = false; // Enter came before the answer
  let timer = 0;

  const quick = {
    send: () => {},
    update(bytes) {
      const data = JSON.parse(new TextDecoder().decode(bytes));
      speak(data.texts);
      at("name").textContent = say("Go to");
      at("keys").textContent = apple ? "⌘ K" : "Ctrl K";
      input.placeholder = data.placeholder;
      for (const one of [dialog, input, list]) one.setAttribute("aria-label", say("Go to"));
      if (key.waits) open();
      if (data.found && dialog.open && data.text === input.value.trim()) answer(data);
    },
    stop() {
      clearTimeout(timer);
      if (key.open === open) key.open = null;
      if (dialog.open) dialog.close();
    },
  };

  function answer({ text, found: next }) {
    options = next;
    found = text;
    active = 0;
    list.classList.remove("waiting");
    at("count").textContent = options.length ? say("Arrow keys and Enter choose.") : say("No match for “{words}”", { words: text });
    list.replaceChildren(...options.map(line));
    mark();
    if (enter && options.length) go(options[0].href);
    enter = false;
  }

  function line({ label, kind, note }, index) {
    const item = element("li", "", { id: `option-${index}`, role: "option" });
    item.append(element("span", label), element("span", note, { className: "note" }), element("span", kind, { className: "kind" }));
    item.onmousedown = (event) => event.preventDefault(); // the field keeps the focus
    item.onclick = () => go(options[index].href);
    return item;
  }

  function mark() {
    [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === active)));
    const item = list.children[active];
    if (item) {
      input.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }

  function open() {
    key.waits = false;
    if (dialog.open) return;
    input.value = "";
    options = [];
    list.replaceChildren();
    found = null;
    dialog.showModal();
    input.focus();
    ask(0);
  }

  function ask(delay) {
    clearTimeout(timer);
    list.classList.add("waiting");
    if (!options.length) at("count").textContent = say("Searching…");
    timer = setTimeout(() => quick.send("query", input.value.trim()), delay);
  }

  function go(href) {
    dialog.close();
    goWithin(href);
  }

  input.oninput = () => {
    enter = false;
    ask(WAIT_MS);
  };
  input.onkeydown = (event) => {
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options.length) {
      event.preventDefault();
      active = (active + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length;
      mark();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (found !== input.value.trim()) enter = true;
      else if (options.length) go(options[active].href);
    }
  };
  dialog.onclick = (event) => {
    if (event.target === dialog) dialog.close(); // beside it
  };
  at("open").onclick = open;
  key.open = open;
  return quick;
}
