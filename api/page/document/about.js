// What is known of a document: its state, how it was read, tags and fields to edit in place, and its versions.

import { changeDocument } from "/page/documents/calls.js";
import { mediaWord } from "/page/documents/filter_words.js";
import { sizeWords } from "/page/documents/document_words.js";
import { VersionPanel } from "/page/documents/versions.js";
import { announce, element, icon } from "/page/shared/dom.js";

const STATES = { ready: "Ready", processing: "Being read", failed: "Failed" };

export class About {
  #found = null;
  #version = null;

  /** `onChange(document)` is called with the document as it was changed; `onRestore(versionId)` makes a version the active one. */
  constructor({ node, onChange, onRestore }) {
    this.onChange = onChange;
    this.facts = element("dl", { className: "facts" });
    this.reading = element("div", { className: "reading" });
    this.tags = element("ul", { className: "tag-list", "aria-label": "Tags" });
    this.fields = element("ul", { className: "field-list", "aria-label": "Fields" });
    this.note = element("p", { className: "field-note", role: "alert", hidden: true });
    this.tag = element("input", { type: "text", maxLength: 64, placeholder: "Add a tag", "aria-label": "Add a tag", autocomplete: "off" });
    this.fieldName = element("input", { type: "text", maxLength: 64, placeholder: "Field", "aria-label": "Name of a new field", autocomplete: "off", required: true });
    this.fieldValue = element("input", { type: "text", maxLength: 1000, placeholder: "Value", "aria-label": "Its value: text, a number, or a day as 2026-11-30", autocomplete: "off", required: true });
    this.versions = new VersionPanel({ onRestore });
    node.append(
      this.reading,
      this.facts,
      this.note,
      heading("Tags"),
      this.tags,
      form("Add a tag", [this.tag], () => this.#addTag()),
      heading("Fields"),
      element("p", { className: "side-hint" }, "Text, a number, or a day as 2026-11-30. Documents and questions can be narrowed by them."),
      this.fields,
      form("Add a field", [this.fieldName, this.fieldValue], () => this.#addField()),
      heading("Versions"),
      this.versions.node,
    );
  }

  show(found) {
    this.#found = found;
    const { state, error, warnings = [], media_type: media, size_bytes: size, page_count: pages, chunk_count: chunks, created_at: created, updated_at: updated } = found;
    const reasons = error ? [state === "failed" ? error.detail : `The last update failed: ${error.detail}`] : [];
    this.reading.replaceChildren(
      ...reasons.map((reason) => element("p", { className: "row-reason" }, reason)),
      ...(warnings.length > 0 ? [element("ul", { className: "warnings", "aria-label": "How it was read" }, ...warnings.map((warning) => element("li", { className: "row-warning" }, sentence(warning))))] : []),
    );
    this.facts.replaceChildren(
      ...fact("State", STATES[state]),
      ...fact("Type", `${mediaWord(media)}, ${sizeWords(size)}`),
      ...(pages ? fact("Pages", pages.toLocaleString()) : []),
      ...fact("Passages", chunks.toLocaleString()),
      ...fact("Added", day(created)),
      ...(day(updated) === day(created) ? [] : fact("Changed", day(updated))),
    );
    this.tags.replaceChildren(...(found.tags ?? []).map((tag) => this.#tagItem(tag)));
    if (!this.fields.contains(document.activeElement)) this.#showFields();
    const version = `${found.version_id} ${state}`;
    if (version === this.#version) return;
    this.#version = version;
    this.versions.open({ documentId: found.id, name: found.name });
  }

  #tagItem(tag) {
    return element(
      "li",
      { className: "tag-item" },
      element("span", { className: "tag", dir: "auto" }, tag),
      small("close", `Take the tag ${tag} away`, () => this.#change({ remove_tags: [tag] }, `The tag ${tag} was taken away.`, this.tag)),
    );
  }

  #showFields() {
    this.fields.replaceChildren(...(this.#found.fields ?? []).map((field) => this.#fieldItem(field)));
  }

  #fieldItem({ name, type, value, source }) {
    const input = element("input", { type: { number: "number", date: "date" }[type] ?? "text", value: String(value), maxLength: 1000, id: `field-${name}`, step: "any" });
    input.addEventListener("change", () => {
      const given = type === "number" ? input.valueAsNumber : input.value.trim();
      if (given === "" || Number.isNaN(given)) input.value = String(value);
      else this.#change({ fields: { [name]: type === "text" ? { type, value: given } : given } }, `${name} is ${given}.`);
    });
    return element(
      "li",
      { className: "field-item" },
      element("label", { htmlFor: input.id, dir: "auto" }, name, source === "file" && element("span", { className: "row-meta" }, " from the file")),
      input,
      small("close", `Remove the field ${name}`, () => this.#change({ fields: { [name]: null } }, `The field ${name} was removed.`, this.fieldName)),
    );
  }

  #addTag() {
    const tags = this.tag.value.split(",").map((tag) => tag.trim()).filter(Boolean);
    if (tags.length > 0) this.#change({ add_tags: tags }, `${tags.join(", ")} was added.`, this.tag, [this.tag]);
  }

  #addField() {
    const [name, value] = [this.fieldName.value.trim(), this.fieldValue.value.trim()];
    const isNumber = /^-?\d+(?:\.\d+)?$/u.test(value);
    this.#change({ fields: { [name]: isNumber ? Number(value) : value } }, `The field ${name} was added.`, this.fieldName, [this.fieldName, this.fieldValue]);
  }

  /** Makes a change; then `inputs` are emptied, and `focus` gets the focus where it would be lost. */
  async #change(change, words, focus = null, inputs = []) {
    try {
      const changed = await changeDocument(this.#found.id, change);
      for (const input of inputs) input.value = "";
      this.note.hidden = true;
      this.#found = changed;
      this.#showFields();
      this.onChange(changed);
      focus?.focus();
      announce(words);
    } catch (error) {
      this.note.textContent = error.detail ?? String(error);
      this.note.hidden = false;
    }
  }
}

function heading(words) {
  return element("h2", { className: "side-heading" }, words);
}

function form(label, inputs, onSubmit) {
  const submit = element("button", { type: "submit", className: "icon-button", "aria-label": label, title: label }, icon("add"));
  return element("form", { className: "add-form", submit: (event) => {
    event.preventDefault();
    onSubmit();
  } }, ...inputs, submit);
}

function small(name, label, onClick) {
  return element("button", { type: "button", className: "icon-button small-button", "aria-label": label, title: label, click: onClick }, icon(name));
}

function fact(name, value) {
  return [element("div", {}, element("dt", {}, name), element("dd", {}, value))];
}

function day(time) {
  return new Date(time).toLocaleString(undefined, { dateStyle: "long", timeStyle: "short" });
}

function sentence(warning) {
  return `${warning[0].toUpperCase()}${warning.slice(1)}${/[.!?]$/.test(warning) ? "" : "."}`;
}
