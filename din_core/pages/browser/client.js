// The side of the protocol between Python and an instrument that runs in the browser (`protocol.py`).

const REPORT_AFTER_MS = 120; // of quiet before Python is told where the instrument is
const BUSY = 204; // the status of an answer that nobody waits for yet, while others do
const PICK = "din-lens-pick"; // the event by which a search box offers a choice before it sends it to Python

// `position()` is where the instrument is, as Python is told it; `pick(choice)` goes by itself where a choice in a search
// box leads, false where it does not: then the box tells Python.
function createClient(position, pick) {
  let endpoint = null; // where to ask, and the headers
  let epoch = null; // of what Python chose last
  let sent = 0; // number of the last message
  let timer = 0; // before Python is told
  let unreported = false; // whether Python has not been told yet where the instrument is
  let departures = 0; // counts where the instrument went or is going: an answer to an earlier question is late
  let revocations = []; // what to call when choices of search boxes are given up for another one

  const client = {
    send: () => {},

    // A message of Python's. Its language is another than the last one's: `translated`.
    read(bytes) {
      const message = readMessage(bytes);
      const before = endpoint;
      endpoint = message.head.endpoint;
      return { ...message, translated: before !== null && before.headers["din-lens-language"] !== endpoint.headers["din-lens-language"] };
    },

    // Whether Python has not handled yet where the instrument is, and speaks of what is no longer on screen.
    isOutdated: (head) => head.handled < sent,
    // Whether Python takes it for granted that the instrument holds texts that it has not: it is told that, and sends them.
    lacks({ head, texts }, held) {
      if (texts.length > 0 || head.revision === held) return false;
      sent = client.send("report", { link: "", problems: [], actions: [], holds: null });
      return true;
    },
    // Whether Python chose something; otherwise the instrument knows better where it is.
    isLed: (head) => head.epoch !== epoch,
    follow(head) {
      epoch = head.epoch;
    },

    // Ask beside the page's runs, which this neither stops nor waits for; rejected where there is no answer, `isBusy`
    // where others are answered who wait.
    async ask(query, options = {}) {
      const path = window.location.pathname.replace(/\/?$/, "/");
      const response = await fetch(`${path}${endpoint.path}${query}`, { ...options, headers: endpoint.headers });
      if (!response.ok || response.status === BUSY) throw Object.assign(new Error(response.statusText), { isBusy: response.status === BUSY });
      return readMessage(new Uint8Array(await response.arrayBuffer()));
    },

    isUnreported: () => unreported,
    report() {
      clearTimeout(timer);
      unreported = true;
      timer = setTimeout(client.reportNow, REPORT_AFTER_MS);
    },
    reportNow() {
      if (unreported) client.handOver(position());
    },
    // Python is told at once where the instrument is and what is left to do; returns the message's number.
    handOver(report) {
      clearTimeout(timer);
      unreported = false;
      sent = client.send("report", report);
      return sent;
    },

    // Go elsewhere: what was asked for, chosen or to be reported before is not wanted any more.
    depart() {
      departures += 1;
      client.revoke();
      clearTimeout(timer);
      unreported = false;
    },
    // A function that says whether the instrument has not departed since.
    staying() {
      const mine = departures;
      return () => mine === departures;
    },

    // Choices of search boxes that are on their way: call back when they are given up; forget them when they are made.
    onRevoke: (call) => revocations.push(call),
    revoke() {
      const calls = client.takeRevocations();
      calls.forEach((call) => call());
    },
    takeRevocations() {
      const calls = revocations;
      revocations = [];
      return calls;
    },

    stop() {
      client.depart();
      window.removeEventListener(PICK, onPick);
    },
  };

  function onPick(event) {
    if (endpoint !== null && pick(event.detail)) event.preventDefault();
  }

  window.addEventListener(PICK, onPick);
  return client;
}

// A line that says what comes, and a line for each text (`Payload.encode`).
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
