// What the page carries: tables, deflated, and a line of base64 for the structures of each reaction.

function bytesOf(base64) {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let k = 0; k < bytes.length; k += 1) bytes[k] = letters.charCodeAt(k);
  return bytes;
}

async function readContent() {
  const packed = bytesOf(document.getElementById("data").textContent);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

// A table column by column.
class Rows {
  constructor(columns) {
    for (const column of columns) column.values ??= new Array(column.times).fill(column.every);
    this.columns = columns;
    this.length = columns.length ? columns[0].values.length : 0;
    this.byName = new Map(columns.map((column) => [column.name, column]));
  }

  get(name, row) {
    const column = this.byName.get(name);
    return column ? column.values[row] : null;
  }

  column(name) {
    return this.byName.get(name);
  }

  values(name) {
    return this.byName.has(name) ? this.byName.get(name).values : [];
  }

  hasValues(name) {
    return this.values(name).some((value) => value !== null);
  }

  all() {
    return Array.from({ length: this.length }, (_, row) => row);
  }

  // Rows in the order of a column; those without a value come last, whichever way round.
  sorted(rows, name, descending) {
    const { values, kind } = this.column(name);
    const compare = kind === "text" ? COLLATOR.compare : (a, b) => a - b;
    const sign = descending ? -1 : 1;
    const known = rows.filter((row) => values[row] !== null);
    known.sort((a, b) => sign * compare(values[a], values[b]) || a - b);
    return known.concat(rows.filter((row) => values[row] === null));
  }

  // Everything that a search may find in a row, in small letters.
  text(row) {
    this.texts ??= new Array(this.length);
    this.texts[row] ??= this.columns
      .filter((column) => column.kind === "text" && column.values[row] !== null)
      .map((column) => column.values[row].toLowerCase())
      .join("\n");
    return this.texts[row];
  }
}

const COLLATOR = new Intl.Collator("en", { numeric: true });
