// Tests of which cells of a cited row hold the values of a sentence.

import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./load.mjs";

const { computedCells, valueCells } = await load("/page/proof/cells.js");

const ROW = [
  { row: 3, start: 10, end: 22, text: "Borealis Pro", column: "Product" },
  { row: 3, start: 30, end: 34, text: "9,450.00", column: "List price EUR" },
  { row: 3, start: 40, end: 42, text: "15", column: "Discount" },
  { row: 3, start: 50, end: 52, text: "15", column: "Stock" },
  { row: 3, start: 60, end: 70, text: "2025-09-12", column: "Since" },
];

function stated(text, ...words) {
  const facts = words.map((each) => ({ start: text.indexOf(each), end: text.indexOf(each) + each.length, found: true }));
  return [...valueCells({ cells: ROW, sentence: { text, facts } })];
}

test("a value's cell is told from that which says what the row is about", () => {
  assert.deepEqual(stated("Borealis Pro: List price 9450 EUR.", "Borealis Pro", "9450"), [30]);
  assert.deepEqual(stated("It is sold since 2025-09-12.", "2025-09-12"), [60]);
  assert.deepEqual(stated("It is the Borealis Pro.", "Borealis Pro"), [10]);
});

test("of two cells with the same words the one below a column that the sentence names counts", () => {
  assert.deepEqual(stated("Borealis Pro: Stock 15.", "15"), [50]);
  assert.deepEqual(stated("There are 15.", "15"), [40, 50]);
});

test("what was computed, and a part of a number, stand in no cell", () => {
  const text = "Together 9450.";
  assert.deepEqual([...valueCells({ cells: ROW, sentence: { text, facts: [{ start: 9, end: 13, found: false }] } })], []);
  assert.deepEqual(stated("It costs 945.", "945"), []);
  assert.deepEqual([...valueCells({ cells: ROW, sentence: null })], []);
});

const cell = (text, start, number = 1) => ({ text, number, start, end: start + text.length });
const TABLE = { header: ["Depot", 'The "Q1"', "Q2"], rows: [[cell("A", 0), cell("5", 4), cell("6", 8)], [cell("B", 20), cell("7", 24), cell("8", 28)]] };
const CITATIONS = [{ number: 1, start: 0, end: 12 }, { number: 1, start: 20, end: 30 }];

test("a computed number rests on the cited cells of the columns that were reckoned with", () => {
  const query = 'SELECT sum("The ""Q1"""), list("#" ORDER BY "#") FROM "Depots" WHERE "Q2" > 1';
  assert.deepEqual([...computedCells({ tables: [{ ...TABLE, query }], citations: CITATIONS })], [4, 24]);
  assert.deepEqual([...computedCells({ tables: [{ ...TABLE, query }], citations: CITATIONS.slice(0, 1) })], [4]);
});

test("counted rows are known by their first cells, and rows that were only shown by none", () => {
  const query = 'SELECT count(*), list("#") FROM "Depots"';
  assert.deepEqual([...computedCells({ tables: [{ ...TABLE, query }], citations: CITATIONS })], [0, 20]);
  assert.deepEqual([...computedCells({ tables: [{ ...TABLE, query: "" }], citations: CITATIONS })], []);
});
