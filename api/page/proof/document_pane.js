// A cited passage in its document: the original page with the words boxed, or its text; with zoom and pages to turn.

import { getPlace, getText } from "/page/shared/api.js";
import { announce, element, icon } from "/page/shared/dom.js";
import { valueCells } from "/page/proof/cells.js";
import { HtmlView } from "/page/proof/html_view.js";
import { PageView } from "/page/proof/page_view.js";
import { passage } from "/page/proof/passage.js";
import { failureNodes } from "/page/shared/problems.js";
import { percent, t } from "/page/shared/words.js";

const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];
const FIT = ZOOMS.indexOf(1);
const QUOTE_CONTEXT = 160;
const TEXT_CONTEXT = 800;
const READ_CHARACTERS = 100_000; // of a document that is opened at its beginning
const REMEMBERED = "citewell.proof-form";

export class DocumentPane {
  #item = null;
  #place = null;
  #page = 1;
  #shown = 0;
  #zoom = FIT;

  /** `onPlace(place)` is told of each place that is shown, and of null where there is none. */
  constructor({ onPlace = () => {} } = {}) {
    this.onPlace = onPlace;
    this.form = remembered();
    this.pageView = new PageView();
    this.htmlView = new HtmlView();
    this.forms = ["page", "text"].map((form) => this.#formButton(form));
    this.zoomOut = tool("zoom-out", t("pane.zoom_out"), () => this.zoomBy(-1));
    this.zoomLevel = element("button", { type: "button", className: "quiet-button zoom-level", title: t("pane.fit"), click: () => this.zoomBy(0) });
    this.zoomIn = tool("zoom-in", t("pane.zoom_in"), () => this.zoomBy(1));
    this.before = tool("up", t("pane.previous"), () => this.turn(-1));
    this.pageNumber = element("span", { className: "page-number" });
    this.after = tool("down", t("pane.next"), () => this.turn(1));
    this.pages = element("div", { className: "page-tools", role: "group", "aria-label": t("pane.pages") }, this.before, this.pageNumber, this.after);
    this.zooms = element("div", { className: "zoom-tools", role: "group", "aria-label": t("pane.zoom") }, this.zoomOut, this.zoomLevel, this.zoomIn);
    const forms = element("div", { className: "form-tools", role: "group", "aria-label": t("pane.form") }, ...this.forms);
    this.body = element("div", { className: "source-body", tabIndex: 0, role: "region", "aria-label": t("pane.document") });
    this.quote = element("div", { className: "pane-quote", role: "region", "aria-label": t("pane.cited"), tabIndex: 0 });
    this.foot = element("div", { className: "pane-foot", hidden: true }, this.quote);
    this.node = element("div", { className: "document-pane" }, element("div", { className: "pane-tools" }, forms, this.pages, this.zooms), this.body, this.foot);
  }

  /**
   * Shows an item: `document_id`, `version_id`, `start`, `end`, `quote`; `source`, its passage in the answer, or null. In
   * tables the cells that begin at `cells` are pointed out, or those that hold the values of its `sentence`.
   */
  async show(item) {
    this.#item = item;
    await this.#draw(async () => {
      this.#place = null; // what was deleted since is not shown, though the browser may still have its picture
      const place = await getPlace(item);
      return () => {
        this.#place = place;
        this.#page = place.page;
        this.onPlace(place);
      };
    });
  }

  /** Stops showing: what is still under way is ignored. */
  stop() {
    this.#shown += 1;
  }

  /** Handles a key; returns whether it was one of the pane's. */
  key({ key }) {
    if (key === "+" || key === "=") this.zoomBy(1);
    else if (key === "-") this.zoomBy(-1);
    else if (key === "0") this.zoomBy(0);
    else if (key === "[") this.turn(-1);
    else if (key === "]") this.turn(1);
    else return false;
    return true;
  }

  /** Zooms one step in or out; 0 fits the width again. */
  zoomBy(steps) {
    if (this.form === "text") return;
    this.#zoom = steps === 0 ? FIT : Math.min(ZOOMS.length - 1, Math.max(0, this.#zoom + steps));
    this.#fitTools();
    const { body } = this;
    const target = (this.#place?.has_images ? this.pageView : this.htmlView).target;
    const stays = target !== null && overlaps(target.getBoundingClientRect(), body.getBoundingClientRect());
    const middle = (body.scrollTop + body.clientHeight / 2) / body.scrollHeight;
    this.#applyZoom();
    if (stays) this.#reveal(target);
    else body.scrollTop = middle * body.scrollHeight - body.clientHeight / 2;
    if (this.#place?.has_images) this.pageView.sharpen({ place: this.#place, page: this.#page, shownWidth: this.#width() });
    announce(t("pane.zoom_is", { share: percent(ZOOMS[this.#zoom]) }));
  }

  /** Turns some pages on or back. */
  async turn(by) {
    const place = this.#place;
    const page = this.#page + by;
    if (this.form === "text" || place === null || page < 1 || page > place.page_count) return;
    this.#page = page;
    announce(pageWords(place, page));
    await this.#draw(async () => () => {});
  }

  async #use(form) {
    if (form === this.form) return;
    this.form = form;
    remember(form);
    if (this.#item !== null) await this.show(this.#item);
  }

  /** Calls `prepare`, whose result is applied unless the reader has gone on since; then draws. */
  async #draw(prepare) {
    this.#shown += 1;
    const shown = this.#shown;
    const isStale = () => shown !== this.#shown;
    this.body.setAttribute("aria-busy", "true");
    try {
      const apply = await prepare();
      if (isStale()) return;
      apply();
      this.#fitTools();
      if (this.form === "text") await this.#drawText(isStale);
      else await this.#drawPage(isStale);
    } catch (error) {
      if (isStale()) return;
      await this.#fail(error, isStale);
    }
    if (!isStale()) this.body.removeAttribute("aria-busy");
  }

  async #drawText(isStale) {
    const around = await getText(this.#around(TEXT_CONTEXT));
    if (isStale()) return;
    this.foot.hidden = true;
    this.#fill(passage({ around, ...this.#item }));
    this.#reveal(this.body.querySelector("mark"));
  }

  async #drawPage(isStale) {
    const place = this.#place;
    const page = this.#page;
    if (!place.has_images) {
      await this.htmlView.show({ place, page });
      if (isStale()) return;
      this.htmlView.point(this.#item.cells ?? valueCells({ cells: place.cells, sentence: this.#item.sentence }));
      this.foot.hidden = true;
      this.#fill(this.htmlView.node);
      this.#applyZoom();
      await this.htmlView.ready;
      this.#reveal(this.htmlView.target);
      return;
    }
    const around = this.#item.start < this.#item.end && getText(this.#around(QUOTE_CONTEXT)).catch(() => null);
    if (!this.body.contains(this.pageView.node)) this.#fill(this.pageView.node);
    this.body.querySelector(".source-failure")?.remove();
    this.#applyZoom();
    await Promise.all([this.pageView.show({ place, page, shownWidth: this.#width() }), this.#drawQuote(around, isStale)]);
    if (!isStale()) this.#reveal(this.pageView.target);
  }

  /** Below a picture stand the words, for those who cannot see it, or want to copy them. */
  async #drawQuote(coming, isStale) {
    const around = await coming;
    if (isStale()) return;
    const { start, end, quote } = this.#item;
    this.foot.hidden = start >= end;
    if (this.foot.hidden) return;
    this.quote.replaceChildren(around === null ? element("blockquote", {}, quote) : passage({ around, start, end }));
    const mark = this.quote.querySelector("mark");
    const line = parseFloat(getComputedStyle(this.quote.firstChild).lineHeight);
    // It begins one whole line before the words.
    if (mark) this.quote.scrollTop = (Math.round((mark.offsetTop - this.quote.offsetTop) / line) - 1) * line;
  }

  async #fail(error, isStale) {
    if (this.#place === null) this.onPlace(null);
    const { source, start, end, quote } = this.#item;
    const gone = error.status === 404;
    const isPicture = error.detail === undefined; // it could not be decoded
    const words = gone ? [goneWords(this.#item)] : isPicture ? [t("pane.cannot")] : failureNodes(error);
    const reason = element("div", { className: "source-failure", role: "alert" }, ...words);
    const around = gone || this.#place === null ? null : await getText(this.#around(TEXT_CONTEXT)).catch(() => null);
    if (isStale()) return;
    this.foot.hidden = true;
    // The answer holds the passage itself, so the quoted words can still be shown.
    const held = around ?? (source && { text: source.text, start: source.start, end: source.end, length: source.end });
    this.#fill(reason, held ? passage({ around: held, start, end }) : quote && element("blockquote", {}, quote));
    this.#reveal(this.body.querySelector("mark"));
  }

  #around(characters) {
    const { document_id: documentId, version_id: versionId, start, end } = this.#item;
    return { documentId, versionId, start: Math.max(0, start - characters), end: end === 0 ? READ_CHARACTERS : end + characters };
  }

  #fill(...nodes) {
    this.body.replaceChildren(...nodes.filter(Boolean));
    this.body.scrollTo(0, 0);
  }

  /** Scrolls the document alone, never the page around it. */
  #reveal(target) {
    if (!target) return;
    const { body } = this;
    const inner = target.getBoundingClientRect();
    const outer = body.getBoundingClientRect();
    body.scrollTo({
      top: body.scrollTop + inner.top - outer.top - Math.max(24, (body.clientHeight - inner.height) / 2.5),
      left: body.scrollLeft + inner.left - outer.left - Math.max(24, (body.clientWidth - inner.width) / 2),
    });
  }

  #applyZoom() {
    (this.#place?.has_images ? this.pageView : this.htmlView).zoom(ZOOMS[this.#zoom]);
  }

  #width() {
    return this.body.clientWidth * ZOOMS[this.#zoom];
  }

  #fitTools() {
    const isPage = this.form === "page" && this.#place !== null;
    for (const button of this.forms) button.setAttribute("aria-pressed", String(button.dataset.form === this.form));
    this.zooms.hidden = !isPage;
    this.zoomLevel.textContent = percent(ZOOMS[this.#zoom]);
    this.zoomLevel.setAttribute("aria-label", t("pane.zoom_level", { share: percent(ZOOMS[this.#zoom]) }));
    disable(this.zoomOut, this.#zoom === 0);
    disable(this.zoomIn, this.#zoom === ZOOMS.length - 1);
    this.pages.hidden = !isPage || this.#place.page_count < 2;
    if (this.pages.hidden) return;
    this.pageNumber.textContent = `${this.#page} / ${this.#place.page_count}`;
    disable(this.before, this.#page === 1);
    disable(this.after, this.#page === this.#place.page_count);
    for (const button of [this.before, this.after]) button.title = button.ariaLabel;
  }

  #formButton(form) {
    const button = element("button", { type: "button", className: "form-button", "aria-pressed": "false", click: () => this.#use(form) }, form === "page" ? t("pane.page") : t("pane.text"));
    button.dataset.form = form;
    return button;
  }
}

/** Does not use the `disabled` property, which would lose the keyboard's focus at the last one. */
export function disable(button, disabled) {
  button.setAttribute("aria-disabled", String(disabled));
}

export function tool(name, label, onClick) {
  return element("button", { type: "button", className: `icon-button source-${name}`, "aria-label": label, title: label, click: onClick }, icon(name));
}

function overlaps(inner, outer) {
  return inner.top < outer.bottom && inner.bottom > outer.top && inner.left < outer.right && inner.right > outer.left;
}

function goneWords({ quote }) {
  return quote ? t("pane.gone_quote") : t("pane.gone");
}

function pageWords(place, page) {
  const values = { page, count: place.page_count };
  return place.has_images ? t("pane.page_of", values) : t("pane.part_of", values);
}

function remembered() {
  try {
    return localStorage.getItem(REMEMBERED) === "text" ? "text" : "page";
  } catch {
    return "page"; // the browser keeps nothing for this page
  }
}

function remember(form) {
  try {
    localStorage.setItem(REMEMBERED, form);
  } catch {
    // It is chosen again next time.
  }
}
