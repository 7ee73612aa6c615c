// What the readers of files say of what they read, in the language of the page. They say it in English: the forms of the
// English dictionary tell which of its words a sentence is, and which values it holds.

import { ENGLISH, LANGUAGE, t } from "/page/shared/words.js";

const PLACE = /\{(\w+)\}/u;
const NUMBERS = new Set(["count", "depth", "line", "number", "size", "total"]);
/** Values that are words themselves, and the beginning of their keys. */
const WORDS = { kind: "reading.kind.", names: "reading.and_", parts: "reading.part.", places: "reading.places", reason: "reading.reason." };
const FULL_STOP = LANGUAGE === "zh" ? "。" : ".";
const patterns = Object.entries(ENGLISH).flatMap(([key, words]) => forms(words).map((form) => ({ key, pattern: asPattern(form) })));

/** Returns a remark about how a document was read as a sentence. */
export function readingWords(remark) {
  const said = inLanguage(remark, isSentence) ?? ofInnerFile(remark) ?? remark;
  return `${said[0].toUpperCase()}${said.slice(1)}${/[.!?。！？]$/u.test(said) ? "" : FULL_STOP}`;
}

function forms(words) {
  return typeof words === "string" ? [words] : Object.values(words);
}

function asPattern(form) {
  const parts = form.split(PLACE).map((part, at) => {
    if (at % 2 === 0) return part.replaceAll(/[.*+?^${}()|[\]\\]/gu, "\\$&");
    return `(?<${part}>${NUMBERS.has(part) ? "[\\d,]+" : ".+?"})`;
  });
  return new RegExp(`^${parts.join("")}$`, "su");
}

function isSentence(key) {
  return !Object.values(WORDS).some((beginning) => key.startsWith(beginning));
}

/** Returns the words for an English text; null if it is none of those whose keys are wanted. */
function inLanguage(text, isWanted) {
  for (const { key, pattern } of patterns) {
    const values = isWanted(key) && pattern.exec(text);
    if (values) return t(key, Object.fromEntries(Object.entries(values.groups ?? {}).map(([name, value]) => [name, valueOf(name, value)])));
  }
  return null;
}

function valueOf(name, value) {
  if (NUMBERS.has(name)) return Number(value.replaceAll(",", ""));
  return name in WORDS ? inLanguage(value, (key) => key.startsWith(WORDS[name])) ?? value : value;
}

/** A file in another one is named before what is said of it: "list.xlsx: 1 hidden sheet left out". */
function ofInnerFile(remark) {
  for (let at = remark.indexOf(": "); at > 0; at = remark.indexOf(": ", at + 2)) {
    const said = inLanguage(remark.slice(at + 2), isSentence);
    if (said !== null) return `${remark.slice(0, at)}: ${said}`;
  }
  return null;
}
