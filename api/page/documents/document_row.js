// One row of the document list: it shows a document, and reports clicks to its owner. It keeps its nodes when the state
// changes, so that focus is not lost while a job advances.

import { Confirmation } from "/page/shared/confirmation.js";
import { element, icon } from "/page/shared/dom.js";
import { t } from "/page/shared/words.js";
import { VersionPanel } from "/page/documents/versions.js";

const CHIPS = { uploading: t("documents.state.uploading"), processing: t("documents.state.processing"), ready: t("documents.state.ready"), failed: t("documents.state.failed") };

export class DocumentRow {
  #removable = "delete";
  #name = "";

  /**
   * `onOpen(opener)` opens the document, once it is ready. `onRemove` is called once removal is confirmed, or at once if
   * no data would be lost; it may return a promise of an error.
   * `versions.subject()` returns the document, as `{documentId, name}`; `versions.onRestore` is a VersionPanel's.
   */
  constructor({ onOpen, onRemove, versions }) {
    this.onRemove = onRemove;
    this.kind = element("span", { className: "kind", "aria-hidden": "true" });
    this.name = element("button", { type: "button", className: "row-name", disabled: true, click: () => onOpen(this.name) });
    this.meta = element("span", { className: "row-meta" });
    this.chip = element("span", { className: "chip" });
    this.remove = element(
      "button",
      { type: "button", className: "icon-button row-remove", click: () => this.#askOrRemove() },
      icon("delete"),
    );
    this.versions = new VersionPanel({
      onRestore: async (versionId) => {
        await versions.onRestore(versionId);
        this.#closeVersions();
      },
    });
    this.history = element(
      "button",
      { type: "button", className: "icon-button row-history", hidden: true, title: t("documents.versions"), click: () => this.#toggleVersions(versions.subject()) },
      icon("history"),
    );
    this.progress = element("progress", { className: "row-progress", max: 1, hidden: true });
    this.reason = element("p", { className: "row-reason", hidden: true });
    this.warning = element("p", { className: "row-warning", hidden: true });
    this.confirmation = new Confirmation({ opener: this.remove, onAgree: () => this.onRemove() });
    this.node = element(
      "li",
      { className: "row" },
      this.kind,
      element("div", { className: "row-main" }, this.name, element("div", { className: "row-state" }, this.chip, this.meta)),
      this.history,
      this.remove,
      this.progress,
      this.reason,
      this.warning,
      this.versions.node,
      this.confirmation.node,
    );
  }

  /**
   * Shows a state: `uploading`, `processing`, `ready` or `failed`. `progress` is 0 to 1, or null if it is not known;
   * `removable` is `cancel` for an upload or a job under way, `delete` for a stored document. `hasActive` is true if a
   * version answers questions, whether or not a newer one succeeds.
   */
  show({ name, meta, state, progress = null, reason = "", warning = "", removable = "delete", hasActive = false }) {
    // An open question or list of versions would be out of date.
    if (this.#removable !== removable) this.confirmation.hide();
    if (this.node.dataset.state !== state || !hasActive) this.#closeVersions();
    this.#name = name;
    this.#removable = removable;
    this.node.dataset.state = state;
    this.kind.textContent = extension(name);
    this.name.textContent = name;
    this.name.title = name;
    this.name.disabled = state !== "ready";
    this.meta.textContent = meta;
    this.chip.textContent = CHIPS[state];
    this.#showProgress(state === "uploading" || state === "processing", progress);
    this.reason.textContent = reason;
    this.reason.hidden = reason === "";
    this.warning.textContent = warning;
    this.warning.hidden = warning === "";
    this.history.hidden = !hasActive;
    this.history.setAttribute("aria-label", t("documents.versions_of", { name }));
    const isDelete = removable === "delete";
    this.remove.setAttribute("aria-label", isDelete ? t("common.delete_name", { name }) : t("documents.cancel_name", { name }));
    this.remove.title = isDelete ? t("common.delete") : t("common.cancel");
    this.remove.replaceChildren(icon(removable === "delete" ? "delete" : "close"));
  }

  /** Whether something is open in the row, which would be lost with it. */
  get isOpen() {
    return this.versions.isOpen || !this.confirmation.node.hidden;
  }

  #toggleVersions(subject) {
    if (this.versions.isOpen) {
      this.#closeVersions();
      return;
    }
    this.history.setAttribute("aria-expanded", "true");
    this.versions.open(subject);
  }

  #closeVersions() {
    this.history.setAttribute("aria-expanded", "false");
    this.versions.close();
  }

  #showProgress(shown, value) {
    this.progress.hidden = !shown;
    if (value === null) this.progress.removeAttribute("value");
    else this.progress.value = value;
    this.progress.setAttribute("aria-label", t("documents.progress_of", { name: this.#name }));
  }

  #askOrRemove() {
    if (this.#removable !== "delete") {
      this.onRemove();
      return;
    }
    this.confirmation.ask({ question: t("documents.delete_question"), label: t("documents.delete_question_name", { name: this.#name }) });
  }
}

/** Returns up to four characters of a file's extension. */
export function extension(name) {
  const dot = name.lastIndexOf(".");
  const letters = dot > 0 ? name.slice(dot + 1) : "";
  return letters.length > 0 && letters.length <= 4 ? letters.toLowerCase() : "file";
}
