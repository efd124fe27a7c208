// What the table lists: behaviors, or all of an item or a category as one entry; of all times, or of a marked part; of
// all types, or of one; of all categories, or of those chosen; all of them, or the first and the rest in one. No behavior
// is ever left out of the sums.

// An entry is {key, rows, title, id, category, written, types, first, last, count, weight, total, effect, points, rest}:
// `rows` are the behaviors' indices, `category` what it counts and is coloured as, `written` all of several categories,
// `count` their lines in the part and of the type, `types` these lines' types, `weight` of one line (a mean where they
// differ), `total` Σ weight over these lines. Effects are of all repeats, whichever part is marked and whichever type is
// chosen.

// How many lines of each behavior lie in the part and are of the type, their types, and the first and last of them.
function linesOf(time, { part, type }) {
  const found = time.title.map(() => ({ count: 0, first: Infinity, last: -Infinity, types: [] }));
  time.lineRow.forEach((r, i) => {
    const at = time.lineTime[i];
    if (part !== null && (at < part[0] || at > part[1])) return;
    if (type !== null && time.lineType[i] !== type) return;
    const entry = found[r];
    if (time.lineType.length) entry.types.push(time.lineType[i]);
    entry.count += 1;
    entry.first = Math.min(entry.first, at);
    entry.last = Math.max(entry.last, at);
  });
  return found;
}

function singleEntries(time, shown, among) {
  const { weight, effects } = shown;
  return linesOf(time, among).flatMap((lines, r) => {
    if (!lines.count || (among.only?.length && !shown.keeps(time.category[r]))) return [];
    const [effect, points] = effects ? [effects.effect[r], effects.points[r]] : [null, null];
    const names = { id: time.id[r], title: time.title[r], category: time.category[r], written: time.written[r] };
    const total = weight[r] * lines.count;
    return [{ key: `r${r}`, rows: [r], ...names, ...lines, weight: weight[r], total, effect, points }];
  });
}

// Several entries as one. Effects of single behaviors are added up.
function merged(key, entries, names) {
  const sum = (name) => entries.reduce((all, entry) => all + entry[name], 0);
  const [count, total] = [sum("count"), sum("total")];
  const known = entries.every(({ effect }) => effect !== null);
  return {
    key,
    rows: entries.flatMap(({ rows }) => rows),
    types: entries.flatMap(({ types }) => types),
    first: Math.min(...entries.map(({ first }) => first)),
    last: Math.max(...entries.map(({ last }) => last)),
    count,
    weight: total / count,
    total,
    effect: known ? sum("effect") : null,
    points: known ? sum("points") : null,
    summed: entries.length > 1,
    ...names,
  };
}

function grouped(entries, nameOf) {
  const groups = new Map();
  for (const entry of entries) {
    const name = nameOf(entry);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(entry);
  }
  return [...groups];
}

function foldItems(entries) {
  return grouped(entries, ({ id }) => id).map(([id, same]) => {
    const { title, category, written } = same[0];
    return merged(`i${id}`, same, { id, title, category, written });
  });
}

// Of whole categories the effect is measured, and stands here instead of a sum; of a part of them it is not.
function foldCategories(entries, effects, { part, type }) {
  const measured = new Map(part === null && type === null ? effects?.categories.map((entry) => [entry.name, entry.effect]) : []);
  return grouped(entries, ({ category }) => category).map(([category, same]) => {
    const whole = measured.has(category)
      ? { effect: measured.get(category), points: pointsOf(measured.get(category), effects.logit), summed: false }
      : {};
    return merged(`c${category}`, same, { id: null, title: category, category, written: category, ...whole });
  });
}

// The first `most` of sorted entries, and one for all others.
function topOf(sorted, most) {
  if (!most || sorted.length <= most + 1) return sorted;
  const rest = sorted.slice(most);
  const names = { id: null, title: say("All {n} others", { n: count(rest.length) }), category: "", written: "", rest: true };
  return [...sorted.slice(0, most), merged("rest", rest, names)];
}
