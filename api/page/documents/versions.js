// The versions of one document, listed in its row, each with a button to restore it.

import { listVersions } from "/page/shared/api.js";
import { element } from "/page/shared/dom.js";
import { failureOf } from "/page/documents/document_words.js";
import { failureNodes, technicalDetails } from "/page/shared/problems.js";
import { date, t } from "/page/shared/words.js";

const STATES = { processing: t("documents.version_reading"), failed: t("documents.version_failed") };

export class VersionPanel {
  #shown = 0;

  /** `onRestore` is called with the id of the version to restore, and resolves once its job has started. */
  constructor({ onRestore }) {
    this.onRestore = onRestore;
    this.node = element("div", { className: "row-versions", role: "group", hidden: true });
  }

  get isOpen() {
    return !this.node.hidden;
  }

  async open({ documentId, name }) {
    this.#shown += 1;
    const shown = this.#shown;
    this.name = name;
    this.node.hidden = false;
    this.node.setAttribute("aria-label", t("documents.versions_of", { name }));
    this.node.replaceChildren(element("p", { className: "row-meta" }, t("documents.looking_for_versions")));
    const nodes = await this.#list(documentId);
    if (shown === this.#shown) this.node.replaceChildren(...nodes);
  }

  close() {
    this.#shown += 1; // a list that is still loading is ignored
    this.node.hidden = true;
  }

  async #list(documentId) {
    try {
      const versions = await listVersions(documentId);
      return [element("ul", { className: "version-list" }, ...versions.map((version) => this.#item(version)))];
    } catch (error) {
      return [failure(error)];
    }
  }

  #item(version) {
    const { number, state, is_active: isActive } = version;
    const when = date(version.created_at, { dateStyle: "medium", timeStyle: "short" });
    const words = [when, STATES[state]].filter(Boolean).join(" · ");
    const restore = element(
      "button",
      { type: "button", className: "quiet-button version-restore", "aria-label": t("documents.restore_version", { number }), click: () => this.#restore(version) },
      t("documents.restore"),
    );
    return element(
      "li",
      { className: "version" },
      element(
        "div",
        { className: "row-main" },
        element("span", { className: "row-name" }, t("documents.version", { number })),
        element("span", { className: "row-meta" }, words),
        state === "failed" && version.error && element("div", { className: "row-reason" }, ...reasonOf(version.error, this.name)),
      ),
      isActive && element("span", { className: "chip" }, t("documents.active")),
      !isActive && state === "ready" && restore,
    );
  }

  async #restore(version) {
    try {
      await this.onRestore(version.id);
    } catch (error) {
      this.node.append(failure(error));
    }
  }
}

function reasonOf(error, name) {
  const { detail, technical } = failureOf({ name, error });
  return [detail, technicalDetails(technical)];
}

function failure(error) {
  return element("div", { className: "row-reason", role: "alert" }, ...failureNodes(error));
}
