// Shows a cited passage in its place in the document, with the quoted words highlighted.

import { getText } from "/page/shared/api.js";
import { placeWords } from "/page/chat/answer_parts.js";
import { element, icon } from "/page/shared/dom.js";

const CONTEXT_CHARACTERS = 800;
const GONE = "This document has been deleted since, or this version is no longer kept. The quoted words are shown below.";

export class SourcePanel {
  #items = [];
  #at = 0;
  #opener = null;
  #shown = 0;

  constructor({ node, onToggle }) {
    this.node = node;
    this.onToggle = onToggle;
    this.title = element("h2", { id: "source-title", className: "source-title", tabIndex: -1, dir: "auto" });
    this.place = element("p", { className: "source-where", dir: "auto" });
    this.count = element("span", { className: "source-count" });
    this.previous = this.#button("previous", "Previous citation", () => this.#step(-1));
    this.next = this.#button("next", "Next citation", () => this.#step(1));
    this.body = element("div", { className: "source-body", tabIndex: 0, role: "region", "aria-label": "Text of the document" });
    const close = this.#button("close", "Close the source", () => this.close());
    node.append(
      element("div", { className: "source-bar" }, this.previous, this.next, this.count, close),
      element("header", { className: "source-head" }, this.title, this.place),
      this.body,
    );
    node.addEventListener("keydown", (event) => this.#key(event));
  }

  get isOpen() {
    return !this.node.hidden;
  }

  /**
   * Opens at `items[at]`. An item has `document_id`, `version_id`, `number`, `page`, `start`, `end`, `quote`, and
   * `source`, the passage it lies in, and `chip`, its mark in the answer; the last two may be null. Focus goes back to
   * `opener` when the panel closes.
   */
  open({ items, at, opener }) {
    this.#pointOut(null);
    this.#items = items;
    this.#at = at;
    this.#opener = opener;
    this.node.hidden = false;
    this.onToggle(true);
    this.title.focus({ preventScroll: true });
    return this.#show();
  }

  close() {
    if (!this.isOpen) return;
    this.node.hidden = true;
    this.#pointOut(null);
    this.#shown += 1; // a response that is still under way is ignored
    this.onToggle(false);
    if (this.#opener?.isConnected) this.#opener.focus();
  }

  #button(name, label, onClick) {
    return element("button", { type: "button", className: `icon-button source-${name}`, "aria-label": label, title: label, click: onClick }, icon(name));
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowLeft") this.#step(-1);
    else if (event.key === "ArrowRight") this.#step(1);
  }

  #step(by) {
    const at = this.#at + by;
    if (at < 0 || at >= this.#items.length) return;
    this.#at = at;
    this.#show();
  }

  async #show() {
    const item = this.#items[this.#at];
    const { source } = item;
    this.#shown += 1;
    const shown = this.#shown;
    this.title.textContent = source ? source.title || source.name : "Source";
    this.place.textContent = source ? placeWords(source, [item.page]) : "";
    this.count.textContent = `${this.#at + 1} of ${this.#items.length}`;
    this.#disable(this.previous, this.#at === 0);
    this.#disable(this.next, this.#at === this.#items.length - 1);
    this.#pointOut(item.chip);
    this.body.setAttribute("aria-busy", "true");
    const nodes = await this.#passage(item);
    if (shown !== this.#shown) return; // the reader has opened another citation
    this.body.removeAttribute("aria-busy");
    this.body.replaceChildren(...nodes);
    this.body.querySelector("mark")?.scrollIntoView({ block: "center" });
  }

  /** Marks the shown citation in the answer. */
  #pointOut(chip) {
    for (const each of this.#items) each.chip?.removeAttribute("aria-current");
    chip?.setAttribute("aria-current", "true");
  }

  /** Does not use the `disabled` property, which would lose the keyboard's focus at the last citation. */
  #disable(button, disabled) {
    button.setAttribute("aria-disabled", String(disabled));
  }

  async #passage(item) {
    const { document_id: documentId, version_id: versionId, start, end, source } = item;
    try {
      const from = Math.max(0, start - CONTEXT_CHARACTERS);
      const around = await getText({ documentId, versionId, start: from, end: end + CONTEXT_CHARACTERS });
      return [around.is_active === false && outdated(), passage({ around, start, end })].filter(Boolean);
    } catch (error) {
      const words = error.status === 404 ? GONE : error.detail ?? String(error);
      const reason = element("p", { className: "source-failure", role: "alert" }, words);
      // The answer holds the passage itself, so the quoted words can still be shown.
      if (!source) return [reason, element("blockquote", {}, item.quote)];
      const around = { text: source.text, start: source.start, end: source.end, length: source.end };
      return [reason, passage({ around, start, end })];
    }
  }
}

function outdated() {
  const words = "The answer was written from this version of the document. Another one has replaced it since.";
  return element("p", { className: "source-outdated", role: "note" }, words);
}

/** Offsets count code points, as Python does; a JavaScript string counts UTF-16 units, so it is split first. */
function passage({ around, start, end }) {
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
    element("mark", {}, points.slice(from, to).join("")),
    after,
    around.end < around.length && element("span", { className: "cut", "aria-hidden": "true" }, " …"),
  );
}
