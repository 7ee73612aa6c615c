// What can be done with the selected documents: ask only them, tag, move, delete. A delete asks first, the others can be undone.

import { NEW_COLLECTION } from "/page/collections/collection_picker.js";
import { changeTogether, createCollection } from "/page/documents/calls.js";
import { handOver } from "/page/documents/narrowing.js";
import { announce, element, icon } from "/page/shared/dom.js";
import { failureNodes, worded } from "/page/shared/problems.js";
import { t } from "/page/shared/words.js";

const MOST_ASKED = 1000; // as many as a filter may name
const MOST_TOLD = 3;

export class SelectionBar {
  #entries = [];
  #undo = null;

  /**
   * `collection()`, `collections()`, `tags()` and `filter()` return what is shown; `isAll(entries)` tells whether all
   * that match the filter are selected. `onChanged({removed})` is called with ids that left, `onReload()` after
   * other changes, `onMade(collection)` with a new collection to move to.
   */
  constructor({ node, ...given }) {
    this.node = node;
    this.given = given;
    this.count = element("span", { className: "selection-count" });
    this.note = element("p", { className: "selection-note", role: "status" });
    this.form = element("form", { className: "selection-form", hidden: true, submit: (event) => event.preventDefault() });
    this.remove = tool("delete", t("common.delete"), () => this.askToDelete());
    this.buttons = element(
      "div",
      { className: "selection-buttons" },
      this.count,
      tool("ask", t("filter.ask_these"), () => this.#ask()),
      tool("tag", t("library.tag"), () => this.#askForTag()),
      tool("move", t("selection.move"), () => this.#askWhere()),
      this.remove,
      tool("close", t("selection.clear"), () => given.onClear()),
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
    this.count.textContent = t("selection.selected", { count: entries.length });
    this.buttons.hidden = entries.length === 0;
    this.form.hidden = true;
    if (entries.length > 0) this.#say("");
    this.#fit();
  }

  /** Asks whether to delete what is selected. */
  askToDelete() {
    const { length } = this.#entries;
    const question = length === 1 ? t("selection.delete_one", { name: this.#entries[0].document.name }) : t("selection.delete_several", { count: length });
    const keep = element("button", { type: "button", className: "button", click: () => this.#closeForm() }, t("common.keep"));
    const label = t("selection.delete_button", { count: length });
    const agree = element("button", { type: "button", className: "button danger", click: () => this.#delete() }, label);
    this.#open(element("p", {}, question), keep, agree);
    keep.focus(); // the harmless choice
  }

  get #ids() {
    return this.#entries.map(({ document }) => document.id);
  }

  #ask() {
    const filter = this.given.filter();
    const isFilter = this.given.isAll(this.#entries) && Object.keys(filter).length > 0;
    if (!isFilter && this.#entries.length > MOST_ASKED) {
      this.#say(t("selection.at_most", { count: MOST_ASKED }));
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
    const input = element("input", { type: "text", maxLength: 64, placeholder: t("library.tag"), "aria-label": t("library.tag"), autocomplete: "off" });
    input.setAttribute("list", "known-tags");
    const add = element("button", { type: "submit", className: "button primary" }, t("selection.add_tag"));
    const take = element("button", { type: "button", className: "button", click: () => this.#tag({ remove: input.value.trim() }) }, t("selection.take_tag"));
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
    const words = add ? t("selection.tag_added", { tag, count: changed.length }) : t("selection.tag_taken", { tag, count: changed.length });
    this.#done(words, outcomes, () => changeTogether(changed, { action: "tag", add_tags: remove ? [remove] : [], remove_tags: add ? [add] : [] }));
    await this.given.onReload();
  }

  #askWhere() {
    const others = this.given.collections().filter((name) => name !== this.given.collection());
    const select = element("select", { "aria-label": t("selection.move_to") }, ...others.map((name) => new Option(name, name)), new Option(t("chat.collection_new"), NEW_COLLECTION));
    const named = element("input", { type: "text", maxLength: 64, required: true, placeholder: t("chat.collection_name"), "aria-label": t("chat.collection_name"), autocomplete: "off" });
    const fit = () => {
      named.hidden = named.disabled = select.value !== NEW_COLLECTION;
    };
    select.addEventListener("change", fit);
    fit();
    const move = element("button", { type: "submit", className: "button primary" }, t("selection.move_there"));
    this.form.onsubmit = () => (named.hidden ? this.#move(select.value) : this.#moveToNew(named.value.trim()));
    this.#open(select, named, move, this.#cancelButton());
    select.focus();
  }

  async #moveToNew(name) {
    try {
      this.given.onMade(await createCollection({ name, description: "" }));
    } catch (error) {
      this.#say(error.code === "conflict" ? t("collections.name_taken") : failureNodes(error));
      return;
    }
    await this.#move(name);
  }

  async #move(target) {
    const from = this.given.collection();
    const outcomes = await this.#do(this.#ids, { action: "move", collection: target });
    if (outcomes === null) return;
    const moved = outcomes.filter(({ ok }) => ok).map(({ document_id: id }) => id);
    this.given.onChanged({ removed: moved });
    this.#done(t("selection.moved", { count: moved.length, collection: target }), outcomes, () => changeTogether(moved, { action: "move", collection: from }));
  }

  async #delete() {
    const outcomes = await this.#do(this.#ids, { action: "delete" });
    if (outcomes === null) return;
    const removed = outcomes.filter(({ ok }) => ok).map(({ document_id: id }) => id);
    this.given.onChanged({ removed });
    this.#done(t("selection.deleted", { count: removed.length }), outcomes, null);
  }

  /** Does something, and says how far it is. Returns the outcomes, or null if it failed as a whole. */
  async #do(ids, change) {
    this.form.hidden = true;
    this.node.setAttribute("aria-busy", "true");
    try {
      return await changeTogether(ids, change, (done) => ids.length > done && this.#say(t("selection.done_of", { done, total: ids.length })));
    } catch (error) {
      this.#say(failureNodes(error));
      return null;
    } finally {
      this.node.removeAttribute("aria-busy");
    }
  }

  /** Says what was done and what was not; `undo()` takes it back, and may be null. */
  #done(words, outcomes, undo) {
    const failed = outcomes.filter(({ ok }) => !ok);
    const reasons = failed.slice(0, MOST_TOLD).map(({ error }) => worded(error).detail);
    const more = failed.length > MOST_TOLD ? [t("selection.more_failed", { count: failed.length - MOST_TOLD })] : [];
    this.#say([words, ...reasons, ...more].join(" "), undo);
    announce(this.note.textContent);
  }

  #say(words, undo = null) {
    this.#undo = undo;
    const button = element("button", { type: "button", className: "quiet-button", click: () => this.#takeBack() }, icon("retry"), t("selection.undo"));
    const close = element("button", { type: "button", className: "quiet-button", click: () => this.#say("") }, t("selection.ok"));
    this.note.replaceChildren(...[words].flat(), ...(undo === null ? [] : [" ", button]), ...(words !== "" && this.#entries.length === 0 ? [" ", close] : []));
    this.#fit();
  }

  async #takeBack() {
    const undo = this.#undo;
    this.#say("");
    try {
      await undo();
      announce(t("selection.undone"));
    } catch (error) {
      this.#say(failureNodes(error));
    }
    await this.given.onReload();
  }

  #cancelButton() {
    return element("button", { type: "button", className: "quiet-button", click: () => this.#closeForm() }, t("common.cancel"));
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

function tool(name, label, onClick) {
  const isClose = name === "close";
  const className = isClose ? "icon-button" : "button";
  return element("button", { type: "button", className, title: label, ...(isClose && { "aria-label": label }), click: onClick }, icon(name), !isClose && label);
}
