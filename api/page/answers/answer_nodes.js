// Turns an answer's tree of Markdown into descriptions of elements, with its sentences marked. Pure, without the DOM.
//
// A description is a string, or `{tag, className, attributes, children}`, or `{live: at}`: the citations of sentence `at`.

import { eachLeaf, parseMarkdown, withLinesAsItems } from "/page/answers/markdown.js";
import { wholeStretches } from "/page/answers/whole_words.js";
import { t } from "/page/shared/words.js";

const INLINE_TAGS = { strong: "strong", emphasis: "em", struck: "s" };
const FIRST_HEADING = 3; // the question above is a heading of level 2
const NUMBER = /^[^\p{L}]{0,4}\d[\d\s.,'’%/:-]{0,30}(?:\p{Sc}|[\p{L}°%]{1,8})?$/u;

/**
 * Describes an answer. `sentences` are `{start, end, cited, supported, marks, facts}` in the order of the text: `marks` is
 * what stands behind the sentence, `facts` are `{start, end, className, title, opens}`, stretches of it to be told apart,
 * as buttons where they open something. With `growing`, the words behind the last sentence are shown as not yet verified;
 * with `listed`, lines are items of a list.
 */
export function answerNodes({ text, sentences, growing, listed = false }) {
  const read = parseMarkdown(text, { growing });
  const blocks = listed ? withLinesAsItems(text, read) : read;
  const ends = lastLeaves(blocks, sentences);
  return new Describer({ text, blocks, sentences, ends, growing }).describe(blocks);
}

/** Returns the last leaf that each sentence reaches into; its citations stand behind it. */
export function lastLeaves(blocks, sentences) {
  const last = new Map();
  let from = 0;
  eachLeaf(blocks, (leaf) => {
    while (from < sentences.length && sentences[from].end <= leaf.start) from += 1;
    for (let at = from; at < sentences.length && sentences[at].start < leaf.end; at += 1) last.set(at, leaf);
  });
  return last;
}

/** Cuts a leaf at the borders of sentences into `{start, end, at}`, where `at` is null between sentences. */
export function cutAtSentences({ start, end }, sentences) {
  const parts = [];
  let from = start;
  for (let at = firstEndingAfter(sentences, start); at < sentences.length && sentences[at].start < end; at += 1) {
    const sentence = sentences[at];
    if (sentence.start > from) parts.push({ start: from, end: sentence.start, at: null });
    const to = Math.min(end, sentence.end);
    parts.push({ start: Math.max(from, sentence.start), end: to, at });
    from = to;
  }
  if (from < end) parts.push({ start: from, end, at: null });
  return parts;
}

function firstEndingAfter(sentences, offset) {
  let [low, high] = [0, sentences.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sentences[middle].end <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

class Describer {
  constructor({ text, blocks, sentences, ends, growing }) {
    this.text = text;
    this.sentences = sentences;
    this.ends = ends;
    this.verifiedTo = growing ? (sentences.at(-1)?.end ?? 0) : Infinity;
    const levels = new Set();
    for (const block of blocks) if (block.type === "heading") levels.add(block.level);
    this.levels = [...levels].sort();
  }

  describe(blocks, { isTight = false } = {}) {
    return blocks.flatMap((block) => {
      if (isTight && block.type === "paragraph") return this.words(block.children);
      return [this[block.type](block)];
    });
  }

  paragraph({ children }) {
    return described("p", { attributes: { dir: "auto" } }, this.words(children));
  }

  heading({ level, children }) {
    const at = this.levels.indexOf(level);
    const tag = `h${Math.min(6, FIRST_HEADING + Math.max(0, at))}`;
    return described(tag, { attributes: { dir: "auto" } }, this.words(children));
  }

  list({ ordered, children }) {
    const items = children.map(({ number, children: blocks }) => {
      const isTight = blocks.filter(({ type }) => type === "paragraph").length < 2;
      const attributes = number === null ? { dir: "auto" } : { dir: "auto", value: String(number) };
      return described("li", { attributes }, this.describe(blocks, { isTight }));
    });
    return described(ordered ? "ol" : "ul", {}, items);
  }

  quote({ children }) {
    return described("blockquote", {}, this.describe(children));
  }

  code({ children }) {
    const pieces = children.flatMap((line, at) => [
      ...this.leaf(line),
      ...(at < children.length - 1 ? [{ at: null, node: "\n", ends: false }] : []),
    ]);
    const attributes = { tabindex: "0", role: "group", "aria-label": t("actions.code"), dir: "ltr" };
    return described("pre", { attributes }, [described("code", {}, this.grouped(pieces))]);
  }

  rule() {
    return described("hr", {}, []);
  }

  table({ align, children: [header, ...rows] }) {
    const columns = header.children.map((_, column) => align[column] || (this.#isNumeric(rows, column) ? "end" : ""));
    const row = (tag, attributes) => ({ children: cells }) =>
      described("tr", {}, cells.map((cell, column) => described(tag, { className: columns[column] ? `to-${columns[column]}` : "", attributes }, this.words(cell.children))));
    const table = described("table", {}, [
      described("thead", {}, [header].map(row("th", { scope: "col" }))),
      described("tbody", {}, rows.map(row("td", {}))),
    ]);
    const attributes = { tabindex: "0", role: "group", "aria-label": t("actions.table"), dir: "auto" };
    return described("div", { className: "answer-table-rows", attributes }, [table]);
  }

  #isNumeric(rows, column) {
    const texts = rows.map(({ children }) => (children[column] ? this.#plain(children[column].children).trim() : "")).filter(Boolean);
    return texts.length > 0 && texts.every(isNumber);
  }

  #plain(nodes) {
    let words = "";
    eachLeaf(nodes, ({ start, end }) => {
      words += this.text.slice(start, end);
    });
    return words;
  }

  /** Describes what stands in one block: each sentence in an element of its own, with its citations behind it. */
  words(nodes) {
    return this.grouped(this.inline(nodes));
  }

  grouped(pieces) {
    const nodes = [];
    for (const { at, pieces: group, ends } of groupsOf(pieces)) {
      const inner = group.map(({ node }) => node);
      if (at === null) nodes.push(...inner);
      else if (at === "unverified") nodes.push(described("span", { className: "unverified" }, inner));
      else nodes.push(this.#sentence(at, inner), ...(ends && this.sentences[at].marks ? [{ live: at }] : []));
    }
    return nodes;
  }

  #sentence(at, children) {
    const { cited, supported } = this.sentences[at];
    const className = ["sentence", cited && "cited", !supported && "unsupported"].filter(Boolean).join(" ");
    const attributes = { "data-sentence": String(at), ...(supported ? {} : { title: t("answer.unsupported") }) };
    return described("span", { className, attributes }, children);
  }

  /** Returns pieces `{at, node, ends}`: a node within the sentence `at`, which may end there. */
  inline(nodes) {
    return nodes.flatMap((node) => {
      if (node.type === "break") return [{ at: null, node: described("br", {}, []), ends: false, isBreak: true }];
      if (node.type === "link") return this.#link(node);
      if (node.children) return this.#wrapped(node.children, (inner) => described(INLINE_TAGS[node.type], {}, inner));
      const pieces = this.leaf(node);
      if (node.type === "text") return pieces;
      return pieces.map((piece) => ({ ...piece, node: described("code", {}, [piece.node].flat()) }));
    });
  }

  /** Cuts an element at the borders of sentences. */
  #wrapped(children, wrap) {
    return groupsOf(this.inline(children)).map(({ at, pieces, ends }) => ({ at, node: wrap(pieces.map(({ node }) => node)), ends }));
  }

  #link({ href, address, children }) {
    const attributes = { href, target: "_blank", rel: "noopener noreferrer nofollow" };
    const wrap = (inner) => (href === null ? described("span", {}, inner) : described("a", { className: "answer-link", attributes }, inner));
    const pieces = this.#wrapped(children, wrap);
    if (address === null) return pieces;
    const shown = this.text.slice(address.start, address.end);
    const at = pieces.at(-1)?.at ?? this.#stateAt(address.start);
    const words = pieces.length === 0 ? shown : ` (${shown})`;
    const node = described("span", { className: "link-address" }, [words]);
    const last = pieces.pop();
    return [...pieces, ...(last ? [{ ...last, ends: false }] : []), { at, node, ends: last?.ends ?? false }];
  }

  leaf(leaf) {
    return cutAtSentences(leaf, this.sentences).map(({ start, end, at }) => ({
      at: at ?? this.#stateAt(start),
      node: this.#stretch(start, end, at === null ? [] : this.sentences[at].facts ?? []),
      ends: at !== null && this.ends.get(at) === leaf,
    }));
  }

  #stateAt(start) {
    return start >= this.verifiedTo ? "unverified" : null;
  }

  #stretch(start, end, facts) {
    const nodes = wholeStretches(this.text.slice(start, end)).map(({ from, to, isWhole }) => {
      const inner = this.#marked(start + from, start + to, facts);
      return isWhole ? described("span", { className: "whole" }, inner) : inner;
    });
    return nodes.flat();
  }

  #marked(start, end, facts) {
    const nodes = [];
    let from = start;
    for (const fact of facts) {
      if (fact.end <= from || fact.start >= end) continue;
      if (fact.start > from) nodes.push(this.text.slice(from, fact.start));
      const to = Math.min(end, fact.end);
      const attributes = { title: fact.title, ...(fact.opens && { role: "button", tabindex: "0" }) };
      nodes.push(described("span", { className: fact.className, attributes }, [this.text.slice(Math.max(from, fact.start), to)]));
      from = to;
    }
    if (from < end) nodes.push(this.text.slice(from, end));
    return nodes;
  }
}

/** Returns whether a cell holds a number, with its unit or currency. */
export function isNumber(words) {
  return NUMBER.test(words.trim());
}

function described(tag, { className = "", attributes = {} }, children) {
  return { tag, className, attributes, children: children.flat() };
}

/** Joins neighbours of the same sentence; a line break between two pieces of one belongs to it. */
function groupsOf(pieces) {
  const groups = [];
  pieces.forEach((piece, index) => {
    const last = groups.at(-1);
    const at = piece.isBreak && last && pieces[index + 1]?.at === last.at ? last.at : piece.at;
    const node = [piece.node].flat().map((each) => ({ node: each }));
    if (last && last.at === at && !last.ends) {
      last.pieces.push(...node);
      last.ends = piece.ends;
    } else {
      groups.push({ at, pieces: node, ends: piece.ends });
    }
  });
  return groups;
}
