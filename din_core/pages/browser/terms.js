// Words that need a definition: each becomes a button that opens what it means.

const meanings = () => ({
  candidate: say("A candidate is the item that is scored, for this user, at this time and in this context."),
  logit: say("The logit is the score before it becomes a probability: 0 is 50 %, and 1 more makes the odds 2.7 times as high."),
  tau: say("τ (Kendall's tau) says whether two rankings agree: 1 is the same order, 0 no relation, −1 the reverse."),
  intensity: say("Σw, the interest intensity, is all weights added up, repeats counted: how much of this history the model switches on for the candidate."),
});
const wordsOf = () => ({
  candidate: [say("Candidates"), say("candidate")],
  logit: ["logits", "logit"],
  tau: ["τ"],
  intensity: ["Σw"],
});

// `bubble` is a popover in which a meaning is shown.
function createTerms(bubble) {
  function open(button, meaning) {
    bubble.textContent = meaning;
    bubble.showPopover();
    const place = button.getBoundingClientRect();
    bubble.style.top = `${place.bottom + 4}px`;
    bubble.style.left = `${Math.max(8, Math.min(place.left, window.innerWidth - bubble.offsetWidth - 8))}px`;
  }

  function term(text, meaning) {
    const button = element("button", text, { type: "button", className: "term", title: meaning });
    button.onclick = () => open(button, meaning);
    return button;
  }

  // Make buttons of the first word of each kind in the texts of `node`.
  return function mark(node) {
    for (const [name, words] of Object.entries(wordsOf())) {
      const found = [...node.childNodes].find((child) => child.nodeType === Node.TEXT_NODE && firstOf(child.data, words));
      if (!found) continue;
      const { at, word } = firstOf(found.data, words);
      const after = found.splitText(at);
      after.data = after.data.slice(word.length);
      after.before(term(word, meanings()[name]));
    }
  };
}

function firstOf(text, words) {
  for (const word of words) {
    const at = text.indexOf(word);
    if (at >= 0) return { at, word };
  }
  return null;
}
