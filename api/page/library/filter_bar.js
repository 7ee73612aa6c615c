// Narrows the list by name, type, state, day, tag and field. What it asks for is a filter of the API, so that questions
// can be narrowed by the same. The address keeps it.

import { mediaWord } from "/page/documents/filter_words.js";
import { element, icon } from "/page/shared/dom.js";
import { number, t } from "/page/shared/words.js";

const TYPING_MILLISECONDS = 60;
const DAYS = { 1: t("library.added_today"), 7: t("library.added_week"), 30: t("library.added_month"), 365: t("library.added_year") };
const STATES = { ready: t("documents.state.ready"), processing: t("documents.state.reading"), failed: t("documents.state.failed") };
const NAMES = ["q", "type", "state", "days", "from", "to", "tag", "field", "value", "low", "high"];

export class FilterBar {
  #timer = 0;
  #fields = [];

  /** `onFilter(filter)` is called with a filter of the API whenever the reader changes it. */
  constructor({ form, onFilter }) {
    this.form = form;
    this.onFilter = onFilter;
    this.q = element("input", { type: "search", className: "search-box", placeholder: t("library.find"), "aria-label": t("library.find"), autocomplete: "off", spellcheck: false });
    this.type = select(t("library.type"), { "": t("library.any_type") });
    this.state = select(t("library.state"), { "": t("library.any_state"), ...STATES });
    this.days = select(t("library.added"), { "": t("library.added_any"), ...DAYS, custom: t("library.added_between") });
    this.from = element("input", { type: "date", "aria-label": t("library.added_from") });
    this.to = element("input", { type: "date", "aria-label": t("library.added_until") });
    this.tag = select(t("library.tag"), { "": t("library.any_tag") });
    this.field = select(t("library.field"), { "": t("library.any_field") });
    this.value = element("input", { type: "text", placeholder: t("library.holds_small"), "aria-label": t("library.field_holds"), autocomplete: "off" });
    this.low = element("input", { "aria-label": t("library.from"), placeholder: t("library.from_small") });
    this.high = element("input", { "aria-label": t("library.to"), placeholder: t("library.to_small") });
    this.clear = element("button", { type: "button", className: "quiet-button", hidden: true, click: () => this.#clear() }, icon("close"), t("library.clear"));
    this.count = element("span", { className: "filters-count", role: "status" });
    const choices = element("div", { className: "filters-choices" }, this.type, this.state, this.days, this.from, this.to, this.tag, this.field, this.value, this.low, this.high);
    form.append(this.q, choices, this.clear, this.count);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => this.#changed());
    const asked = new URLSearchParams(location.search);
    this.asked = Object.fromEntries(NAMES.map((name) => [name, asked.get(name) ?? ""]));
    this.#set(this.asked);
  }

  /** The filter of the API. */
  get filter() {
    const [type, state, tag] = [this.type, this.state, this.tag].map(({ value }) => value);
    const uploaded = this.#uploaded();
    const field = this.#field();
    return {
      ...(this.q.value.trim() && { name: this.q.value.trim() }),
      ...(type && { media_types: [type] }),
      ...(state && { states: [state] }),
      ...(tag && { tags: { any: [tag] } }),
      ...(field && { fields: { [this.field.value]: field } }),
      ...(uploaded && { uploaded }),
    };
  }

  /** Begins without filters, in another collection; the first one keeps those of the address. */
  reset() {
    if (this.asked === null) this.#set({});
    this.asked = null;
    this.#fit();
  }

  /** Sets some of the filters, by their names in the address. */
  use(values) {
    for (const [name, value] of Object.entries(values)) this[name].value = value;
    this.#changed();
  }

  focus() {
    this.q.focus();
  }

  /** Offers the types, tags and fields that there are. */
  offer(counts) {
    const sorted = (counted) => Object.entries(counted ?? {}).sort(([, one], [, other]) => other - one);
    fill(this.type, t("library.any_type"), sorted(counts?.types).map(([media, count]) => [media, `${mediaWord(media)} (${number(count)})`]));
    fill(this.tag, t("library.any_tag"), sorted(counts?.tags).map(([tag, count]) => [tag, `${tag} (${number(count)})`]));
    this.#fields = counts?.fields ?? [];
    fill(this.field, t("library.any_field"), this.#fields.map(({ name, documents }) => [name, `${name} (${number(documents)})`]));
    this.#fit();
  }

  /** Says how many documents match, or with null nothing. */
  found(count) {
    this.count.textContent = count === null ? "" : t("library.found", { count });
  }

  #uploaded() {
    const { value } = this.days;
    if (value === "") return null;
    if (value !== "custom") {
      const day = new Date();
      day.setDate(day.getDate() - Number(value) + 1);
      return { from: day.toISOString().slice(0, 10) };
    }
    const range = { ...(this.from.value && { from: this.from.value }), ...(this.to.value && { to: this.to.value }) };
    return Object.keys(range).length > 0 ? range : null;
  }

  #field() {
    const kind = this.#kind();
    if (kind === null) return null;
    if (kind === "text") return this.value.value.trim() ? { contains: this.value.value.trim() } : { exists: true };
    const read = (input) => (kind === "number" ? Number(input.value) : input.value);
    const range = { ...(this.low.value && { from: read(this.low) }), ...(this.high.value && { to: read(this.high) }) };
    return Object.keys(range).length > 0 ? range : { exists: true };
  }

  /** Returns the type of the chosen field, or null without one. */
  #kind() {
    return this.field.value === "" ? null : this.#fields.find(({ name }) => name === this.field.value)?.type ?? "text";
  }

  #changed() {
    this.#fit();
    this.#keep();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.onFilter(this.filter), TYPING_MILLISECONDS);
  }

  #clear() {
    this.#set({});
    this.#changed();
    this.q.focus();
  }

  #set(values) {
    for (const name of NAMES) {
      const control = this[name];
      const value = values[name] ?? "";
      // What the address asks for is there before the collection says what it has.
      if (control.tagName === "SELECT" && ![...control.options].some((option) => option.value === value)) control.append(new Option(name === "type" ? mediaWord(value) : value, value));
      control.value = value;
    }
    this.#fit();
  }

  #fit() {
    const kind = this.#kind();
    this.from.hidden = this.to.hidden = this.days.value !== "custom";
    this.value.hidden = kind !== "text";
    this.low.hidden = this.high.hidden = kind === null || kind === "text";
    for (const input of [this.low, this.high]) input.type = kind === "date" ? "date" : "number";
    this.tag.hidden = this.tag.options.length < 2;
    this.field.hidden = this.field.options.length < 2;
    this.clear.hidden = Object.keys(this.filter).length === 0;
  }

  #keep() {
    const address = new URL(location.href);
    for (const name of NAMES) {
      if (this[name].value === "" || this[name].hidden) address.searchParams.delete(name);
      else address.searchParams.set(name, this[name].value);
    }
    history.replaceState(history.state, "", address);
  }
}

function select(label, options) {
  const node = element("select", { "aria-label": label }, ...Object.entries(options).map(([value, words]) => new Option(words, value)));
  // An object lists names that are numbers first.
  node.prepend([...node.options].find(({ value }) => value === ""));
  node.value = "";
  return node;
}

/** Offers options, and keeps the one that is chosen. */
function fill(node, any, options) {
  const { value } = node;
  const known = options.some(([each]) => each === value) || value === "";
  node.replaceChildren(new Option(any, ""), ...options.map(([each, words]) => new Option(words, each)), ...(known ? [] : [new Option(value, value)]));
  node.value = value;
}
