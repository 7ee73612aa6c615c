// The choice of a collection. A new one is named first, and made; what is dropped until then waits for it.

import { createCollection } from "/page/documents/calls.js";
import { listCollections } from "/page/shared/api.js";
import { byId, element } from "/page/shared/dom.js";
import { failureNodes } from "/page/shared/problems.js";
import { t } from "/page/shared/words.js";

export const NEW_COLLECTION = "\u0000new"; // no collection can have this name

export class CollectionPicker {
  #current = "default";
  #waiting = [];
  #found = new Map();
  #missing = element("p", { className: "field-note", role: "status", hidden: true });

  /** It takes the nodes of the page by their ids. `onUse(name)` is called with the collection that is chosen; `onDescribe(collection)` when more is known of it. */
  constructor({ onUse, onDescribe = () => {} }) {
    this.onUse = onUse;
    this.onDescribe = onDescribe;
    this.select = byId("collection");
    this.form = byId("new-collection");
    this.name = byId("collection-name");
    this.description = byId("collection-description");
    this.note = byId("collection-note");
    this.select.after(this.#missing);
    this.select.addEventListener("change", () => (this.select.value === NEW_COLLECTION ? this.#ask() : this.use(this.select.value)));
    this.form.addEventListener("submit", (event) => this.#create(event));
    this.form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.#cancel();
    });
    byId("collection-cancel").addEventListener("click", () => this.#cancel());
  }

  /** Chooses the collection that the address names, and then lists all; of one that does not exist it says so. */
  async start() {
    this.use(new URLSearchParams(location.search).get("collection") || "default");
    let found;
    try {
      found = await listCollections();
    } catch {
      return; // the list of documents fails likewise and shows the error
    }
    const all = [...new Set(["default", ...found.map(({ name }) => name), ...this.#found.keys()])];
    this.select.replaceChildren(...all.map((name) => new Option(name, name)), new Option(t("chat.collection_new"), NEW_COLLECTION));
    for (const each of found) this.#found.set(each.name, each);
    this.select.value = this.#current;
    if (all.includes(this.#current)) {
      this.#describe();
      return;
    }
    const missing = this.#current;
    this.use("default");
    this.#missing.hidden = false;
    this.#missing.textContent = t("collections.missing", { name: missing });
  }

  get names() {
    return [...this.select.options].map(({ value }) => value).filter((value) => value !== NEW_COLLECTION);
  }

  /** Chooses a collection. The address names it, so that a bookmark or a reload opens the same one. */
  use(name) {
    this.#close();
    this.#missing.hidden = true;
    this.#list(name);
    this.select.value = name;
    this.#current = name;
    const address = new URL(location.href);
    if (name === "default") address.searchParams.delete("collection");
    else address.searchParams.set("collection", name);
    history.replaceState(history.state, "", address);
    this.onUse(name);
    this.#describe();
  }

  /** Takes in a collection as it was changed, under the name that it had before. */
  changed(before, collection) {
    this.#found.delete(before);
    this.#found.set(collection.name, collection);
    for (const option of this.select.options) if (option.value === before) Object.assign(option, { value: collection.name, text: collection.name });
    if (collection.name === before) this.#describe();
    else this.use(collection.name);
  }

  /** Lists a collection that was made elsewhere on the page. */
  made(collection) {
    this.#found.set(collection.name, collection);
    this.#list(collection.name);
  }

  /** Leaves a collection that was deleted. */
  deleted(name) {
    this.#found.delete(name);
    if (name !== "default") [...this.select.options].find(({ value }) => value === name)?.remove();
    this.use("default");
    this.select.focus();
  }

  /** Calls `add(files)`: at once, or once the new collection has its name. A file never lands in the one before. */
  whenNamed(files, add) {
    if (this.form.hidden) {
      add(files);
      return;
    }
    this.#waiting.push(() => add(files));
    this.#say(t("collections.waits", { count: files.length }));
    this.name.focus();
  }

  #list(name) {
    if (!this.names.includes(name)) this.select.options[this.select.options.length - 1].before(new Option(name, name));
  }

  #describe() {
    const known = this.#found.get(this.#current);
    if (known) this.onDescribe(known);
  }

  #ask() {
    this.form.hidden = false;
    this.name.focus();
  }

  #cancel() {
    this.#waiting = [];
    this.#close();
    this.select.value = this.#current;
    this.select.focus();
  }

  #close() {
    this.form.hidden = true;
    this.form.reset();
    this.#say();
  }

  #say(...words) {
    this.note.replaceChildren(...words);
    this.note.hidden = words.length === 0;
  }

  async #create(event) {
    event.preventDefault();
    const name = this.name.value.trim();
    if (name === "") return;
    try {
      this.#found.set(name, await createCollection({ name, description: this.description.value.trim() }));
    } catch (error) {
      this.#say(...(error.code === "conflict" ? [t("collections.name_taken")] : failureNodes(error)));
      this.name.focus();
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    this.use(name);
    byId("choose").focus();
    for (const add of waiting) add();
  }
}
