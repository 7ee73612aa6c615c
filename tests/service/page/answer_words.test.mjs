// Tests of what is copied and exported of an answer.

import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./load.mjs";

const words = await load("/page/answers/answer_words.js");
const { asMarkdown, asText, conversationAsJson, conversationAsMarkdown, fileName, tableAsCsv, tableAsMarkdown } = words;

const SOURCES = [
  { number: 1, name: "a.pdf", title: "The rules", heading_path: ["The rules", "3 Meals"], page: 2, added_on: "2026-11-02" },
  { number: 2, name: "b.md", title: "b.md", heading_path: [], page: null, added_on: "" },
  { number: 3, name: "c.md", title: "Never cited", heading_path: [], page: null },
];

function record(text, parts, changes = {}) {
  let from = 0;
  const sentences = parts.map(([each, citations]) => {
    const start = text.indexOf(each, from);
    from = start + each.length;
    return { start, end: from, sentence: { text: each, supported: citations !== null, citations: citations ?? [] } };
  });
  const answer = { abstention: null, tables: [], sources: SOURCES };
  const asked = { question: "How much?", askedAt: new Date(2026, 10, 30, 12), collection: "default", searchQuery: "How much?", documentNames: [] };
  return { ...asked, text, sentences, answer, state: "done", ...changes };
}

const ONE = [{ number: 1, page: 6 }, { number: 1, page: 4 }, { number: 2, page: null }];
const PLAIN = record("It weighs **96 kg**. It may not.", [["It weighs **96 kg**.", ONE], ["It may not.", null]]);

test("without sources nothing stands behind the words", () => {
  assert.equal(asMarkdown(PLAIN), "It weighs **96 kg**. It may not.\n");
  assert.equal(asText(PLAIN), "It weighs 96 kg. It may not.\n");
});

test("sources are numbers in brackets, apart from the words, and a list of title, file, place, page and day of upload", () => {
  const list = "[1] The rules (a.pdf), 3 Meals, pages 4, 6, added 2026-11-02\n";
  assert.equal(asText(PLAIN, { sources: true }), `It weighs 96 kg. [1] [2] It may not. [no source]\n\nSources\n${list}[2] b.md\n`);
  assert.ok(asMarkdown(PLAIN, { sources: true }).endsWith(`**Sources**\n\n- ${list}- [2] b.md\n`));
});

test("numbers do not break tables or code", () => {
  const text = "| a | b |\n|---|---|\n| c | 1 |\n\n```\nrun 1\n```";
  const cited = record(text, [["| c | 1 |", [{ number: 1, page: null }]], ["run 1", [{ number: 1, page: null }]]]);
  assert.ok(asMarkdown(cited, { sources: true }).startsWith("| a | b |\n|---|---|\n| c | 1 [1] |\n\n```\nrun 1\n```\n"));
});

test("plain text keeps numbers, levels, cells and addresses", () => {
  const text = "# Title\n3. three\n   - deep\n4. [four](https://e.org)\n\n> said\n\n| a | b |\n|---|---|\n| c | d |";
  assert.equal(asText(record(text, [])), "Title\n\n3. three\n   - deep\n4. four (https://e.org)\n\nsaid\n\na\tb\nc\td\n");
});

test("a refusal is copied as its message", () => {
  const refused = record("", [], { answer: { abstention: { message: "Nothing matches." }, sources: SOURCES } });
  assert.equal(asMarkdown(refused, { sources: true }), "Nothing matches.\n");
});

const cell = (text) => ({ text });
const TABLE = { title: "T|x", header: ["a", 'b "c"'], rows: [[cell("1,5"), cell("x\ny")], [cell("=1+1"), cell("-5")], [cell("@x"), cell("|")]] };

test("tables are CSV that runs no formula, and Markdown", () => {
  assert.equal(tableAsCsv(TABLE), 'a,"b ""c"""\r\n"1,5","x\ny"\r\n\'=1+1,-5\r\n\'@x,|\r\n');
  assert.equal(tableAsMarkdown(TABLE), '**T|x**\n\n| a | b "c" |\n| --- | --- |\n| 1,5 | x y |\n| =1+1 | -5 |\n| @x | \\| |');
});

test("a conversation holds each turn with its question, day and end", () => {
  const stopped = record("Half", [], { question: "And?\nnow", answer: null, state: "stopped", searchQuery: "", documentNames: ["a.pdf"] });
  const found = record("It is.", [], { searchQuery: "What is it?" });
  const text = conversationAsMarkdown([found, stopped], { exportedOn: "2026-11-30" });
  assert.equal(
    text,
    "## How much?\n\nAsked on 2026-11-30 in the collection “default”.  \nSearched for: What is it?\n\nIt is.\n\n---\n\n" +
      "## And? now\n\nAsked on 2026-11-30 in the collection “default”.  \nOnly in: a.pdf\n\nHalf\n\n*Stopped before its end.*\n\n---\n\n" +
      "Exported from Citewell on 2026-11-30.\n",
  );
  const read = JSON.parse(conversationAsJson([found, stopped], { exportedOn: "2026-11-30" }));
  assert.deepEqual([read.format, read.version, read.turns.length, read.turns[1].state], ["citewell-conversation", 1, 2, "stopped"]);
});

test("files are named after the question, without what a file system would refuse", () => {
  const named = (question) => fileName({ question, exportedOn: "2026-11-30", ending: "md" });
  assert.equal(named("What/../is: it?"), "citewell-what-is-it-2026-11-30.md");
  assert.equal(named("密码多久？"), "citewell-密码多久-2026-11-30.md");
  const kind = "Conversation";
  assert.equal(fileName({ question: "What?", kind, exportedOn: "2026-11-30", ending: "md" }), "citewell-conversation-what-2026-11-30.md");
  assert.equal(named("???"), "citewell-2026-11-30.md");
  assert.ok(named("word ".repeat(100)).length < 90);
});
