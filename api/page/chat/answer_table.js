// The rows of a table that an answer rests on, each cell with its place in the document.

import { element } from "/page/shared/dom.js";

/** Returns a table; a cell that stands in a document is a button, for which `onOpen(cell, button)` is called. */
export function answerTable({ title, header, rows, query }, onOpen) {
  const head = header.map((name) => element("th", { scope: "col" }, name));
  const body = rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, cellNode(cell, onOpen)))));
  const table = element(
    "table",
    {},
    element("caption", { className: "small-heading" }, title),
    header.some((name) => name) && element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...body),
  );
  return element(
    "div",
    { className: "answer-table", dir: "auto" },
    rows.length > 0 && element("div", { className: "answer-table-rows", role: "region", tabIndex: 0, "aria-label": title || "Rows" }, table),
    query && element("details", {}, element("summary", {}, "How this was computed"), element("code", {}, query)),
  );
}

function cellNode(cell, onOpen) {
  if (cell.number === null) return cell.text;
  const button = element("button", { type: "button", className: "answer-cell", title: `Source ${cell.number}` }, cell.text);
  button.addEventListener("click", () => onOpen(cell, button));
  return button;
}
