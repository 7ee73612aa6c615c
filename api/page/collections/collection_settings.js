// Name, description and settings of the collection on screen.

import { changeCollection, getCollection } from "/page/documents/calls.js";
import { announce, element } from "/page/shared/dom.js";

const FUSIONS = { "": "As for the whole service", linear: "Weighted sum of both scores", rrf: "By both ranks (reciprocal rank fusion)" };

export class CollectionSettings {
  #name = "";

  /** `opener` opens and closes it; `onChange(before, collection)` is called with the name before, and the collection as it was saved. */
  constructor({ node, opener, onChange }) {
    this.node = node;
    this.opener = opener;
    this.onChange = onChange;
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
      const words = error.code === "unknown_collection" ? "This collection begins with its first document. Add one, then it can be described." : error.detail ?? String(error);
      this.node.replaceChildren(element("p", {}, words));
    }
  }

  #show(found) {
    const { name, description, settings, created_at: created } = found;
    const fusion = settings.fusion ?? {};
    this.name = input({ value: name, maxLength: 64, required: true, spellcheck: false });
    this.description = input({ value: description, maxLength: 1000 });
    this.fusion = element("select", {}, ...Object.entries(FUSIONS).map(([value, words]) => new Option(words, value)));
    this.fusion.value = fusion.method ?? "";
    this.model = input({ value: settings.model ?? "", placeholder: "As for the whole service", spellcheck: false });
    this.instructions = element("textarea", { rows: 3, value: settings.instructions ?? "", maxLength: 4000 });
    this.note = element("p", { className: "field-note", role: "status" });
    const made = created === null ? "" : new Date(created).toLocaleDateString(undefined, { dateStyle: "long" });
    const form = element(
      "form",
      { submit: (event) => this.#save(event, found) },
      element(
        "div",
        { className: "panel-fields" },
        field("Name", this.name),
        field("What it holds", this.description),
        field("How words and meaning are joined", this.fusion),
        field("Model that answers", this.model),
      ),
      field("Instructions for the model (not used while answers are quoted)", this.instructions),
      element(
        "div",
        { className: "panel-buttons" },
        element("button", { type: "submit", className: "button primary" }, "Save"),
        element("button", { type: "button", className: "button", click: () => this.close() }, "Close"),
        element("span", { className: "row-meta" }, made && `Made on ${made}`),
      ),
      this.note,
    );
    this.node.replaceChildren(form);
    this.name.focus();
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
      this.note.textContent = "Saved.";
      announce("Saved.");
      this.onChange(before.name, saved);
    } catch (error) {
      this.note.textContent = error.detail ?? String(error);
    }
  }
}

function input(properties) {
  return element("input", { type: "text", autocomplete: "off", ...properties });
}

function field(label, control) {
  return element("label", { className: "field" }, element("span", { className: "field-label" }, label), control);
}
