// Streamlit draws the links to the pages, but says nothing of them to screen readers: name the rows, mark the links that
// lead to what is on screen, and say in which language the page is.

let stop = () => {};

export default function ({ data }) {
  const header = document.querySelector(".st-key-header");
  const message = JSON.parse(new TextDecoder().decode(data));
  document.documentElement.lang = message.language;
  const mark = () => markLinks(header, message);
  stop();
  mark();
  const observer = new MutationObserver(mark); // links may be drawn later
  observer.observe(header, { childList: true, subtree: true, attributeFilter: ["href"] });
  const watcher = new MutationObserver(() => explainLoss(message.gone));
  watcher.observe(document.body, { childList: true, subtree: true });
  stop = () => [observer, watcher].forEach((one) => one.disconnect());
}

// Streamlit's own words for a server that is gone name Streamlit, and say nothing of what becomes of the page.
function explainLoss(words) {
  for (const dialog of document.querySelectorAll('[role="dialog"]')) {
    const texts = document.createTreeWalker(dialog, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      if (/Streamlit server is not responding|Cannot connect to Streamlit/.test(texts.currentNode.data)) texts.currentNode.data = words;
    }
  }
}

// `rows`: what each row of links is called; one without a name is no landmark.
function markLinks(header, { path, rows }) {
  for (const [key, name] of Object.entries(rows)) {
    const row = header.querySelector(`.st-key-${key}`);
    if (row === null) continue;
    if (name) {
      row.setAttribute("role", "navigation");
      row.setAttribute("aria-label", name);
    }
    for (const link of row.querySelectorAll("a")) {
      const leads = new URL(link.href).pathname.split("/").pop();
      if (leads === path) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }
}
