// A component of the page in Streamlit's components v2: `export default mountComponent(create)`.

// `create(root)` makes {send, update(data), stop()}, one for each place on the page.
function mountComponent(create) {
  const mounted = new WeakMap();
  return ({ data, parentElement, setStateValue }) => {
    const component = mounted.get(parentElement) ?? create(parentElement);
    mounted.set(parentElement, component);
    component.send = createSender(setStateValue);
    component.update(data);
    return () => {
      // Streamlit calls this too when newer data came while this call was being prepared: the component stays.
      if (parentElement.isConnected || mounted.get(parentElement) !== component) return;
      mounted.delete(parentElement);
      component.stop();
    };
  };
}

// Go to a link within the app: Streamlit goes to the page of an address that Back or Forward brings.
function goWithin(href) {
  history.pushState({}, "", new URL(href, document.baseURI));
  window.dispatchEvent(new PopStateEvent("popstate"));
}

function element(name, text, properties = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(properties)) {
    if (key in made && key !== "style") made[key] = value;
    else made.setAttribute(key, value);
  }
  return made;
}
