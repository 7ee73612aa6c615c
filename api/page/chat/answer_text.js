// The text of an answer, in its layout. Streamed words appear paler; once a sentence is verified, it gets its full
// colour and its citations follow it.

import { answerNodes } from "/page/answers/answer_nodes.js";
import { patch } from "/page/answers/patch.js";
import { factClass, factTitle } from "/page/proof/facts.js";
import { element, shorten } from "/page/shared/dom.js";
import { t } from "/page/shared/words.js";

const LONG_TEXT = 20_000;
const LONG_TEXT_PAUSE_MILLISECONDS = 200;

export class AnswerText {
  #growing = true;
  #listed = false;
  #drawnAt = 0;

  /**
   * `onCite(at, opener, {isComputed})` is called when `cited[at]`, or the sentence that it begins, is chosen; with
   * `isComputed` a number of it that was computed.
   */
  constructor({ onCite }) {
    this.onCite = onCite;
    /** The answer as it was written, with the places of its sentences, in order. */
    this.text = "";
    this.sentences = [];
    /** The citations shown so far, in reading order, as `{citation, chip, sentence}`. */
    this.cited = [];
    this.node = element("div", { className: "answer", dir: "auto", click: (event) => this.#choose(event), keydown: (event) => this.#key(event), pointerover: (event) => this.#point(event), pointerleave: () => this.#point(null) });
  }

  /** Adds streamed words. */
  append(text) {
    this.text += text;
    this.#draw();
  }

  /** Finds the verified sentence in the words streamed so far and gives it its citations. Returns false if it is not there. */
  place(sentence) {
    const isPlaced = this.#place(sentence);
    if (isPlaced) this.#draw();
    return isPlaced;
  }

  /** Replaces the text by that of the finished answer. What is right already stays, so that it keeps the focus. */
  settle({ answer, sentences, shape }) {
    this.#growing = false;
    this.#listed = shape === "list";
    const isPlaced = sentences.length === this.sentences.length && sentences.every((each, at) => each.text === this.sentences[at].sentence.text);
    if (!isPlaced || answer !== this.text) this.#replace(answer, sentences);
    this.#draw({ now: true });
  }

  /** Shows the text as it is when no more will come. */
  end() {
    this.#growing = false;
    this.#draw({ now: true });
  }

  #replace(answer, sentences) {
    this.#clear(answer);
    if (sentences.every((sentence) => this.#place(sentence))) return;
    this.#clear(sentences.map(({ text }) => text).join(" ")); // the sentences were verified, so they replace the streamed text
    for (const sentence of sentences) this.#place(sentence);
  }

  #clear(text) {
    this.text = text;
    this.sentences = [];
    this.cited = [];
  }

  #place(sentence) {
    const start = this.text.indexOf(sentence.text, this.sentences.at(-1)?.end ?? 0);
    if (start < 0) return false;
    const { supported, citations } = sentence;
    const first = this.cited.length;
    const marks = this.#marks(sentence);
    this.sentences.push({ start, end: start + sentence.text.length, sentence, first, cited: citations.length > 0, supported, marks, facts: factsOf(sentence, start) });
    return true;
  }

  /** Returns the node behind a sentence, its citations or the note that it has none; null if it needs neither. */
  #marks(sentence) {
    const { supported, citations } = sentence;
    const note = supported ? null : element("span", { className: "unsupported-note", title: t("answer.unsupported") }, t("answer.no_source"));
    if (citations.length === 0) return note;
    return element("span", { className: "citations" }, ...citations.map((citation) => this.#chip(citation, sentence)), note);
  }

  /** Draws a long text less often than its words arrive. */
  #draw({ now = false } = {}) {
    const time = performance.now();
    if (!now && this.text.length > LONG_TEXT && time - this.#drawnAt < LONG_TEXT_PAUSE_MILLISECONDS) return;
    this.#drawnAt = time;
    const wanted = answerNodes({ text: this.text, sentences: this.sentences, growing: this.#growing, listed: this.#listed });
    patch(this.node, wanted, (at) => this.sentences[at].marks);
  }

  /** For the mouse: the keyboard reaches the same place by the citation itself, and what was computed by its number. */
  #choose({ target }) {
    const chosen = target.closest(".sentence.cited");
    if (chosen === null || target.closest("a") || !document.getSelection().isCollapsed) return;
    const { first } = this.sentences[Number(chosen.dataset.sentence)];
    const computed = target.closest("[role=button]");
    this.onCite(first, computed ?? this.cited[first].chip, { isComputed: computed !== null });
  }

  #key(event) {
    if (!["Enter", " "].includes(event.key) || event.target.getAttribute("role") !== "button") return;
    event.preventDefault();
    event.target.click();
  }

  /** Points out all parts of the sentence under the mouse: it may go over several cells or styles. */
  #point(event) {
    if (event?.pointerType === "touch") return; // a finger does not leave
    const pointed = event?.target.closest(".sentence.cited")?.dataset.sentence;
    for (const each of this.node.querySelectorAll(".sentence.pointed")) each.classList.toggle("pointed", each.dataset.sentence === pointed);
    if (pointed === undefined) return;
    for (const each of this.node.querySelectorAll(`.sentence[data-sentence="${pointed}"]`)) each.classList.add("pointed");
  }

  #chip(citation, sentence) {
    const { number, page } = citation;
    const label = page === null ? t("answer.source", { number }) : t("answer.source_page", { number, page });
    const chip = element(
      "button",
      { type: "button", className: "citation", "aria-label": label, title: shorten(citation.quote, 160) },
      String(citation.number),
    );
    const at = this.cited.length;
    this.cited.push({ citation, chip, sentence });
    chip.addEventListener("click", () => this.onCite(at, chip));
    return chip;
  }
}

/** Returns the checked facts of a sentence as stretches of the text. Their offsets count code points, as Python does. */
function factsOf({ text, supported, citations, facts = [] }, start) {
  const points = Array.from(text);
  const offset = (count) => start + points.slice(0, count).join("").length;
  return facts.map(({ start: from, end: to, found }) => {
    const opens = supported && !found && citations.length > 0;
    const title = opens ? t("fact.computed_open") : factTitle({ found, supported });
    return { start: offset(from), end: offset(to), className: factClass({ found, supported }), title, opens };
  });
}
