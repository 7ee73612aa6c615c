// What is known of a document: its state, how it was read, tags and fields to edit in place, and its versions.

import { Rights } from "/page/access/rights.js";
import { changeDocument } from "/page/documents/calls.js";
import { mediaWord } from "/page/documents/filter_words.js";
import { failureOf } from "/page/documents/document_words.js";
import { readingWords } from "/page/documents/reading_words.js";
import { VersionPanel } from "/page/documents/versions.js";
import { Confirmation } from "/page/shared/confirmation.js";
import { announce, element, icon } from "/page/shared/dom.js";
import { failureNodes, technicalDetails } from "/page/shared/problems.js";
import { date, number, size as sizeWords, t } from "/page/shared/words.js";

const STATES = { ready: t("documents.state.ready"), processing: t("documents.state.reading"), failed: t("documents.state.failed") };

export class About {
  #found = null;
  #version = null;

  /** `onChange(document)` is called with the document as it was changed; `onRestore(versionId)` makes a version the active one. */
  constructor({ node, onChange, onRestore }) {
    this.onChange = onChange;
    this.facts = element("dl", { className: "facts" });
    this.reading = element("div", { className: "reading" });
    this.tags = element("ul", { className: "tag-list", "aria-label": t("library.tags") });
    this.fields = element("ul", { className: "field-list", "aria-label": t("document.fields") });
    this.note = element("p", { className: "field-note", role: "alert", hidden: true });
    this.tag = element("input", { type: "text", maxLength: 64, placeholder: t("document.add_tag"), "aria-label": t("document.add_tag"), autocomplete: "off" });
    this.fieldName = element("input", { type: "text", maxLength: 64, placeholder: t("library.field"), "aria-label": t("document.field_name"), autocomplete: "off", required: true });
    this.fieldValue = element("input", { type: "text", maxLength: 1000, placeholder: t("document.value"), "aria-label": t("document.field_value"), autocomplete: "off", required: true });
    this.was = element("p", { className: "field-note", hidden: true });
    this.replacing = new Confirmation({ opener: this.fieldValue, onAgree: () => this.#replaceEntered(), agree: t("common.replace") });
    this.versions = new VersionPanel({ onRestore });
    this.rights = new Rights();
    node.append(
      this.reading,
      this.facts,
      this.note,
      heading(t("library.tags")),
      this.tags,
      form(t("document.add_tag"), [this.tag], () => this.#addTag()),
      heading(t("document.fields")),
      element("p", { className: "side-hint" }, t("document.field_hint")),
      this.fields,
      this.was,
      form(t("document.add_field"), [this.fieldName, this.fieldValue], () => this.#addField()),
      this.replacing.node,
      this.rights.node,
      heading(t("documents.versions")),
      this.versions.node,
    );
  }

  show(found) {
    this.#found = found;
    const { state, error, warnings = [], media_type: media, size_bytes: size, page_count: pages, chunk_count: chunks, created_at: created, updated_at: updated } = found;
    const failure = error ? failureOf(found) : null;
    const reasons = failure ? [state === "failed" ? failure.detail : t("documents.failed_update", { reason: failure.detail })] : [];
    this.reading.replaceChildren(
      ...reasons.map((reason) => element("div", { className: "row-reason" }, reason, technicalDetails(failure.technical))),
      ...(warnings.length > 0 ? [element("ul", { className: "warnings", "aria-label": t("document.reading") }, ...warnings.map((warning) => element("li", { className: "row-warning" }, readingWords(warning))))] : []),
    );
    this.facts.replaceChildren(
      ...fact(t("library.state"), STATES[state]),
      ...fact(t("library.type"), t("document.type_size", { type: mediaWord(media), size: sizeWords(size) })),
      ...(pages ? fact(t("library.pages"), number(pages)) : []),
      ...fact(t("document.passages"), number(chunks)),
      ...fact(t("document.added"), day(created)),
      ...(day(updated) === day(created) ? [] : fact(t("library.changed"), day(updated))),
    );
    this.tags.replaceChildren(...(found.tags ?? []).map((tag) => this.#tagItem(tag)));
    if (!this.fields.contains(document.activeElement)) this.#showFields();
    const version = `${found.version_id} ${state} ${found.collection}`;
    if (version === this.#version) return;
    this.#version = version;
    this.rights.open(`/v1/documents/${encodeURIComponent(found.id)}`);
    this.versions.open({ documentId: found.id, name: found.name });
  }

  #tagItem(tag) {
    return element(
      "li",
      { className: "tag-item" },
      element("span", { className: "tag", dir: "auto" }, tag),
      small("close", t("document.tag_take", { tag }), () => this.#change({ remove_tags: [tag] }, t("document.tag_taken", { tag }), this.tag)),
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
      else this.#replace({ name, type, value }, type === "text" ? { type, value: given } : given, String(given));
    });
    return element(
      "li",
      { className: "field-item" },
      element("label", { htmlFor: input.id, dir: "auto" }, name, source === "file" && element("span", { className: "row-meta" }, " ", t("document.from_file"))),
      input,
      small("close", t("document.field_remove", { name }), () => this.#change({ fields: { [name]: null } }, t("document.field_removed", { name }), this.fieldName)),
    );
  }

  #addTag() {
    const tags = this.tag.value.split(",").map((tag) => tag.trim()).filter(Boolean);
    if (tags.length > 0) this.#change({ add_tags: tags }, t("document.tag_added", { tag: tags.join(", ") }), this.tag, [this.tag]);
  }

  #addField() {
    const { name, value, before } = this.#entered();
    const words = t("document.field_added", { name });
    if (before === undefined) return this.#change({ fields: { [name]: value } }, words, this.fieldName, [this.fieldName, this.fieldValue]);
    this.replacing.ask({ question: t("document.field_replace", { name, before: String(before.value), value: String(value) }), label: name });
    return null;
  }

  /** Returns what the form for a new field holds, and the field that has this name already. */
  #entered() {
    const [name, text] = [this.fieldName.value.trim(), this.fieldValue.value.trim()];
    const value = /^-?\d+(?:\.\d+)?$/u.test(text) ? Number(text) : text;
    return { name, value, before: (this.#found.fields ?? []).find((field) => field.name === name.toLowerCase()) };
  }

  async #replaceEntered() {
    const { name, value, before } = this.#entered();
    this.replacing.hide();
    await this.#replace(before ?? { name }, value, String(value), [this.fieldName, this.fieldValue]);
    this.fieldName.focus();
  }

  /** Gives a field another value; says what it was, and offers it again. */
  async #replace({ name, type, value: before }, value, words, inputs = []) {
    if (!(await this.#change({ fields: { [name]: value } }, t("document.field_was", { name, value: words, before: String(before) }), null, inputs))) return;
    const again = () => this.#change({ fields: { [name]: type === "text" ? { type, value: before } : before } }, t("document.field_is", { name, value: String(before) }), this.fieldName);
    this.was.replaceChildren(
      element("span", {}, t("document.field_was", { name, value: words, before: String(before) })),
      " ",
      element("button", { type: "button", className: "quiet-button", click: again }, t("document.field_back", { before: String(before) })),
    );
    this.was.hidden = false;
  }

  /** Makes a change; then `inputs` are emptied, and `focus` gets the focus where it would be lost. Returns whether it was made. */
  async #change(change, words, focus = null, inputs = []) {
    try {
      const changed = await changeDocument(this.#found.id, change);
      for (const input of inputs) input.value = "";
      this.note.hidden = true;
      this.was.hidden = true;
      this.#found = changed;
      this.#showFields();
      this.onChange(changed);
      focus?.focus();
      announce(words);
      return true;
    } catch (error) {
      this.note.replaceChildren(...failureNodes(error));
      this.note.hidden = false;
      return false;
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
  return date(time, { dateStyle: "long", timeStyle: "short" });
}
