// Links: values as Python writes them.

// Seconds since 1970 as a link has them.
function isoTime(seconds) {
  return new Date(seconds * 1000).toISOString().replace(".000", "");
}

// A model's name as Python writes it in a link: its comma must not separate models.
function quoted(name) {
  return encodeURIComponent(name).replaceAll("%40", "@").replaceAll("%20", " ");
}

// The query string of a view: where a case's own link leads, under these models, read as it is on screen.
function queryOf(link, models, view, { fold, top, part, type, only }) {
  const made = new URLSearchParams(link);
  made.set("models", models.map(quoted).join(","));
  const { only: _, ...viewed } = view;
  const choices = { ...viewed, fold, type, top: top || "all", part: part && part.map(isoTime).join("~") };
  for (const [name, value] of Object.entries(choices)) if (value !== null) made.set(name, value);
  for (const name of only) made.append("only", name);
  return made.toString();
}
