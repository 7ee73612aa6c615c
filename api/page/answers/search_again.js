// What was searched for, below the question: shown when it differs from the question, and changed to ask again with
// other words or in chosen documents only.

import { element } from "/page/shared/dom.js";
import { t } from "/page/shared/words.js";

const FILTERED_FROM = 8;
const MOST_CHOSEN = 1000; // as many as the API takes

export class SearchAgain {
  #asked = { searchQuery: "", documentIds: [] };
  #shownQuery = "";
  #opener = null;

  /** `documents()` returns the documents to choose from; `onSearch({searchQuery, documentIds}, isChanged)` asks again, and may be null. */
  constructor({ question, documents, onSearch }) {
    this.question = question;
    this.documents = documents;
    this.onSearch = onSearch;
    this.words = element("span", { className: "search-words", dir: "auto" });
    this.change = element("button", { type: "button", className: "link-button", click: () => this.open(this.change) }, t("search.change"));
    this.line = element("p", { hidden: true }, this.words, " ", onSearch && this.change);
    this.form = element("form", { className: "search-form", hidden: true, submit: (event) => this.#submit(event), keydown: (event) => this.#key(event) });
    this.node = element("div", { className: "turn-search" }, this.line, this.form);
  }

  /** Shows what was searched for, if it is not the question itself, and in which documents. */
  show({ searchQuery, asked, names }) {
    this.#asked = asked;
    this.#shownQuery = searchQuery;
    const isAlike = alike(searchQuery, this.question);
    const values = { query: searchQuery, names: names.join(", ") };
    if (names.length === 0) this.words.textContent = isAlike ? "" : t("search.searched", values);
    else this.words.textContent = isAlike ? t("search.searched_only_in", values) : t("search.searched_in", values);
    this.line.hidden = this.words.textContent === "";
    this.form.hidden = true;
  }

  /** Opens the form; focus goes back to `opener` when it closes. */
  open(opener) {
    this.#opener = opener;
    this.input = element("input", { type: "text", className: "search-input", value: this.#shownQuery || this.question, maxLength: 2000, dir: "auto" });
    this.form.replaceChildren(
      element("label", { className: "search-label" }, element("span", { className: "small-heading" }, t("search.for")), this.input),
      ...this.#chooser(),
      element(
        "div",
        { className: "search-buttons" },
        element("button", { type: "submit", className: "button primary" }, t("common.ask_again")),
        element("button", { type: "button", className: "button", click: () => this.#close() }, t("common.cancel")),
      ),
    );
    this.form.hidden = false;
    this.input.focus({ preventScroll: true });
    this.input.select();
    this.form.scrollIntoView({ block: "nearest" });
  }

  #chooser() {
    const documents = this.documents();
    this.boxes = [];
    if (documents.length < 2) return [];
    const chosen = new Set(this.#asked.documentIds);
    const items = documents.map((found) => {
      const box = element("input", { type: "checkbox", value: found.id, checked: chosen.has(found.id), change: () => count() });
      this.boxes.push(box);
      const says = found.title && !alike(found.title, found.name) && !alike(found.title, found.name.replace(/\.[^.]*$/, ""));
      const title = says && element("span", { className: "source-place" }, found.title);
      const label = element("label", { className: "search-document" }, box, element("span", {}, found.name, title && " ", title));
      return { node: element("li", {}, label), words: `${found.name} ${found.title ?? ""}`.toLowerCase() };
    });
    const legend = element("legend", { className: "small-heading" });
    const count = () => {
      const checked = this.boxes.filter((box) => box.checked).length;
      legend.textContent = checked === 0 ? t("search.all") : t("search.only_count", { chosen: checked, count: documents.length });
    };
    count();
    const filter = element("input", { type: "search", className: "search-input", placeholder: t("search.find"), "aria-label": t("search.find") });
    filter.addEventListener("input", () => {
      const wanted = filter.value.trim().toLowerCase();
      for (const { node, words } of items) node.hidden = !words.includes(wanted);
    });
    filter.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault(); // it finds a document, it does not ask
    });
    return [
      element(
        "fieldset",
        { className: "search-documents" },
        legend,
        documents.length > FILTERED_FROM && filter,
        element("ul", {}, ...items.map(({ node }) => node)),
      ),
    ];
  }

  #submit(event) {
    event.preventDefault();
    const offered = this.#shownQuery || this.question;
    const written = this.input.value.trim() || offered;
    const { documentIds: before } = this.#asked;
    const chosen = this.boxes.filter((box) => box.checked).map((box) => box.value).slice(0, MOST_CHOSEN);
    const documentIds = this.boxes.length > 0 ? chosen : before;
    const isChanged = written !== offered || documentIds.length !== before.length || documentIds.some((id) => !before.includes(id));
    this.#close();
    if (!isChanged) this.onSearch(this.#asked, false);
    else this.onSearch({ searchQuery: alike(written, this.question) ? "" : written, documentIds }, true);
  }

  #key(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation(); // else Escape would also close the source beside it
    this.#close();
  }

  #close() {
    this.form.hidden = true;
    if (this.#opener?.isConnected && !this.#opener.closest("[hidden]")) this.#opener.focus({ preventScroll: true });
  }
}

/** Returns whether two questions differ in case and marks only. */
function alike(one, other) {
  const bare = (text) => (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(" ");
  return bare(one) === bare(other);
}
