// Shows a part of a document that has no pages: the service's HTML, rebuilt node by node from a list of plain tags, in a
// shadow root with the style of documents.

import { getPageDocument } from "/page/shared/api.js";
import { element } from "/page/shared/dom.js";

const TAGS = new Set(
  "H1 H2 H3 H4 H5 H6 P UL OL LI PRE CODE DIV TABLE CAPTION THEAD TBODY TR TH TD MARK BR STRONG EM BLOCKQUOTE".split(" "),
);
const ATTRIBUTES = ["class", "id", "scope", "rowspan", "colspan", "title", "start", "value", "data-start"];

export class HtmlView {
  constructor() {
    this.node = element("div", { className: "html-view" });
    this.root = this.node.attachShadow({ mode: "open" });
    const style = element("link", { rel: "stylesheet", href: "/page/proof/document.css" });
    this.styled = new Promise((resolve) => {
      for (const name of ["load", "error"]) style.addEventListener(name, resolve);
    });
    this.content = element("div", { className: "document" });
    this.root.append(style, this.content);
  }

  async show({ place, page }) {
    const parsed = await getPageDocument({ place, page });
    this.content.replaceChildren();
    copyChildren(parsed.querySelector("main"), this.content);
  }

  /** Resolves once the style is there: it is loaded when this is first shown. */
  get ready() {
    return this.styled;
  }

  /** Points out the cells that begin at these places in the text. */
  point(starts) {
    for (const cell of starts.size > 0 ? this.root.querySelectorAll("[data-start]") : []) {
      if (starts.has(Number(cell.dataset.start))) cell.classList.add("value");
    }
  }

  /** The first pointed out cell, the first marked words, or the beginning. */
  get target() {
    return this.root.querySelector(".value") ?? this.root.querySelector("mark") ?? this.node;
  }

  zoom(factor) {
    this.node.style.zoom = factor;
  }
}

/** Copies text, and elements of the list without anything that could run or load. What else there is becomes text. */
function copyChildren(from, to) {
  for (const child of from?.childNodes ?? []) {
    if (child.nodeType === Node.TEXT_NODE) to.append(child.data);
    if (child.nodeType !== Node.ELEMENT_NODE) continue;
    if (!TAGS.has(child.tagName)) {
      to.append(child.textContent);
      continue;
    }
    const copy = document.createElement(child.tagName);
    for (const name of ATTRIBUTES) {
      if (child.hasAttribute(name)) copy.setAttribute(name, child.getAttribute(name));
    }
    copyChildren(child, copy);
    to.append(copy);
  }
}
