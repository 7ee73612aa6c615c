// Name, description and settings of the collection on screen.

import { Rights } from "/page/access/rights.js";
import { changeCollection, deleteCollection, getCollection } from "/page/documents/calls.js";
import { Confirmation } from "/page/shared/confirmation.js";
import { announce, element } from "/page/shared/dom.js";
import { failureNodes } from "/page/shared/problems.js";
import { date, t } from "/page/shared/words.js";

const FUSIONS = { "": t("collections.as_service"), linear: t("collections.fusion_linear"), rrf: t("collections.fusion_rrf") };

export class CollectionSettings {
  #name = "";

  /**
   * `opener` opens and closes it; `onChange(before, collection)` is called with the name before, and the collection as it
   * was saved, `onDelete(name)` once it is deleted.
   */
  constructor({ node, opener, onChange, onDelete }) {
    this.node = node;
    this.opener = opener;
    this.onChange = onChange;
    this.onDelete = onDelete;
    opener.addEventListener("click", () => (node.hidden ? this.#open() : this.close()));
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
      opener.focus();
    });
  }

  /** Chooses the collection that it opens with. */
  use(name) {
    this.#name = name;
  }

  close() {
    this.node.hidden = true;
    this.opener.setAttribute("aria-expanded", "false");
  }

  async #open() {
    this.node.hidden = false;
    this.opener.setAttribute("aria-expanded", "true");
    try {
      this.#show(await getCollection(this.#name));
    } catch (error) {
      const words = error.code === "unknown_collection" ? [t("collections.begins")] : failureNodes(error);
      this.node.replaceChildren(element("div", {}, ...words));
    }
  }

  #show(found) {
    const { name, description, settings, documents: count, created_at: created } = found;
    const fusion = settings.fusion ?? {};
    this.name = input({ value: name, maxLength: 64, required: true, spellcheck: false });
    this.description = input({ value: description, maxLength: 1000 });
    this.fusion = element("select", {}, ...Object.entries(FUSIONS).map(([value, words]) => new Option(words, value)));
    this.fusion.value = fusion.method ?? "";
    this.model = input({ value: settings.model ?? "", placeholder: t("collections.as_service"), spellcheck: false });
    this.instructions = element("textarea", { rows: 3, value: settings.instructions ?? "", maxLength: 4000 });
    this.note = element("p", { className: "field-note", role: "status" });
    const made = created === null ? "" : date(created, { dateStyle: "long" });
    const remove = element("button", { type: "button", className: "button danger" }, t("collections.delete"));
    const confirmation = new Confirmation({ opener: remove, onAgree: () => this.#delete(name) });
    remove.addEventListener("click", () => confirmation.ask({ question: t("collections.delete_ask", { name, count }), label: t("collections.delete") }));
    const form = element(
      "form",
      { submit: (event) => this.#save(event, found) },
      element(
        "div",
        { className: "panel-fields" },
        field(t("collections.name"), this.name),
        field(t("collections.holds"), this.description),
        field(t("collections.fusion"), this.fusion),
        field(t("collections.model"), this.model),
      ),
      field(t("collections.instructions"), this.instructions),
      element(
        "div",
        { className: "panel-buttons" },
        element("button", { type: "submit", className: "button primary" }, t("common.save")),
        element("button", { type: "button", className: "button", click: () => this.close() }, t("common.close")),
        remove,
        element("span", { className: "row-meta" }, made && t("collections.made", { day: made })),
      ),
      confirmation.node,
      this.note,
    );
    const rights = new Rights();
    rights.open(`/v1/collections/${encodeURIComponent(name)}`);
    this.node.replaceChildren(form, rights.node);
    this.name.focus();
  }

  /** Returns an error, or nothing. */
  async #delete(name) {
    try {
      await deleteCollection(name);
    } catch (error) {
      return error;
    }
    announce(t("collections.deleted", { name }));
    this.onDelete(name);
    return null;
  }

  async #save(event, before) {
    event.preventDefault();
    const method = this.fusion.value;
    // Weights belong to their method.
    const fusion = method === (before.settings.fusion?.method ?? "") ? before.settings.fusion : method && { method };
    const settings = { ...before.settings, fusion: fusion || null, model: this.model.value.trim(), instructions: this.instructions.value.trim() };
    const name = this.name.value.trim();
    const change = { description: this.description.value.trim(), settings, ...(name !== before.name && { name }) };
    try {
      const saved = await changeCollection(before.name, change);
      this.#show(saved);
      this.note.textContent = t("collections.saved");
      announce(t("collections.saved"));
      this.onChange(before.name, saved);
    } catch (error) {
      this.note.replaceChildren(...failureNodes(error));
    }
  }
}

function input(properties) {
  return element("input", { type: "text", autocomplete: "off", ...properties });
}

function field(label, control) {
  return element("label", { className: "field" }, element("span", { className: "field-label" }, label), control);
}
