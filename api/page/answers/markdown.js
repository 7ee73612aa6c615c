// Reads the Markdown of an answer into a tree. Pure, without the DOM; the work grows with the length of the text.
//
// The tree keeps places instead of words: each leaf is `[start, end)` of the text, and the text between these offsets is
// what is shown. So sentences, which are places in the same text, can be marked in it.
//
// Blocks: paragraph, heading, list, quote, code, table, rule. Inline: text, code, strong, emphasis, struck, link, break.
// HTML, images and addresses other than http, https and mailto stay text. It departs from CommonMark where that would
// eat characters of quoted documents: `2*3*4`, `__init__`, `> 5 kg`, `- 5 °C`, indented lines, `C:\temp`.

import { parseInline } from "/page/answers/markdown_inline.js";

const MOST_NESTED = 10;
const TAB_COLUMNS = 4;
const HEADING = /^ {0,3}(#{1,6})[ \t]+\S/;
const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})[ \t]*([^\s`]{0,40})/;
const RULE = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const QUOTE = /^ {0,3}>(?![ \t]*\d)[ \t]?/;
const ITEM = /^([ \t]*)(?:([-*•])|(\+)(?![ \t]+\d)|(\d{1,9})([.)]))(?:[ \t]+(?=\S)|[ \t]*$)/;
const DELIMITERS = /^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
// The beginning of a mark of which more is to come; shown, it would turn into something else a moment later.
const BEGUN = /^[ \t]*(?:[-*+]|\*{2}|#{1,6}|\d{1,3}[.)]?|`{1,3}|~{1,3}|>)[ \t]*$/;
const BEGUN_DELIMITERS = /^[ \t|:-]*$/;

/** Returns the blocks of `text`. With `growing`, more text will follow: marks that are open at its end count as closed. */
export function parseMarkdown(text, { growing = false } = {}) {
  const lines = linesOf(text);
  if (growing && lines.length > 0 && BEGUN.test(wordsOf(text, lines.at(-1)))) lines.pop();
  return blocksOf({ text, growing }, lines, 0);
}

/** Returns blocks in which the lines of a paragraph are items of a list; a first line that ends in a colon leads it in. */
export function withLinesAsItems(text, blocks) {
  return blocks.flatMap((block) => {
    if (block.type !== "paragraph" || block.children.every(({ type }) => type !== "break")) return [block];
    const lines = [[]];
    for (const child of block.children) {
      if (child.type === "break") lines.push([]);
      else lines.at(-1).push(child);
    }
    const paragraphs = lines.map((children) => ({ type: "paragraph", children }));
    const leads = /[:：]\s*$/.test(text.slice(0, lines[0].at(-1)?.end ?? 0)) ? paragraphs.splice(0, 1) : [];
    return [...leads, { type: "list", ordered: false, children: paragraphs.map((line) => ({ type: "item", number: null, children: [line] })) }];
  });
}

/** Calls `visit` for each leaf of a tree, in the order of the text. */
export function eachLeaf(nodes, visit) {
  for (const node of nodes) {
    if (node.children) eachLeaf(node.children, visit);
    else if (node.start !== undefined) visit(node);
  }
}

function linesOf(text) {
  const lines = [];
  let start = 0;
  while (start < text.length) {
    const found = text.indexOf("\n", start);
    const next = found < 0 ? text.length : found;
    lines.push({ start, end: text[next - 1] === "\r" && next > start ? next - 1 : next });
    start = next + 1;
  }
  return lines;
}

function wordsOf(text, { start, end }) {
  return text.slice(start, end);
}

function blocksOf(source, lines, depth) {
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    const begun = lines[at];
    const words = wordsOf(source.text, begun);
    if (words.trim() === "") {
      at += 1;
      continue;
    }
    const [block, next] =
      fencedCode(source, lines, at, words) ??
      heading(source, begun, at, words) ??
      rule(at, words) ??
      (depth < MOST_NESTED ? quote(source, lines, at, depth) ?? list(source, lines, at, depth) : null) ??
      table(source, lines, at) ??
      paragraph(source, lines, at, depth);
    blocks.push(block);
    at = next;
  }
  return blocks;
}

function fencedCode({ text }, lines, at, words) {
  const fence = FENCE.exec(words);
  if (fence === null) return null;
  const [, mark, language] = fence;
  const indent = words.length - words.trimStart().length;
  const children = [];
  let next = at + 1;
  for (; next < lines.length; next += 1) {
    const line = wordsOf(text, lines[next]).trim();
    if (line.length >= mark.length && line[0] === mark[0] && line === mark[0].repeat(line.length)) break;
    const { start, end } = withoutIndent(text, lines[next], indent);
    children.push({ type: "line", start, end });
  }
  return [{ type: "code", language, children }, next + 1];
}

function heading(source, { start, end }, at, words) {
  const found = HEADING.exec(words);
  if (found === null) return null;
  let last = words.trimEnd().length;
  let closing = last;
  while (words[closing - 1] === "#") closing -= 1;
  if (/[ \t]/.test(words[closing - 1])) last = words.slice(0, closing).trimEnd().length; // "## Title ##"
  const children = parseInline(source, [{ start: start + found[0].length - 1, end: Math.min(end, start + last) }]);
  return [{ type: "heading", level: found[1].length, children }, at + 1];
}

function rule(at, words) {
  return RULE.test(words) ? [{ type: "rule" }, at + 1] : null;
}

function quote(source, lines, at, depth) {
  const inner = [];
  let next = at;
  for (; next < lines.length; next += 1) {
    const { start, end } = lines[next];
    const mark = QUOTE.exec(wordsOf(source.text, lines[next]));
    if (mark === null) break;
    inner.push({ start: start + mark[0].length, end });
  }
  return inner.length > 0 ? [{ type: "quote", children: blocksOf(source, inner, depth + 1) }, next] : null;
}

function list(source, lines, at, depth) {
  const first = itemOf(source.text, lines[at]);
  if (first === null) return null;
  const items = [];
  let current = null;
  let next = at;
  let afterBlank = false;
  for (; next < lines.length; next += 1) {
    const line = lines[next];
    const words = wordsOf(source.text, line);
    if (words.trim() === "") {
      afterBlank = true;
      current.lines.push(line);
      continue;
    }
    const item = itemOf(source.text, line);
    const indent = columnsOf(words);
    if (current !== null && indent >= Math.min(current.content, current.indent + 2)) {
      current.lines.push(withoutIndent(source.text, line, current.content));
    } else if (item !== null && item.kind === first.kind && !RULE.test(words)) {
      current = item;
      items.push(item);
    } else if (!afterBlank && !beginsBlock(source.text, lines, next)) {
      current.lines.push(line); // the line goes on in the next one
    } else {
      break;
    }
    afterBlank = false;
  }
  if (items.length === 1 && isNoItem(source.text, first)) return null;
  const children = items.map(({ number, lines: inner }) => ({ type: "item", number, children: blocksOf(source, inner, depth + 1) }));
  return [{ type: "list", ordered: first.kind === "ordered", children }, next];
}

/** Returns the list item that begins in a line: its kind, its number, where its words begin, and its first line. */
function itemOf(text, { start, end }) {
  const mark = ITEM.exec(wordsOf(text, { start, end }));
  if (mark === null) return null;
  const [whole, before, , , number] = mark;
  const indent = columnsOf(before);
  return {
    kind: number === undefined ? "bullet" : "ordered",
    number: number === undefined ? null : Number(number),
    indent,
    content: indent + whole.length - before.length,
    lines: [{ start: start + whole.length, end }],
  };
}

/** Returns whether a single item is none: "- 5 °C" is a number below zero, "*" alone a note mark. */
function isNoItem(text, { kind, lines }) {
  const words = lines.map((line) => wordsOf(text, line)).join("").trim();
  return words === "" || (kind === "bullet" && /^\d/.test(words));
}

function table(source, lines, at) {
  const head = wordsOf(source.text, lines[at]);
  if (!head.includes("|")) return null;
  const header = cellsOf(source.text, lines[at]);
  const ruled = at + 1 < lines.length ? wordsOf(source.text, lines[at + 1]) : "";
  const isRuled = ruled.includes("-") && ruled.includes("|") && DELIMITERS.test(ruled);
  // While it grows, the first row is not yet known by the line below it.
  const isBegun = source.growing && head.trimStart().startsWith("|") && at + 2 >= lines.length && BEGUN_DELIMITERS.test(ruled);
  if (!(isRuled && cellsOf(source.text, lines[at + 1]).length === header.length) && !isBegun) return null;
  const align = isRuled ? cellsOf(source.text, lines[at + 1]).map((cell) => alignOf(wordsOf(source.text, cell))) : [];
  const rows = [];
  let next = at + 2;
  for (; next < lines.length; next += 1) {
    if (!wordsOf(source.text, lines[next]).includes("|")) break;
    rows.push(cellsOf(source.text, lines[next]));
  }
  const row = (cells) => ({ type: "row", children: cells.map((cell) => ({ type: "cell", children: parseInline(source, [cell]) })) });
  return [{ type: "table", align, children: [row(header), ...rows.map(row)] }, Math.min(next, lines.length)];
}

function cellsOf(text, { start, end }) {
  let from = start;
  let to = end;
  while (from < to && /\s/.test(text[from])) from += 1;
  while (to > from && /\s/.test(text[to - 1])) to -= 1;
  if (text[from] === "|") from += 1;
  const cells = [];
  for (let at = from; at <= to; at += 1) {
    const isBar = text[at] === "|" && text[at - 1] !== "\\";
    if (at < to && !isBar) continue;
    if (at === to && from === to) break; // nothing stands behind the last bar
    cells.push(trimmed(text, { start: from, end: at }));
    from = at + 1;
  }
  return cells;
}

function trimmed(text, { start, end }) {
  let [from, to] = [start, end];
  while (from < to && /\s/.test(text[from])) from += 1;
  while (to > from && /\s/.test(text[to - 1])) to -= 1;
  return { start: from, end: to };
}

function alignOf(delimiter) {
  if (!delimiter.endsWith(":")) return "";
  return delimiter.startsWith(":") ? "center" : "end";
}

function paragraph(source, lines, at, depth) {
  const inner = [trimmed(source.text, lines[at])];
  let next = at + 1;
  while (next < lines.length && wordsOf(source.text, lines[next]).trim() !== "" && (depth >= MOST_NESTED || !beginsBlock(source.text, lines, next))) {
    inner.push(trimmed(source.text, lines[next]));
    next += 1;
  }
  return [{ type: "paragraph", children: parseInline(source, inner) }, next];
}

/** Returns whether another block begins in a line that stands right below one of a paragraph. */
function beginsBlock(text, lines, at) {
  const words = wordsOf(text, lines[at]);
  if (FENCE.test(words) || HEADING.test(words) || RULE.test(words) || QUOTE.test(words)) return true;
  if (ITEM.test(words)) return true;
  return words.trimStart().startsWith("|");
}

function columnsOf(words) {
  let columns = 0;
  for (const character of words) {
    if (character === " ") columns += 1;
    else if (character === "\t") columns += TAB_COLUMNS;
    else break;
  }
  return columns;
}

function withoutIndent(text, { start, end }, columns) {
  let from = start;
  for (let left = columns; left > 0 && from < end && (text[from] === " " || text[from] === "\t"); from += 1) {
    left -= text[from] === " " ? 1 : TAB_COLUMNS;
  }
  return { start: from, end };
}
