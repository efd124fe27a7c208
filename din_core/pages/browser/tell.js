// What a component tells Python. Each message is kept as state, numbered, and so goes with every later request too:
// a trigger is sent once, and is lost where Streamlit stops the run that brings it before it begins. The number is
// returned: Python says which it heard last.

let told = 0;

function teller(setStateValue) {
  return (name, value) => {
    told = Math.max(told + 1, Date.now()); // beyond those of an earlier visit to the page
    setStateValue(name, [told, value]);
    return told;
  };
}
