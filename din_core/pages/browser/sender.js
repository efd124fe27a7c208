// Messages of a component to Python (`inbox.py`). Each is kept as state, numbered, and so goes with every later request
// too: a trigger is sent once, and is lost where Streamlit stops the run that brings it before it begins. The number is
// returned: Python says which it handled last.

let lastSent = 0;

function createSender(setStateValue) {
  return (kind, value) => {
    lastSent = Math.max(lastSent + 1, Date.now()); // beyond those of an earlier visit to the page
    setStateValue(kind, [lastSent, value]);
    return lastSent;
  };
}
