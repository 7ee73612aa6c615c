// Tells apart the numbers, dates and names of a sentence that were found in its sources from those that were not.

import { element } from "/page/shared/dom.js";
import { t } from "/page/shared/words.js";

/** Says of a number, date or name what verification knows of it. */
export function factTitle({ found, supported }) {
  if (found) return supported ? t("fact.found") : t("fact.somewhere");
  return supported ? t("fact.computed") : t("fact.missing");
}

/** Returns the class of a number, date or name: found, computed or put in other words, or missing. */
export function factClass({ found, supported }) {
  if (found) return "fact found";
  return supported ? "fact computed" : "fact missing";
}

/** Returns the words of a sentence as nodes, its facts told apart. */
export function withFacts({ text, facts = [], supported }) {
  const points = Array.from(text); // offsets count code points
  const nodes = [];
  let from = 0;
  for (const { start, end, found } of facts) {
    const known = { className: factClass({ found, supported }), title: factTitle({ found, supported }) };
    nodes.push(points.slice(from, start).join(""), element("span", known, points.slice(start, end).join("")));
    from = end;
  }
  return [...nodes, points.slice(from).join("")];
}
