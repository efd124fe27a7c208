// A table as files: all of its columns, in the rows and the order that are listed; every row says what it is of.

function recordsOf({ columns, links, about }, listed) {
  const link = window.location.href;
  const scene = { ...about, link };
  return {
    scene,
    rows: listed.map((row) => {
      const record = Object.fromEntries(columns.map((column) => [column.name, column.values[row]]));
      return links.length ? { ...record, row_link: links[row] ? new URL(links[row], document.baseURI).href : null } : record;
    }),
  };
}

function saveRecordsCsv(data, listed) {
  const { rows, scene } = recordsOf(data, listed);
  const names = [...data.columns.map(({ name }) => name), ...(data.links.length ? ["row_link"] : [])];
  const lines = rows.map((record) => [...names.map((name) => record[name]), ...Object.values(scene)]);
  saveCsv([[...names, ...Object.keys(scene)], ...lines], fileName(data.file));
}

function saveRecordsJson(data, listed) {
  const { rows, scene } = recordsOf(data, listed);
  const text = JSON.stringify({ title: data.title, ...scene, rows }, null, 1);
  saveFile(new Blob([text, "\n"], { type: "application/json" }), `${fileName(data.file)}.json`);
}
