// The search above the table.

const COMPARISONS = {
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

// A search is words and conditions, all of which a row must meet: `methyl p_good>0.7 status=xtb`.
function parseSearch(text, rows) {
  const tests = [];
  const notes = [];
  for (const [, quoted, plain] of text.matchAll(/"([^"]*)"|(\S+)/g)) {
    const found = plain && plain.match(/^([\w.-]+?)(<=|>=|!=|=|<|>)(.+)$/);
    const column = found && rows.column(found[1]);
    if (column) {
      const wanted = column.kind === "number" ? Number(found[3]) : found[3].toLowerCase();
      if (Number.isNaN(wanted)) notes.push(`${column.name} is compared with a number`);
      const compare = COMPARISONS[found[2]];
      tests.push((row) => {
        const value = column.values[row];
        if (value === null) return false;
        return compare(column.kind === "number" ? value : String(value).toLowerCase(), wanted);
      });
      continue;
    }
    if (found && /^[\d.-]/.test(found[3])) notes.push(`there is no column ${found[1]}`);
    const word = (quoted ?? plain).toLowerCase();
    tests.push((row) => rows.text(row).includes(word));
  }
  return { test: (row) => tests.every((test) => test(row)), note: notes.join("; ") };
}
