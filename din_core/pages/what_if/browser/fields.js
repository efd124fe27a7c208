// Profile and context as fields: a choice among the values that a model knows, or text where there may be several, or
// where a number is written.

const MOST_LISTED = 300; // values in a list to choose from; beyond them the field is searched by typing

function createFields(list, kind, dispatch) {
  const made = new Map(); // by name
  list.replaceChildren();

  // Several values are written with | between them, as in the tables.
  const isText = ({ was, now, options, number }) =>
    number || was.length > 1 || now.length > 1 || (options?.length ?? 0) > MOST_LISTED;

  function makeField(field) {
    const text = isText(field);
    const parts = {
      box: element("label", ""),
      label: element("span", "", { className: "label" }),
      input: document.createElement(text ? "input" : "select"),
      known: document.createElement("datalist"),
      was: element("span", "", { className: "was" }),
    };
    parts.known.id = `known-${kind}-${field.name}`;
    if (text) parts.input.setAttribute("list", parts.known.id);
    if (field.number) parts.input.inputMode = "decimal";
    parts.input.onchange = () => {
      const values = text ? parts.input.value.split("|").map((value) => value.trim()) : [parts.input.value];
      dispatch("edit", kind, field.name, ...values.filter(Boolean));
    };
    parts.box.append(parts.label, parts.input, parts.known, parts.was);
    return { ...parts, text, listed: null };
  }

  function fill(entry, field) {
    const { box, label, input, was, text } = entry;
    const [now, then] = [field.now.join("|"), field.was.join("|")];
    const unread = field.options === null;
    put(label, field.label);
    input.setAttribute("aria-label", field.label);
    fillOptions(entry, [...new Set([...(field.options ?? []), ...(text ? [] : [...field.was, ...field.now])])]);
    if (input.value !== now) input.value = now;
    input.disabled = unread;
    box.classList.toggle("changed", now !== then);
    const before = now === then ? "" : say("was {value}", { value: then || say("unknown") });
    put(was, unread ? say("not read by these models") : [field.range, before].filter(Boolean).join(" · "));
  }

  // Only when they are others: an open list stays open.
  function fillOptions(entry, values) {
    const listed = JSON.stringify([say("unknown"), ...values]);
    if (entry.listed === listed) return;
    entry.listed = listed;
    const options = values.map((value) => element("option", value, { value }));
    if (entry.text) entry.known.replaceChildren(...options);
    else entry.input.replaceChildren(element("option", say("unknown"), { value: "" }), ...options);
  }

  return {
    show(fields) {
      for (const field of fields) {
        if (made.get(field.name)?.text !== isText(field)) made.set(field.name, makeField(field));
        fill(made.get(field.name), field);
      }
      const boxes = fields.map(({ name }) => made.get(name).box);
      if (boxes.length !== list.children.length || boxes.some((box, i) => box !== list.children[i])) {
        list.replaceChildren(...boxes);
      }
    },
  };
}
