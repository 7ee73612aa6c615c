// Tells the cells that hold a sentence's values from the others of a cited row. Pure, without the DOM.

/**
 * Returns the places, as starts in the document's text, of the cells that hold what the sentence states. `cells` are the
 * cited ones, `{row, start, text, column}`. Where words stand in several, those below a column that the sentence names
 * count. The first cell of a row says what the row is about, and counts only where no other does.
 */
export function valueCells({ cells = [], sentence }) {
  if (!sentence) return new Set();
  const points = Array.from(sentence.text); // offsets count code points
  const chosen = [];
  for (const { start, end, found } of sentence.facts ?? []) {
    if (!found) continue;
    const words = points.slice(start, end).join("");
    const holding = cells.filter((cell) => holds(cell.text, words));
    const named = holding.filter(({ column }) => column && lower(sentence.text).includes(lower(column)));
    chosen.push(...(holding.length > 1 && named.length > 0 ? named : holding));
  }
  const firsts = new Set();
  const rows = new Set();
  for (const { row, start } of cells) {
    if (!rows.has(row)) firsts.add(start);
    rows.add(row);
  }
  const values = chosen.filter(({ start }) => !firsts.has(start));
  return new Set((values.length > 0 ? values : chosen).map(({ start }) => start));
}

/**
 * Returns the places of the cells that the tables of an answer were computed from, as far as they are cited: those of the
 * columns that were reckoned with, or the first ones of the rows that were counted.
 */
export function computedCells({ tables, citations }) {
  const found = new Set();
  for (const { header, rows, query } of tables) {
    if (!query) continue;
    const names = reckonedColumns(query);
    const columns = header.map((name, at) => (names.has(name) ? at : -1)).filter((at) => at >= 0);
    for (const row of rows) {
      for (const at of columns.length > 0 ? columns : [0]) {
        const cell = row[at];
        if (cell && citations.some((each) => each.number === cell.number && each.start <= cell.start && cell.end <= each.end)) found.add(cell.start);
      }
    }
  }
  return found;
}

/** Returns the columns that a query selects; `#` is the number of a row. */
function reckonedColumns(query) {
  const selected = query.split(/\sFROM\s/)[0];
  return new Set([...selected.matchAll(/"((?:[^"]|"")+)"/g)].map(([, name]) => name.replaceAll('""', '"')).filter((name) => name !== "#"));
}

const NUMBERS = /-?\d(?:[\d.,'’\u00a0\u202f]*\d)?/g;

/** Returns whether a cell holds a number, however it is written, or words. */
function holds(text, words) {
  const [number, ...others] = words.match(NUMBERS) ?? [];
  if (number !== undefined && others.length === 0 && number.length === words.trim().length) {
    return (text.match(NUMBERS) ?? []).some((each) => valueOf(each) === valueOf(number));
  }
  return ` ${bare(text)} `.includes(` ${bare(words)} `);
}

/** Returns a number's value; what stands before one or two last digits, or before more than three, is a decimal sign. */
function valueOf(written) {
  const [, whole, decimals = ""] = written.match(/^(.*?)(?:[.,](\d{1,2}|\d{4,}))?$/);
  return Number(`${whole.replace(/[^\d-]/g, "")}.${decimals || "0"}`);
}

function bare(text) {
  return (lower(text).match(/[\p{L}\p{N}]+/gu) ?? []).join(" ");
}

function lower(text) {
  return text.toLowerCase();
}
