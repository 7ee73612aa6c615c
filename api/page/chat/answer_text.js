// The text of an answer. Streamed words appear paler; once a sentence is verified, it gets its full colour and its
// citations follow it.

import { markFacts } from "/page/proof/facts.js";
import { element, shorten } from "/page/shared/dom.js";

const UNSUPPORTED = "No source supports this sentence";

export class AnswerText {
  #streamed = "";
  #placed = [];

  /** `onCite(at, opener)` is called when `cited[at]`, or the sentence that it begins, is chosen. */
  constructor({ onCite }) {
    this.onCite = onCite;
    /** The citations shown so far, in reading order, as `{citation, chip}`. */
    this.cited = [];
    this.tail = document.createTextNode("");
    this.unverified = element("span", { className: "unverified" }, this.tail);
    this.node = element("div", { className: "answer", dir: "auto" }, this.unverified);
  }

  /** Adds streamed words. */
  append(text) {
    this.#streamed += text;
    this.tail.appendData(text);
  }

  /** Finds the verified sentence in the words streamed so far and gives it its citations. Returns false if it is not there. */
  place(sentence) {
    const at = this.tail.data.indexOf(sentence.text);
    if (at < 0) return false;
    const before = this.tail.data.slice(0, at);
    this.tail.deleteData(0, at + sentence.text.length);
    this.unverified.before(before, ...this.#sentenceNodes(sentence));
    this.#placed.push(sentence.text);
    return true;
  }

  /** Replaces the text by that of the finished answer. Text that is right already stays, so that it keeps the focus. */
  settle({ answer, sentences }) {
    const placed = sentences.length === this.#placed.length && sentences.every((each, at) => each.text === this.#placed[at]);
    if (placed && answer === this.#streamed) return;
    this.#clear();
    this.append(answer);
    if (sentences.every((sentence) => this.place(sentence))) return;
    this.#clear(); // the sentences were verified, so they replace the streamed text
    for (const sentence of sentences) {
      this.append(`${sentence.text} `);
      this.place(sentence);
    }
  }

  #clear() {
    this.#streamed = "";
    this.#placed = [];
    this.cited = [];
    this.tail.data = "";
    this.node.replaceChildren(this.unverified);
  }

  #sentenceNodes(sentence) {
    const { text, supported, citations } = sentence;
    const span = element("span", { className: "sentence" }, text);
    markFacts(span, sentence);
    const nodes = [span];
    if (citations.length > 0) {
      const first = this.cited.length;
      const chips = citations.map((citation) => this.#chip(citation));
      span.classList.add("cited");
      // For the mouse only: the keyboard reaches the same place by the citation itself.
      span.addEventListener("click", () => {
        if (document.getSelection().isCollapsed) this.onCite(first, chips[0]);
      });
      nodes.push(element("span", { className: "citations" }, ...chips));
    }
    if (!supported) {
      span.classList.add("unsupported");
      span.title = UNSUPPORTED;
      nodes.push(element("span", { className: "unsupported-note", title: UNSUPPORTED }, "no source"));
    }
    return nodes;
  }

  #chip(citation) {
    const page = citation.page === null ? "" : `, page ${citation.page}`;
    const chip = element(
      "button",
      { type: "button", className: "citation", "aria-label": `Source ${citation.number}${page}`, title: shorten(citation.quote, 160) },
      String(citation.number),
    );
    const at = this.cited.length;
    this.cited.push({ citation, chip });
    chip.addEventListener("click", () => this.onCite(at, chip));
    return chip;
  }
}
