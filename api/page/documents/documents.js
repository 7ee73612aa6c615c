// The documents of the chosen collection beside the conversation.

import { CollectionDocuments } from "/page/documents/collection_documents.js";
import { DocumentRow } from "/page/documents/document_row.js";
import { UploadFailures } from "/page/uploads/upload_failures.js";
import { VirtualList } from "/page/documents/virtual_list.js";
import { dismissFailed } from "/page/documents/calls.js";
import { announce, element } from "/page/shared/dom.js";
import { t } from "/page/shared/words.js";

const ROW_PIXELS = 54;
const SEARCHED_FROM = 8;
const MOST_FAILED = 3; // more would push those that can be asked out of sight
const TYPING_MILLISECONDS = 120;

export class DocumentList {
  #rows = new Map();
  #timer = 0;
  #showsFailed = false;

  /**
   * `onChange({ready, count, isSettled})` is called with the documents that are ready and the count of all rows whenever
   * either changes, `isSettled` where no more are on their way; `onOpen(document, opener)` when one is to be shown; `onAsk(filter, words)` to ask only what was found.
   */
  constructor({ list, note, search, ask, failed, failures, onChange, onOpen, onAsk }) {
    this.note = note;
    this.search = search;
    this.ask = ask;
    this.failed = failed;
    this.onChange = onChange;
    this.onOpen = onOpen;
    this.rows = new VirtualList({ list, rowHeight: ROW_PIXELS, nodeOf: (entry) => this.#row(entry).node, onHide: (entry) => this.#hidden(entry) });
    this.failures = new UploadFailures({ node: failures, onSettle: (how) => this.documents.settleFailures(how) });
    this.documents = new CollectionDocuments({
      onList: (how) => this.#show(how),
      onEntry: (entry) => this.#rows.get(entry)?.show(entry.view),
      onTell: announce,
    });
    search.addEventListener("input", () => this.#searchSoon());
    ask.addEventListener("click", () => onAsk(this.documents.wanted.filter, { name: search.value.trim(), count: this.documents.entries.length }));
  }

  get collection() {
    return this.documents.collection;
  }

  /** Shows another collection. Uploads to the old collection go on, and are shown again on return. */
  load(collection) {
    this.search.value = "";
    this.#showsFailed = false;
    return this.documents.load({ collection, filter: {} });
  }

  /** Uploads chosen files to the collection. */
  add(chosen) {
    this.documents.add(chosen);
  }

  #searchSoon() {
    clearTimeout(this.#timer);
    const name = this.search.value.trim();
    this.#timer = setTimeout(() => this.documents.load({ filter: name === "" ? {} : { name } }), TYPING_MILLISECONDS);
  }

  #show({ failure, isWhole }) {
    const { entries, documents, failures, wanted } = this.documents;
    const isSearched = Object.keys(wanted.filter).length > 0;
    const gone = this.#focused();
    const shown = this.#withoutFailed(entries);
    this.rows.show(shown);
    if (gone !== null && shown.length > 0 && !shown.includes(gone.entry)) this.#focusNear(gone.at);
    const nothing = isSearched && isWhole && entries.length === 0 ? t("documents.no_name") : "";
    this.note.textContent = failure || nothing;
    this.note.hidden = this.note.textContent === "";
    this.note.classList.toggle("is-failure", failure !== "");
    this.search.parentElement.hidden = !isSearched && this.search.value === "" && entries.length < SEARCHED_FROM;
    this.ask.hidden = !isSearched || entries.length === 0;
    this.failures.show(failures);
    if (isSearched) return; // what can be asked stays the same
    const ready = documents.filter(({ state }) => state === "ready");
    this.onChange({ ready, count: entries.length, isSettled: isWhole && !entries.some(({ active }) => active) });
  }

  /** Returns the entries to show: of many that could not be read only the count is said, until a reader wants to see them. */
  #withoutFailed(entries) {
    const readable = entries.filter(({ view }) => view?.state !== "failed");
    const count = entries.length - readable.length;
    this.failed.hidden = count <= MOST_FAILED;
    if (this.failed.hidden) return entries;
    const action = (words, click) => element("button", { type: "button", className: "quiet-button", click }, words);
    const show = () => {
      this.#showsFailed = true;
      this.#show({ failure: "", isWhole: true });
    };
    const removal = action(t("library.failed_remove_all"), () => this.#removeFailed());
    const actions = this.#showsFailed ? [removal] : [action(t("library.failed_show"), show), removal];
    this.failed.replaceChildren(element("span", {}, t("library.failed", { count })), ...actions);
    return this.#showsFailed ? entries : readable;
  }

  async #removeFailed() {
    const { collection, changes } = this.documents;
    try {
      announce(t("library.failed_removed", { count: await dismissFailed(collection) }));
      changes.tell(collection);
      await this.documents.load({});
    } catch (error) {
      announce(error.detail ?? String(error));
    }
  }

  #row(entry) {
    const known = this.#rows.get(entry);
    if (known) return known;
    const row = new DocumentRow({
      onOpen: (opener) => this.onOpen(entry.document, opener),
      onRemove: () => this.documents.remove(entry),
      versions: {
        subject: () => ({ documentId: entry.document.id, name: entry.document.name }),
        onRestore: (versionId) => this.documents.restore(entry, versionId),
      },
    });
    row.show(entry.view);
    this.#rows.set(entry, row);
    return row;
  }

  /** Forgets a row that is out of sight, unless something is open in it. */
  #hidden(entry) {
    if (!this.#rows.get(entry)?.isOpen || entry.removed) this.#rows.delete(entry);
  }

  /** Returns the entry whose row has the focus, and where it stands. */
  #focused() {
    for (const [entry, row] of this.#rows) {
      if (row.node.contains(document.activeElement)) return { entry, at: this.rows.placeOf(entry) };
    }
    return null;
  }

  /** Keeps the keyboard's focus in the list, else it would go to the top of the page. */
  #focusNear(at) {
    this.rows.reveal(Math.min(at, this.rows.entries.length - 1))?.querySelector(".row-remove").focus();
  }
}
