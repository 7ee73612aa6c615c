// Questions of some documents only: which ones, said above the question, with a button that asks all again.

import { askedWords } from "/page/documents/filter_words.js";
import { byId, element, icon } from "/page/shared/dom.js";
import { t } from "/page/shared/words.js";

const KEY = "citewell.narrowed"; // of this tab

/** Leaves a filter of the list for the page that asks. */
export function handOver({ collection, filter, names }) {
  sessionStorage.setItem(KEY, JSON.stringify({ collection, filter, names }));
}

export class Narrowing {
  #filter = {};

  constructor() {
    this.words = element("span", { className: "narrowing-words", dir: "auto" });
    const clear = element("button", { type: "button", className: "quiet-button", click: () => this.#cleared() }, icon("close"), t("filter.ask_all"));
    this.node = byId("narrowing");
    this.node.setAttribute("role", "status");
    this.node.append(this.words, clear);
  }

  /** The filter for the next questions; it is empty if all documents are asked. */
  get filter() {
    return this.#filter;
  }

  /** Asks only what matches `filter`; `names` are those of the documents that it lists. */
  use(filter, { collection, names = [] }) {
    this.#filter = filter;
    const isNarrow = Object.keys(filter).length > 0;
    this.node.hidden = !isNarrow;
    this.words.textContent = isNarrow ? askedWords(filter, names) : "";
    if (isNarrow) handOver({ collection, filter, names });
    else sessionStorage.removeItem(KEY);
  }

  /** Goes on with what was left for this collection; else all of it is asked. */
  follow(collection) {
    const left = read();
    if (left?.collection === collection) this.use(left.filter, left);
    else this.use({}, { collection });
  }

  #cleared() {
    this.use({}, {});
    byId("question").focus();
  }
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}
