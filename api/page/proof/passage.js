// A stretch of a document's text with the cited words marked.

import { element } from "/page/shared/dom.js";

/** Offsets count code points, as Python does; a JavaScript string counts UTF-16 units, so it is split first. */
export function passage({ around, start, end }) {
  const points = Array.from(around.text);
  const from = start - around.start;
  const to = end - around.start;
  const before = points.slice(0, from).join("");
  const after = points.slice(to).join("");
  return element(
    "div",
    { className: "passage", dir: "auto" },
    around.start > 0 && element("span", { className: "cut", "aria-hidden": "true" }, "… "),
    before,
    start < end && element("mark", {}, points.slice(from, to).join("")),
    after,
    around.end < around.length && element("span", { className: "cut", "aria-hidden": "true" }, " …"),
  );
}
