// What a component says, in the visitor's language: `say("{n} of {all}", { n, all })`. English is its own key.

let dictionary = {};

function speak(texts) {
  dictionary = texts;
}

function say(text, values = {}) {
  const pieces = (dictionary[text] ?? text).split(/\{(\w+)\}/);
  return closedUp(pieces.map((piece, place) => (place % 2 ? String(values[piece]) : piece))).join("");
}

// Texts that stand one after the other, without a space where both its neighbours are Chinese: translations have one
// around each value, for names and numbers in Latin letters.
function closedUp(pieces) {
  const chinese = /^[\u2e80-\u9fff\uff00-\uffef]$/;
  const is = (letter) => chinese.test(letter ?? "");
  return pieces.map((piece, place) => {
    const [before, after] = [pieces[place - 1] ?? "", pieces[place + 1] ?? ""];
    const begin = piece[0] === " " && is(piece[1]) && is(before.at(-1)) ? 1 : 0;
    const end = piece.at(-1) === " " && is(piece.at(-2)) && is(after[0]) ? -1 : undefined;
    return piece.slice(begin, end);
  });
}
