// A table that is wider than the page scrolls by itself. Make it a stop of the Tab key, so that the arrows scroll it.

let watch = null;
let looking = false;

export default function ({ data }) {
  speak(JSON.parse(new TextDecoder().decode(data)).texts);
  if (!watch) {
    watch = new MutationObserver(lookSoon);
    watch.observe(document.body, { childList: true, subtree: true });
    addEventListener("resize", lookSoon);
  }
  lookSoon();
}

function lookSoon() {
  if (looking) return;
  looking = true;
  requestAnimationFrame(() => {
    looking = false;
    document.querySelectorAll("[data-testid=stTable] div:has(table)").forEach(reach);
  });
}

function reach(box) {
  const scrolls = ["auto", "scroll"].includes(getComputedStyle(box).overflowX) && box.scrollWidth > box.clientWidth;
  if (scrolls) {
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", say("Table, wider than the page: the arrow keys scroll it"));
  } else if (box.hasAttribute("tabindex")) {
    ["tabindex", "role", "aria-label"].forEach((name) => box.removeAttribute(name));
  }
}
