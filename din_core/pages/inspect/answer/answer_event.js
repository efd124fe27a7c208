// How the instrument hands the answer to the sentence above it, whichever of the two is on the page first.

const ANSWER = "din-lens-answer"; // its detail: {title, says, reason}
const ANSWER_WANTED = "din-lens-answer-wanted";
