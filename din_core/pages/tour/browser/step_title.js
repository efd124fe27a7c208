// Another step of the tour begins with its title: show it, and let screen readers read it.

const shown = new WeakMap(); // the step that was told last, by place on the page

export default function ({ data, parentElement }) {
  const step = new TextDecoder().decode(data);
  const before = shown.get(parentElement);
  shown.set(parentElement, step);
  if (before !== undefined && before !== step) requestAnimationFrame(goToTitle);
}

function goToTitle() {
  const title = document.querySelector(".st-key-tour_title h2");
  if (title === null) return;
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
  title.scrollIntoView({ block: "start" });
}
