// Shows a cited passage in its document, with the quoted words boxed, and leads from one citation to the next.

import { placeWords } from "/page/chat/answer_parts.js";
import { PanelHistory } from "/page/chat/panel_history.js";
import { announce, element } from "/page/shared/dom.js";
import { copyText } from "/page/proof/copying.js";
import { DocumentPane, disable, tool } from "/page/proof/document_pane.js";
import { OriginalLinks } from "/page/proof/original_links.js";
import { t } from "/page/shared/words.js";

export class SourcePanel {
  #items = [];
  #at = 0;
  #opener = null;

  constructor({ node, onToggle }) {
    this.node = node;
    this.onToggle = onToggle;
    this.history = new PanelHistory({ onBack: () => this.close() });
    this.title = element("h2", { id: "source-title", className: "source-title", tabIndex: -1, dir: "auto" });
    this.file = element("p", { className: "source-file", dir: "auto" });
    this.place = element("p", { className: "source-where", dir: "auto" });
    this.outdated = element("p", { className: "source-outdated", role: "note" }, t("source.outdated"));
    this.count = element("span", { className: "source-count" });
    this.previous = tool("previous", t("source.previous"), () => this.#step(-1));
    this.next = tool("next", t("source.next"), () => this.#step(1));
    this.link = tool("link", t("source.copy_link"), () => this.#copyLink());
    this.original = new OriginalLinks();
    this.pane = new DocumentPane({ onPlace: (place) => this.#placed(place) });
    this.head = element("header", { className: "source-head" }, this.title, this.file, this.place);
    const close = tool("close", t("source.close"), () => this.dismiss());
    node.append(
      element("div", { className: "source-bar" }, this.previous, this.next, this.count, this.link, ...this.original.nodes, close),
      this.head,
      this.pane.node,
    );
    node.addEventListener("keydown", (event) => this.#key(event));
  }

  get isOpen() {
    return !this.node.hidden;
  }

  /**
   * Opens at `items[at]`. An item has `document_id`, `version_id`, `number`, `page`, `start`, `end`, `quote`, and
   * `source`, the passage it lies in, `chip`, its mark in the answer, and `proof`, its permanent address; the last three
   * may be null. It may have `sentence` and `cells`, see DocumentPane. A whole document has `about`, its `title` and
   * `name`. The address names the item. Focus goes back to `opener` when the panel closes.
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

  /** Opens a document at its beginning. */
  openDocument({ id, title, name }, opener) {
    const place = { document_id: id, version_id: null, number: null, page: null, start: 0, end: 0, quote: "" };
    return this.open({ items: [{ ...place, about: { title, name }, source: null, chip: null, proof: null }], at: 0, opener });
  }

  /** Closes the panel for a reader who wants it closed. */
  dismiss() {
    this.close();
    this.history.leave();
  }

  close() {
    if (!this.isOpen) return;
    this.node.hidden = true;
    this.#pointOut(null);
    this.pane.stop();
    this.onToggle(false);
    if (this.#opener?.isConnected) this.#opener.focus();
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    // A page that is wider than the panel is moved by the arrows.
    const moves = event.target === this.pane.body && this.pane.body.scrollWidth > this.pane.body.clientWidth;
    if (event.key === "ArrowLeft" && !moves) this.#step(-1);
    else if (event.key === "ArrowRight" && !moves) this.#step(1);
    else if (this.pane.key(event)) event.preventDefault();
  }

  #step(by) {
    const at = this.#at + by;
    if (at < 0 || at >= this.#items.length) return;
    this.#at = at;
    this.#show();
  }

  #show() {
    const item = this.#items[this.#at];
    const { source } = item;
    const about = source ?? item.about ?? null;
    this.title.textContent = about ? about.title || about.name : t("source.title");
    this.#nameFile(about?.name ?? "");
    this.place.textContent = source ? placeWords(source, [item.page ?? null]) : "";
    this.count.textContent = item.about ? "" : t("source.count", { number: this.#at + 1, count: this.#items.length });
    this.previous.hidden = this.next.hidden = Boolean(item.about);
    this.link.hidden = !item.proof;
    disable(this.previous, this.#at === 0);
    disable(this.next, this.#at === this.#items.length - 1);
    this.#pointOut(item.chip);
    this.history.opened(item);
    return this.pane.show(item);
  }

  /** Fills in what the service knows of the version; `place` is null where it cannot be read. */
  #placed(place) {
    if (place === null || place.is_active) this.outdated.remove();
    else this.head.append(this.outdated);
    this.original.show(place);
    if (place === null) return;
    this.title.textContent = place.title;
    this.#nameFile(place.name);
  }

  /** Names the file where the title does not: titles of different documents may be the same. */
  #nameFile(name) {
    this.file.textContent = name === this.title.textContent ? "" : name;
  }

  /** Marks the shown citation in the answer. */
  #pointOut(chip) {
    for (const each of this.#items) each.chip?.removeAttribute("aria-current");
    chip?.setAttribute("aria-current", "true");
  }

  async #copyLink() {
    const address = new URL(this.#items[this.#at].proof, location.href).href;
    announce((await copyText(address)) ? t("source.link_copied") : t("source.link_is", { address }));
  }
}
