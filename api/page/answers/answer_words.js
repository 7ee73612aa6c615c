// Writes an answer down, to be copied or exported: as plain text or Markdown, with or without citations. Pure.
//
// A record is `{question, askedAt, collection, searchQuery, documentNames, text, sentences, answer, state}`: `text` and
// `sentences` are those of an AnswerText, `answer` is the body that ended it, or null. A source may have a day,
// `added_on`.

import { cutAtSentences, lastLeaves } from "/page/answers/answer_nodes.js";
import { parseMarkdown } from "/page/answers/markdown.js";
import { abstentionWords } from "/page/shared/problems.js";
import { hasWords, t } from "/page/shared/words.js";

/** Returns the sources that an answer cites, in the order of their numbers; of an abstention the nearest ones. */
function citedSources({ answer, sentences }) {
  if (answer === null) return [];
  if (answer.abstention) return [];
  const numbers = new Set(sentences.flatMap(({ sentence }) => sentence.citations.map(({ number }) => number)));
  return answer.sources.filter(({ number }) => numbers.has(number));
}

/** Returns one source in a line: title, file, headings, pages and the day it was added. */
function sourceWords(source, { sentences = [] } = {}) {
  const citations = sentences.flatMap(({ sentence }) => sentence.citations).filter(({ number }) => number === source.number);
  const pages = [...new Set((citations.length > 0 ? citations : [source]).map(({ page }) => page).filter((page) => page !== null))];
  pages.sort((one, other) => one - other);
  const title = source.title && source.title !== source.name ? `${source.title} (${source.name})` : source.name;
  const headings = source.heading_path.filter((heading) => heading !== source.title);
  const place = pages.length > 1 ? t("answer.pages", { pages: pages.join(", ") }) : pages.length > 0 && t("answer.page", { page: pages[0] });
  return [title, headings.join(" > "), place, source.added_on && t("answer.added", { day: source.added_on })].filter(Boolean).join(", ");
}

function refusal(abstention) {
  const { title, advice } = abstentionWords(abstention);
  return `${hasWords(`abstention.${abstention.reason}`) ? `${title} ${advice}` : abstention.message}\n`;
}

/** Returns an answer as Markdown, as it was written; with `sources`, each sentence has its numbers, and a list follows. */
export function asMarkdown(record, { sources = false } = {}) {
  const { text, sentences, answer } = record;
  if (answer?.abstention) return refusal(answer.abstention);
  const words = sources ? withNumbers(text, sentences) : text;
  const tables = (answer?.tables ?? []).map(tableAsMarkdown);
  const cited = sources ? citedSources(record).map((source) => `- [${source.number}] ${inert(sourceWords(source, record))}`) : [];
  const list = cited.length > 0 ? [`**${t("chat.sources")}**\n\n${cited.join("\n")}`] : [];
  return `${[words.trim(), ...tables, ...list].filter(Boolean).join("\n\n")}\n`;
}

/** Returns an answer as plain text, without the marks of Markdown. */
export function asText(record, { sources = false } = {}) {
  const { text, sentences, answer } = record;
  if (answer?.abstention) return refusal(answer.abstention);
  const blocks = parseMarkdown(text);
  const ends = sources ? lastLeaves(blocks, sentences) : new Map();
  const words = new PlainWriter({ text, sentences, ends }).write(blocks);
  const tables = (answer?.tables ?? []).map((table) => [table.title, ...rowsOf(table).map((row) => row.join("\t"))].filter(Boolean).join("\n"));
  const cited = sources ? citedSources(record).map((source) => `[${source.number}] ${sourceWords(source, record)}`) : [];
  const list = cited.length > 0 ? [`${t("chat.sources")}\n${cited.join("\n")}`] : [];
  return `${[words, ...tables, ...list].filter(Boolean).join("\n\n")}\n`;
}

/** Returns a conversation, or one answer, as a Markdown document with numbered sources below each answer. */
export function conversationAsMarkdown(records, { exportedOn }) {
  const turns = records.map((record) => {
    const { question, askedAt, collection, searchQuery, documentNames, state } = record;
    const about = [t("export.asked", { day: dayOf(askedAt), collection })];
    if (searchQuery && searchQuery !== question) about.push(t("export.searched", { query: searchQuery }));
    if (documentNames.length > 0) about.push(t("export.only_in", { names: documentNames.join(", ") }));
    const body = record.answer || record.text ? asMarkdown(record, { sources: true }).trim() : "";
    const ended = state === "done" ? "" : `*${state === "stopped" ? t("export.stopped") : t("export.failed")}*`;
    return [`## ${oneLine(question)}`, about.join("  \n"), body, ended].filter(Boolean).join("\n\n");
  });
  return `${turns.join("\n\n---\n\n")}\n\n---\n\n${t("export.from", { day: exportedOn })}\n`;
}

/** Returns a conversation, or one answer, as JSON: each answer as the API gave it. */
export function conversationAsJson(records, { exportedOn }) {
  const turns = records.map(({ question, askedAt, collection, text, answer, state }) => ({
    question,
    asked_at: askedAt.toISOString(),
    collection,
    state,
    text,
    answer,
  }));
  return `${JSON.stringify({ format: "citewell-conversation", version: 1, exported_on: exportedOn, turns }, null, 2)}\n`;
}

export function tableAsMarkdown(table) {
  const [header, ...rows] = rowsOf(table, { alwaysNamed: true });
  const line = (cells) => `| ${cells.map((cell) => inert(cell).replaceAll("|", "\\|")).join(" | ")} |`;
  const title = table.title ? `**${inert(table.title)}**\n\n` : "";
  return `${title}${[line(header), `|${header.map(() => " --- |").join("")}`, ...rows.map(line)].join("\n")}`;
}

/** Returns a table as CSV (RFC 4180). A text that a spreadsheet would run as a formula gets an apostrophe before it. */
export function tableAsCsv(table) {
  const safe = (cell) => (/^(?:[=@\t\r]|[+-](?!\d))/.test(cell) ? `'${cell}` : cell);
  const quoted = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return `${rowsOf(table).map((row) => row.map((cell) => quoted(safe(cell))).join(",")).join("\r\n")}\r\n`;
}

/** Returns the day of a date as `2026-11-30`, in the reader's time zone. */
export function dayOf(date) {
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Returns a name for a file that holds what was asked; `kind` tells it from another about the same. */
export function fileName({ question, kind = "", exportedOn, ending }) {
  const words = `${kind} ${question}`.normalize("NFKC").toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const short = words.join("-").slice(0, 60).replace(/-[^-]*$/, (cut) => (words.join("-").length > 60 ? "" : cut));
  return `${["citewell", short, exportedOn].filter(Boolean).join("-")}.${ending}`;
}

function rowsOf({ header, rows }, { alwaysNamed = false } = {}) {
  const texts = rows.map((row) => row.map(({ text }) => text));
  return header.some(Boolean) || alwaysNamed ? [header, ...texts] : texts;
}

function oneLine(text) {
  return text.replace(/\s+/g, " ").trim();
}

/** Returns words of a document on one line of Markdown: links, images and HTML in them are words, too. */
function inert(text) {
  return oneLine(text).replace(/[[<]/g, "\\$&");
}

function numbersOf({ sentence }) {
  const numbers = [...new Set(sentence.citations.map(({ number }) => number))];
  if (!sentence.supported) return ` [${t("answer.no_source")}]`;
  return numbers.map((number) => ` [${number}]`).join("");
}

/** Puts the numbers of its sources behind each sentence; within code they would change what it says. */
function withNumbers(text, sentences) {
  const ends = lastLeaves(parseMarkdown(text), sentences);
  let written = "";
  let from = 0;
  sentences.forEach((sentence, at) => {
    if (ends.get(at)?.type === "line") return;
    let end = sentence.end;
    if (text[end - 1] === "|" && ends.has(at)) {
      end -= 1; // within the last cell of the row
      while (/[ \t]/.test(text[end - 1])) end -= 1;
    }
    written += text.slice(from, end) + numbersOf(sentence);
    from = end;
  });
  return written + text.slice(from);
}

class PlainWriter {
  constructor({ text, sentences, ends }) {
    this.text = text;
    this.sentences = sentences;
    this.ends = ends;
  }

  write(blocks, gap = "\n\n") {
    return blocks.map((block) => this[block.type](block)).filter(Boolean).join(gap);
  }

  paragraph({ children }) {
    return this.words(children);
  }

  heading({ children }) {
    return this.words(children);
  }

  list({ ordered, children }) {
    return children
      .map(({ number, children: blocks }) => {
        const mark = ordered ? `${number}. ` : "- ";
        return mark + this.write(blocks, "\n").replaceAll("\n", `\n${" ".repeat(mark.length)}`);
      })
      .join("\n");
  }

  quote({ children }) {
    return this.write(children);
  }

  code({ children }) {
    return children.map(({ start, end }) => this.text.slice(start, end)).join("\n");
  }

  rule() {
    return "";
  }

  table({ children }) {
    return children.map(({ children: cells }) => cells.map((cell) => this.words(cell.children)).join("\t")).join("\n");
  }

  words(nodes) {
    return nodes
      .map((node) => {
        if (node.type === "break") return "\n";
        const address = node.type === "link" && node.address ? ` (${this.text.slice(node.address.start, node.address.end)})` : "";
        return node.children ? this.words(node.children) + address : this.#leaf(node);
      })
      .join("");
  }

  #leaf(leaf) {
    return cutAtSentences(leaf, this.sentences)
      .map(({ start, end, at }) => this.text.slice(start, end) + (at !== null && this.ends.get(at) === leaf ? numbersOf(this.sentences[at]) : ""))
      .join("");
  }
}
