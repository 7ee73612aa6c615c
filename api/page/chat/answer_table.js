// The rows of a table that an answer rests on, each cell with its place in the document.

import { tableActions } from "/page/answers/answer_actions.js";
import { isNumber } from "/page/answers/answer_nodes.js";
import { tableAsCsv, tableAsMarkdown } from "/page/answers/answer_words.js";
import { wholeStretches } from "/page/answers/whole_words.js";
import { element } from "/page/shared/dom.js";
import { t } from "/page/shared/words.js";

const FOLDED_FROM = 12;
const SHOWN_FOLDED = 10;

/** Returns a table; a cell that stands in a document is a button, for which `onOpen(cell, button)` is called. */
export function answerTable(table, onOpen) {
  const { title, header, rows, query } = table;
  return element(
    "div",
    { className: "answer-table", dir: "auto" },
    rows.length > 0 && element(
      "div",
      { className: "answer-table-bar" },
      element("p", { className: "small-heading" }, title),
      tableActions([["CSV", () => tableAsCsv(table)], ["Markdown", () => tableAsMarkdown(table)]]),
    ),
    rows.length > 0 && rowsNode({ title, header, rows }, onOpen),
    query && element("details", {}, element("summary", {}, t("table.how")), element("code", {}, query)),
  );
}

function rowsNode({ title, header, rows }, onOpen) {
  const columns = header.map((_, column) => (isNumeric(rows, column) ? "to-end" : ""));
  const head = header.map((name, column) => element("th", { scope: "col", className: columns[column] }, name));
  const body = rows.map((row) =>
    element("tr", {}, ...row.map((cell, column) => element("td", { className: columns[column] ?? "" }, cellNode(cell, onOpen)))),
  );
  const table = element(
    "table",
    { "aria-label": title || t("table.rows") },
    header.some((name) => name) && element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...body),
  );
  const region = element("div", { className: "answer-table-rows", role: "group", tabIndex: 0, "aria-label": title || t("table.rows") }, table);
  return body.length > FOLDED_FROM ? folded(region, body) : region;
}

function folded(region, rows) {
  const rest = rows.slice(SHOWN_FOLDED);
  for (const row of rest) row.hidden = true;
  const more = element("button", { type: "button", className: "quiet-button table-more" }, t("table.show_all", { count: rows.length }));
  more.addEventListener("click", () => {
    for (const row of rest) row.hidden = false;
    more.remove();
    region.focus();
  });
  return element("div", {}, region, more);
}

function isNumeric(rows, column) {
  const texts = rows.map((row) => row[column]?.text ?? "").filter((text) => text.trim() !== "");
  return texts.length > 0 && texts.every(isNumber);
}

function cellNode(cell, onOpen) {
  const words = element("span", {}, ...wholeStretches(cell.text).map(({ from, to, isWhole }) => {
    const stretch = cell.text.slice(from, to);
    return isWhole ? element("span", { className: "whole" }, stretch) : stretch;
  }));
  if (cell.number === null) return words;
  const button = element("button", { type: "button", className: "answer-cell", title: t("answer.source", { number: cell.number }) }, words);
  button.addEventListener("click", () => onOpen(cell, button));
  return button;
}
