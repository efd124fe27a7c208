// What is pointed at in one part of a page lights up in the others: each tells the mark of what it is, null for nothing.

const MARK = "din-lens-mark";

function tellMark(mark) {
  document.dispatchEvent(new CustomEvent(MARK, { detail: { mark } }));
}
