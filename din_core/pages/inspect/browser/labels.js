// Texts that stay while users, candidates and models change; they are set anew in another language.

function setLabels(at) {
  const texts = {
    save: say("Save as"),
    "copy-image": say("Copy image"),
    "method-legend": say("What the chart shows of each behavior"),
    "method-effect": say("Effect when removed"),
    "chart-help": say(
      "Left and right arrow keys go through the behaviors in time, Home and End to the first and last, Escape leaves them. With Shift, or by dragging, a part of the time is marked; the table below then shows that part. It holds the same numbers.",
    ),
    "paths-title": say("Where the score comes from"),
    "paths-words": say(
      "The logit as a sum. Each part is what its way into the model adds, on average over all orders of opening the ways (Shapley values).",
    ),
    "paths-part": say("Part"),
    "paths-bar": say("Bar"),
    "paths-logits": say("Logits"),
    "logit-title": say("Logit of the score"),
    "why-title": say("Why"),
    "why-legend": say("Parts of the history that are ranked"),
    "why-category": say("by category"),
    "why-item": say("by item"),
    "why-words": say(
      "What the chance loses without each part of the history, in points: measured by scoring the history again without it. Parts may stand in for one another, so they need not add up.",
    ),
    when: say("When"),
    "technical-title": say("Technical details"),
    "table-title": say("The same as a table"),
    "fold-label": say("Rows"),
    "top-label": say("Show"),
    "type-label": say("Type"),
    whole: say("Show all of the time"),
    "all-categories": say("Show all categories"),
    "zoom-label": say("Zoom to small weights"),
    "table-help": say("Up and down arrow keys go through the rows, Home and End to the first and last; Enter keeps one lit, Escape lets go."),
  };
  for (const [id, text] of Object.entries(texts)) at(id).textContent = text;
  const names = {
    before: say("Previous candidate"),
    after: say("Next candidate"),
    legend: say("Categories: press to see only these"),
    formats: say("Save the chart or its table as"),
  };
  for (const [id, text] of Object.entries(names)) at(id).setAttribute("aria-label", text);
  at("plot").setAttribute("aria-roledescription", say("chart"));
}
