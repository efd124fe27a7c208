// The answer in a sentence, above all else on the page: the instrument below writes it whenever it shows another case.

export default mountComponent(createAnswerSentence);

function createAnswerSentence(root) {
  const at = (id) => root.querySelector(`#${id}`);
  const show = ({ detail: { title, says, reason } }) => {
    at("answer-title").textContent = title;
    at("says").replaceChildren(...spans(says));
    at("reason").replaceChildren(...spans(reason));
  };
  document.addEventListener(ANSWER, show);
  document.dispatchEvent(new CustomEvent(ANSWER_WANTED));
  return { update() {}, stop: () => document.removeEventListener(ANSWER, show) };
}

// Texts of which every other one stands out, the second first.
function spans(texts) {
  return texts.map((text, i) => {
    const span = document.createElement(i % 2 ? "strong" : "span");
    span.textContent = text;
    return span;
  });
}
