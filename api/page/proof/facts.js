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

/**
 * Wraps the facts of a sentence in the text that `node` shows. They are looked for by their words, one after the other,
 * so that marks of Markdown that are not shown do no harm.
 */
export function markFacts(node, { text, facts = [], supported }) {
  const points = Array.from(text); // offsets count code points
  let from = 0;
  for (const { start, end, found } of facts) {
    const words = points.slice(start, end).join("");
    const at = node.textContent.indexOf(words, from);
    if (at < 0) continue;
    from = at + words.length;
    const range = rangeOf(node, at, from);
    if (range === null) continue;
    range.surroundContents(element("span", { className: factClass({ found, supported }), title: factTitle({ found, supported }) }));
  }
}

/** Returns the range of characters of a node's text; null where they are not in one text node. */
function rangeOf(node, start, end) {
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  let at = 0;
  for (let each = walker.nextNode(); each !== null; each = walker.nextNode()) {
    if (start >= at && end <= at + each.length) {
      const range = document.createRange();
      range.setStart(each, start - at);
      range.setEnd(each, end - at);
      return range;
    }
    at += each.length;
  }
  return null;
}
