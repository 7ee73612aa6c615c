// Tests of the words: values, plurals, numbers, dates and lists in the reader's language.

import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./load.mjs";

const DICTIONARY = {
  plain: "Ready",
  greeting: "{name} asks {name} {count}",
  pages: { one: "{count} page", other: "{count} pages" },
  around: "Drop to add to {place}, now",
};

function inLanguage(language, languages = []) {
  globalThis.document = { documentElement: { lang: language }, getElementById: (id) => (id === "words" ? { content: { textContent: JSON.stringify(DICTIONARY) } } : null) };
  Object.defineProperty(globalThis, "navigator", { value: { languages }, configurable: true });
  return load("/page/shared/words.js", language + languages);
}

test("values stand in the places of their names, each as often as it is named", async () => {
  const { t } = await inLanguage("en");
  assert.equal(t("plain"), "Ready");
  assert.equal(t("greeting", { name: "$& <b>", count: 12000 }), "$& <b> asks $& <b> 12,000");
});

test("a number chooses the plural, and is written as in the language", async () => {
  const english = await inLanguage("en");
  assert.deepEqual([0, 1, 2, 1200].map((count) => english.t("pages", { count })), ["0 pages", "1 page", "2 pages", "1,200 pages"]);
  const french = await inLanguage("fr");
  assert.deepEqual([0, 1, 2].map((count) => french.t("pages", { count })), ["0 page", "1 page", "2 pages"]);
  assert.equal(french.t("pages", { count: 1_000_000 }), "1\u202f000\u202f000 pages"); // CLDR has a category of its own for a million
  const chinese = await inLanguage("zh");
  assert.equal(chinese.t("pages", { count: 1 }), "1 pages"); // there is one category alone
});

test("nodes stand between strings", async () => {
  const { pieces } = await inLanguage("en");
  const node = { node: true };
  assert.deepEqual(pieces("around", { place: node }), ["Drop to add to ", node, ", now"]);
});

test("an unknown key is shown as it is", async () => {
  const { t, hasWords } = await inLanguage("en");
  assert.equal(t("no.such"), "no.such");
  assert.deepEqual([hasWords("plain"), hasWords("no.such"), hasWords("toString")], [true, false, false]);
});

test("the region of the reader says how dates and numbers look", async () => {
  const british = await inLanguage("en", ["de-DE", "en-GB"]);
  assert.equal(british.LOCALE, "en-GB");
  assert.equal(british.date("2026-11-30T12:00:00Z"), "30 Nov 2026");
  const swiss = await inLanguage("de", ["de-CH"]);
  assert.match(swiss.number(1234567), /^1['’]234['’]567$/u);
  const other = await inLanguage("de", ["en-GB"]);
  assert.equal(other.LOCALE, "de");
  assert.equal(other.list(["a", "b", "c"]), "a, b und c");
});
