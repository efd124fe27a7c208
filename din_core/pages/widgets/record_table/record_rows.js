// Which rows of a table are listed, and in which order: nothing here knows the page.

const alphabetical = new Intl.Collator("en", { numeric: true });

function folded(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

function textOf(column, row) {
  return column.texts ? column.texts[row] : String(column.values[row] ?? "–");
}

// What a row is found by: all that it shows, in the columns that are not chosen too, and its ids.
function searchTexts({ columns, count }) {
  return Array.from({ length: count }, (_, row) =>
    folded(columns.map((column) => `${textOf(column, row)} ${column.values[row] ?? ""} ${column.ids?.[row] ?? ""}`).join("\n")),
  );
}

// `name` or `-name` as {column, down}; null where no column is called so.
function sortOf(columns, sort) {
  const down = sort !== null && sort.startsWith("-");
  const column = columns.find(({ name }) => name === (down ? sort.slice(1) : sort));
  return column ? { column, down } : null;
}

// The places of the rows that hold every word of `find`, sorted; what has no value comes last either way, and after that
// the rows that are sums.
function rowsListed({ columns, count, sums }, texts, { sort, find }) {
  const words = folded(find ?? "").split(/\s+/).filter(Boolean);
  const found = Array.from({ length: count }, (_, row) => row).filter((row) => words.every((word) => texts[row].includes(word)));
  const by = sortOf(columns, sort);
  if (!by) return found;
  const { values, kind } = by.column;
  const sign = by.down ? -1 : 1;
  const compare = kind === "number" ? (a, b) => a - b : (a, b) => alphabetical.compare(a, b);
  const isSum = (row) => row >= count - sums;
  return found.sort((a, b) => {
    if (isSum(a) || isSum(b)) return isSum(a) && isSum(b) ? a - b : isSum(a) - isSum(b);
    const [absentA, absentB] = [values[a] === null, values[b] === null];
    return absentA || absentB ? absentA - absentB : sign * compare(values[a], values[b]);
  });
}

// A column's sort after another press of its head: largest numbers or first letters, the reverse, the page's own order.
function nextSort({ name, kind }, sort) {
  const [first, second] = kind === "text" ? [name, `-${name}`] : [`-${name}`, name];
  return sort === first ? second : sort === second ? null : first;
}

// Names that more than one id bears, here or beside the table.
function alikeNames(column) {
  const ids = new Map();
  column.ids?.forEach((id, row) => ids.set(textOf(column, row), (ids.get(textOf(column, row)) ?? new Set()).add(id)));
  const alike = [...ids].filter(([, own]) => own.size > 1).map(([name]) => name);
  return new Set([...alike, ...(column.beside ?? [])]);
}
