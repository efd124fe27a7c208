// Links: values as Python writes them, and copying.

// Seconds since 1970 as a link has them.
function isoTime(seconds) {
  return new Date(seconds * 1000).toISOString().replace(".000", "");
}

// A model's name as Python writes it in a link: its comma must not separate models.
function quoted(name) {
  return encodeURIComponent(name).replaceAll("%40", "@").replaceAll("%20", " ");
}

// The query string of a view: where a case's own link leads, under these models, read as it is on screen.
function queryOf(link, models, view, { fold, top, part, type }) {
  const made = new URLSearchParams(link);
  made.set("models", models.map(quoted).join(","));
  const choices = { ...view, fold, type, top: top || "all", part: part && part.map(isoTime).join("~") };
  for (const [name, value] of Object.entries(choices)) if (value !== null) made.set(name, value);
  return made.toString();
}

async function copyLink(at, url) {
  let done = true;
  try {
    await navigator.clipboard.writeText(url);
  } catch {
    done = copyByField(url);
  }
  at("copy").textContent = done ? say("Link copied") : say("Copy failed");
  at("copied").textContent = done
    ? say("The link to this view is on the clipboard.")
    : say("Copy this link: {url}", { url });
  setTimeout(() => (at("copy").textContent = say("Copy link")), 2000);
}

// Browsers refuse the clipboard to pages without TLS on other machines.
function copyByField(text) {
  const field = element("textarea", text, { style: "position:fixed;opacity:0" });
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
