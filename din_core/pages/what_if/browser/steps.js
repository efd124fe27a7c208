// The steps of the edits: a row for each state, with its edit and what each model says before and after it.

function createSteps(at, dispatch) {
  const rows = []; // by place
  at("steps").replaceChildren();
  let data = null;

  function makeRow(place) {
    const line = document.createElement("tr");
    const pin = element("input", "", { type: "radio", name: "pin" });
    pin.onchange = () => dispatch("pin", place);
    const pinCell = document.createElement("td");
    pinCell.append(pin);
    const head = element("th", "", { scope: "row" });
    const label = element("span", "", { className: "label" });
    head.append(label);
    const scores = [0, 1].map(() => {
      const cell = element("td", "", { className: "scored" });
      const [change, path] = [element("b", ""), element("span", "")];
      cell.append(change, path);
      return { cell, change, path };
    });
    const undo = element("button", "×", { type: "button", className: "cross" });
    undo.onclick = () => dispatch("undo", place - 1, data.steps[place].key);
    const undoCell = document.createElement("td");
    if (place) undoCell.append(undo);
    line.append(pinCell, head, ...scores.map(({ cell }) => cell), undoCell);
    return { line, pin, label, scores, undo };
  }

  // "35.1 → 39.3 %"
  const pathOf = (from, to, digits) => `${percent(from, digits).replace(" %", "")} → ${percent(to, digits)}`;

  function fill(row, place) {
    const step = data.steps[place];
    const before = data.steps[place - 1];
    put(row.label, step.label);
    row.label.title = step.label;
    row.pin.checked = place === data.pinned;
    row.pin.setAttribute("aria-label", say("Compare with: {state}", { state: step.label }));
    row.undo.setAttribute("aria-label", say("Undo: {state}", { state: step.label }));
    row.undo.title = say("Undo: {state}", { state: step.label });
    row.line.classList.toggle("pinned", place === data.pinned);
    row.scores.forEach(({ cell, change, path }, m) => {
      cell.hidden = m >= data.models.length;
      if (cell.hidden) return;
      const digits = before ? changeDigits(before.p[m], step.p[m]) : 1;
      put(change, before ? signed(100 * (step.p[m] - before.p[m]), digits) : percent(step.p[m]));
      put(path, before ? pathOf(before.p[m], step.p[m], digits) : "");
      cell.dataset.sign = before ? String(Math.sign(Math.round(1000 * (step.p[m] - before.p[m])))) : "0";
    });
  }

  return {
    show(next) {
      const grown = data !== null && next.steps.length > data.steps.length;
      data = next;
      while (rows.length < data.steps.length) rows.push(makeRow(rows.length));
      rows.forEach((row, place) => {
        const here = place < data.steps.length;
        if (here) fill(row, place);
        if (here && !row.line.isConnected) at("steps").append(row.line);
        if (!here) row.line.remove();
      });
      at("edits-columns").replaceChildren(
        element("th", say("Pin"), { scope: "col", className: "pin", title: say("Every panel shows differences to this state") }),
        element("th", say("State"), { scope: "col" }),
        ...data.models.map(({ name }) => element("th", name, { scope: "col", className: "scored", title: name })),
        element("td", "", { className: "end" }),
      );
      at("undo").disabled = at("clear").disabled = data.steps.length === 1;
      if (grown) at("edits-scroller").scrollTop = at("edits-scroller").scrollHeight;
    },
  };
}
