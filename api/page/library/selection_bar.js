// What can be done with the selected documents: ask only them, tag, move, delete. A delete asks first, the others can be undone.

import { changeTogether } from "/page/documents/calls.js";
import { handOver } from "/page/documents/narrowing.js";
import { announce, element, icon } from "/page/shared/dom.js";

const MOST_ASKED = 1000; // as many as a filter may name
const MOST_TOLD = 3;

export class SelectionBar {
  #entries = [];
  #undo = null;

  /**
   * `collection()`, `collections()`, `tags()` and `filter()` return what is shown; `isAll(entries)` tells whether all
   * that match the filter are selected. `onChanged({removed})` is called with ids that left, `onReload()` after other changes.
   */
  constructor({ node, ...given }) {
    this.node = node;
    this.given = given;
    this.count = element("span", { className: "selection-count" });
    this.note = element("p", { className: "selection-note", role: "status" });
    this.form = element("form", { className: "selection-form", hidden: true, submit: (event) => event.preventDefault() });
    this.remove = tool("delete", "Delete", () => this.askToDelete());
    this.buttons = element(
      "div",
      { className: "selection-buttons" },
      this.count,
      tool("ask", "Ask only these", () => this.#ask()),
      tool("tag", "Tag", () => this.#askForTag()),
      tool("move", "Move", () => this.#askWhere()),
      this.remove,
      tool("close", "Clear the selection", () => given.onClear()),
    );
    node.append(this.buttons, this.form, this.note);
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      if (this.form.hidden) given.onClear();
      else this.#closeForm();
    });
  }

  /** Shows what can be done with entries; without any only what was done last, if it can be undone. */
  show(entries) {
    this.#entries = entries;
    this.count.textContent = entries.length === 1 ? "1 selected" : `${entries.length.toLocaleString()} selected`;
    this.buttons.hidden = entries.length === 0;
    this.form.hidden = true;
    if (entries.length > 0) this.#say("");
    this.#fit();
  }

  /** Asks whether to delete what is selected. */
  askToDelete() {
    const { length } = this.#entries;
    const question = length === 1 ? `Delete “${this.#entries[0].document.name}”?` : `Delete ${length.toLocaleString()} documents?`;
    const keep = element("button", { type: "button", className: "button", click: () => this.#closeForm() }, "Keep");
    const label = length === 1 ? "Delete it" : `Delete ${length.toLocaleString()}`;
    const agree = element("button", { type: "button", className: "button danger", click: () => this.#delete() }, label);
    this.#open(element("p", {}, `${question} The answers that quote them go from the conversations too, with their questions. This cannot be undone.`), keep, agree);
    keep.focus(); // the harmless choice
  }

  get #ids() {
    return this.#entries.map(({ document }) => document.id);
  }

  #ask() {
    const filter = this.given.filter();
    const isFilter = this.given.isAll(this.#entries) && Object.keys(filter).length > 0;
    if (!isFilter && this.#entries.length > MOST_ASKED) {
      this.#say(`Choose at most ${MOST_ASKED.toLocaleString()} documents to ask, or narrow the list and select all of it.`);
      return;
    }
    const collection = this.given.collection();
    const names = isFilter ? [] : this.#entries.slice(0, MOST_TOLD).map(({ document }) => document.name);
    handOver({ collection, filter: isFilter ? filter : { document_ids: this.#ids }, names });
    location.assign(`/?${new URLSearchParams({ collection })}`);
  }

  #askForTag() {
    const known = [...new Set(this.#entries.flatMap(({ document }) => document.tags ?? []))];
    const list = element("datalist", { id: "known-tags" }, ...this.given.tags().map((tag) => new Option(tag)));
    const input = element("input", { type: "text", maxLength: 64, placeholder: "Tag", "aria-label": "Tag", autocomplete: "off" });
    input.setAttribute("list", "known-tags");
    const add = element("button", { type: "submit", className: "button primary" }, "Add the tag");
    const take = element("button", { type: "button", className: "button", click: () => this.#tag({ remove: input.value.trim() }) }, "Take it away");
    take.hidden = known.length === 0;
    this.form.onsubmit = () => this.#tag({ add: input.value.trim() });
    this.#open(input, list, add, take, this.#cancelButton());
    input.focus();
  }

  async #tag({ add = "", remove = "" }) {
    const tag = add || remove;
    if (tag === "") return;
    const has = ({ document }) => (document.tags ?? []).some((each) => each.toLowerCase() === tag.toLowerCase());
    const changed = this.#entries.filter((entry) => has(entry) !== (add !== "")).map(({ document }) => document.id);
    const outcomes = await this.#do(changed, { action: "tag", add_tags: add ? [add] : [], remove_tags: remove ? [remove] : [] });
    if (outcomes === null) return;
    const words = add ? `“${tag}” was added to ${counted(changed.length)}.` : `“${tag}” was taken from ${counted(changed.length)}.`;
    this.#done(words, outcomes, () => changeTogether(changed, { action: "tag", add_tags: remove ? [remove] : [], remove_tags: add ? [add] : [] }));
    await this.given.onReload();
  }

  #askWhere() {
    const others = this.given.collections().filter((name) => name !== this.given.collection());
    if (others.length === 0) {
      this.#say("There is no other collection. Make one with “New collection…” first.");
      return;
    }
    const select = element("select", { "aria-label": "Collection to move to" }, ...others.map((name) => new Option(name, name)));
    const move = element("button", { type: "submit", className: "button primary" }, "Move there");
    this.form.onsubmit = () => this.#move(select.value);
    this.#open(select, move, this.#cancelButton());
    select.focus();
  }

  async #move(target) {
    const from = this.given.collection();
    const outcomes = await this.#do(this.#ids, { action: "move", collection: target });
    if (outcomes === null) return;
    const moved = outcomes.filter(({ ok }) => ok).map(({ document_id: id }) => id);
    this.given.onChanged({ removed: moved });
    this.#done(`${counted(moved.length)} moved to ${target}.`, outcomes, () => changeTogether(moved, { action: "move", collection: from }));
  }

  async #delete() {
    const outcomes = await this.#do(this.#ids, { action: "delete" });
    if (outcomes === null) return;
    const removed = outcomes.filter(({ ok }) => ok).map(({ document_id: id }) => id);
    this.given.onChanged({ removed });
    this.#done(`${counted(removed.length)} deleted.`, outcomes, null);
  }

  /** Does something, and says how far it is. Returns the outcomes, or null if it failed as a whole. */
  async #do(ids, change) {
    this.form.hidden = true;
    this.node.setAttribute("aria-busy", "true");
    try {
      return await changeTogether(ids, change, (done) => ids.length > done && this.#say(`${done.toLocaleString()} of ${ids.length.toLocaleString()} done`));
    } catch (error) {
      this.#say(error.detail ?? String(error));
      return null;
    } finally {
      this.node.removeAttribute("aria-busy");
    }
  }

  /** Says what was done and what was not; `undo()` takes it back, and may be null. */
  #done(words, outcomes, undo) {
    const failed = outcomes.filter(({ ok }) => !ok);
    const reasons = failed.slice(0, MOST_TOLD).map(({ error }) => error.detail);
    const more = failed.length > MOST_TOLD ? [`${(failed.length - MOST_TOLD).toLocaleString()} more failed.`] : [];
    this.#say([words, ...reasons, ...more].join(" "), undo);
    announce(this.note.textContent);
  }

  #say(words, undo = null) {
    this.#undo = undo;
    const button = element("button", { type: "button", className: "quiet-button", click: () => this.#takeBack() }, icon("retry"), "Undo");
    const close = element("button", { type: "button", className: "quiet-button", click: () => this.#say("") }, "OK");
    this.note.replaceChildren(words, ...(undo === null ? [] : [" ", button]), ...(words !== "" && this.#entries.length === 0 ? [" ", close] : []));
    this.#fit();
  }

  async #takeBack() {
    const undo = this.#undo;
    this.#say("");
    try {
      await undo();
      announce("Undone.");
    } catch (error) {
      this.#say(error.detail ?? String(error));
    }
    await this.given.onReload();
  }

  #cancelButton() {
    return element("button", { type: "button", className: "quiet-button", click: () => this.#closeForm() }, "Cancel");
  }

  #open(...nodes) {
    this.#say("");
    this.form.replaceChildren(...nodes);
    this.form.hidden = false;
    this.#fit();
  }

  #closeForm() {
    this.form.hidden = true;
    this.buttons.querySelector("button").focus();
  }

  #fit() {
    this.node.hidden = this.#entries.length === 0 && this.note.textContent === "";
  }
}

function counted(count) {
  return count === 1 ? "1 document" : `${count.toLocaleString()} documents`;
}

function tool(name, label, onClick) {
  const isClose = name === "close";
  const className = isClose ? "icon-button" : "button";
  return element("button", { type: "button", className, title: label, ...(isClose && { "aria-label": label }), click: onClick }, icon(name), !isClose && label);
}
