// The headings of a document, each of which opens its place.

import { getOutline } from "/page/documents/calls.js";
import { element } from "/page/shared/dom.js";
import { failureNodes } from "/page/shared/problems.js";
import { t } from "/page/shared/words.js";

const MOST = 2_000;

export class Outline {
  #loads = 0;

  /** `onOpen({start, end})` shows a place of the document. */
  constructor({ node, onOpen }) {
    this.node = node;
    this.onOpen = onOpen;
  }

  async load({ id }) {
    this.#loads += 1;
    const load = this.#loads;
    let nodes;
    try {
      const { headings } = await getOutline(id);
      nodes = headings.length === 0 ? [element("p", { className: "side-empty" }, t("document.no_headings"))] : [this.#list(headings)];
    } catch (error) {
      nodes = [element("div", { className: "side-empty" }, ...failureNodes(error))];
    }
    if (load === this.#loads) this.node.replaceChildren(...nodes);
  }

  #list(headings) {
    const top = Math.min(...headings.map(({ level }) => level));
    return element("ul", { className: "outline" }, ...headings.slice(0, MOST).map((heading) => this.#item(heading, heading.level - top)));
  }

  #item({ text, page, start, end }, depth) {
    const item = element("li", {}, element(
      "button",
      { type: "button", className: "outline-heading", click: () => this.onOpen({ start, end }) },
      element("span", { className: "outline-words", dir: "auto" }, text),
      page !== null && element("span", { className: "row-meta", "aria-label": t("answer.page", { page }) }, String(page)),
    ));
    item.dataset.depth = String(Math.min(depth, 5));
    return item;
  }
}
