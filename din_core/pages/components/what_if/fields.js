// Profile and context as fields: a choice among the values that a model knows, or text where there may be several.

const MOST_LISTED = 300; // options in a list to choose from; beyond them the field is searched by typing

function createFields(list, kind, act) {
  const made = new Map(); // by name
  list.replaceChildren();

  function makeField(field) {
    const box = element("label", "");
    const name = element("span", field.label, { className: "label" });
    const many = field.was.length > 1 || field.now.length > 1 || (field.options?.length ?? 0) > MOST_LISTED;
    const input = document.createElement(many ? "input" : "select");
    const was = element("span", "", { className: "was" });
    if (many) {
      const known = document.createElement("datalist");
      known.id = `known-${kind}-${field.name}`;
      known.append(...(field.options ?? []).map((value) => element("option", "", { value })));
      input.setAttribute("list", known.id);
      box.append(known);
    }
    input.onchange = () => act("edit", kind, field.name, ...input.value.split("|").map((v) => v.trim()).filter(Boolean));
    box.append(name, input, was);
    return { box, input, was, many };
  }

  function fill(entry, field) {
    const { input, was, many } = entry;
    const now = field.now.join("|");
    const unread = field.options === null;
    if (!many) {
      const values = [...new Set([...(field.options ?? []), ...field.was, ...field.now])];
      const known = values.join("|");
      if (entry.known !== known) {
        const unknown = element("option", say("unknown"), { value: "" });
        input.replaceChildren(unknown, ...values.map((value) => element("option", value, { value })));
        entry.known = known;
      }
    }
    if (input.value !== now) input.value = now;
    input.disabled = unread;
    const changed = now !== field.was.join("|");
    entry.box.classList.toggle("changed", changed);
    put(was, unread ? say("not read by these models") : changed ? say("was {value}", { value: field.was.join("|") || say("unknown") }) : "");
  }

  return {
    show(fields) {
      const kept = new Set(fields.map(({ name }) => name));
      for (const [name, { box }] of made) {
        if (kept.has(name)) continue;
        box.remove();
        made.delete(name);
      }
      for (const field of fields) {
        if (!made.has(field.name)) {
          made.set(field.name, makeField(field));
          list.append(made.get(field.name).box);
        }
        fill(made.get(field.name), field);
      }
    },
  };
}
