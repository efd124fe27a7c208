// Asks the server beside the page's runs, which it neither stops nor waits for (`keyed.py`).

// `door`: where to ask, and the key. Rejected where there is no answer.
async function askAt(door, query, options = {}) {
  const path = window.location.pathname.replace(/\/?$/, "/");
  const response = await fetch(`${path}${door.path}${query}`, { ...options, headers: { [door.header]: door.key } });
  if (!response.ok) throw new Error(response.statusText);
  return readMessage(new Uint8Array(await response.arrayBuffer()));
}

// A line that says what comes, and a line for each text (`message.py`).
function readMessage(bytes) {
  const [first, ...texts] = new TextDecoder().decode(bytes).split("\n");
  return { head: JSON.parse(first), texts };
}

// Once what was changed is on screen.
function painted() {
  return new Promise((done) => {
    requestAnimationFrame(() => {
      const channel = new MessageChannel(); // its message comes after the frame is painted
      channel.port1.onmessage = done;
      channel.port2.postMessage(0);
    });
  });
}
