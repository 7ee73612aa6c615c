// Tells apart the numbers, dates and names of a sentence that were found in its sources from those that were not.

import { element } from "/page/shared/dom.js";

const FOUND = "Found in the cited words";
const COMPUTED = "Does not stand in the cited words: computed or put in other words";
const SOMEWHERE = "Found in a source, but the sentence is not supported by it";
const MISSING = "Found in no source";

/** Says of a number, date or name what verification knows of it. */
export function factTitle({ found, supported }) {
  if (found) return supported ? FOUND : SOMEWHERE;
  return supported ? COMPUTED : MISSING;
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
