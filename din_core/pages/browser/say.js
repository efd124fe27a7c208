// What a component says, in the visitor's language: `say("{n} of {all}", { n, all })`. English is its own key.

let dictionary = {};

function speak(texts) {
  dictionary = texts;
}

function say(text, values = {}) {
  return (dictionary[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
