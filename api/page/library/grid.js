// The documents as a grid, of which one row has the focus and several can be selected, by mouse and by keyboard.

import { GridRow } from "/page/library/grid_row.js";
import { VirtualList } from "/page/documents/virtual_list.js";
import { announce, byId, element } from "/page/shared/dom.js";
import { t } from "/page/shared/words.js";

const ROW_PIXELS = 54;
const COLUMNS = [["name", t("library.name"), "asc"], [null, t("library.tags")], ["state", t("library.state"), "asc"], ["pages", t("library.pages"), "desc"], ["date", t("library.changed"), "desc"]];

export class Grid {
  #rows = new Map();
  #selected = new Set();
  #current = null;
  #anchor = null;
  #isWhole = false;

  /** `onSort({sort, order})` is called to sort; `onSelect(entries)` when others are selected; `onDelete()` for the Delete key. */
  constructor({ onSort, onSelect, onDelete, onCancel }) {
    this.onSort = onSort;
    this.onSelect = onSelect;
    this.onDelete = onDelete;
    this.onCancel = onCancel;
    this.node = byId("documents");
    this.all = element("input", { type: "checkbox", "aria-label": t("library.select_all"), change: () => (this.all.checked ? this.#selectAll() : this.clear()) });
    this.heads = COLUMNS.map(([sort, label, first]) => this.#head(sort, label, first));
    byId("grid-head").append(element("span", { role: "columnheader", className: "cell-check" }, this.all), ...this.heads);
    this.list = new VirtualList({ list: byId("grid-rows"), rowHeight: ROW_PIXELS, nodeOf: (entry) => this.#row(entry).node, onHide: (entry) => this.#rows.delete(entry) });
    byId("grid-rows").addEventListener("keydown", (event) => this.#key(event));
  }

  get entries() {
    return this.list.entries;
  }

  /** Whether all documents that match are loaded. */
  get isWhole() {
    return this.#isWhole;
  }

  show(entries, { isWhole, sort, order }) {
    this.#isWhole = isWhole;
    const at = this.#current === null ? -1 : this.list.placeOf(this.#current);
    const hadFocus = byId("grid-rows").contains(document.activeElement);
    this.list.show(entries);
    this.node.setAttribute("aria-rowcount", String(entries.length + 1));
    for (const head of this.heads) {
      if (!head.dataset.sort) continue;
      const sorted = head.dataset.sort === sort ? { asc: "ascending", desc: "descending" }[order] : "none";
      head.setAttribute("aria-sort", sorted);
    }
    if (this.#current === null || this.list.placeOf(this.#current) < 0) {
      this.#point(entries[Math.max(0, Math.min(at, entries.length - 1))] ?? null);
      if (hadFocus && entries.length > 0) this.#focus(this.list.placeOf(this.#current));
    }
    const gone = [...this.#selected].filter((entry) => entry.removed || this.list.placeOf(entry) < 0);
    for (const entry of gone) this.#selected.delete(entry);
    if (gone.length > 0) this.#told();
  }

  /** Shows an entry's row as it is now. */
  refresh(entry) {
    this.#rows.get(entry)?.show(entry);
  }

  clear() {
    if (this.#selected.size === 0) return;
    this.#selected.clear();
    this.#told();
  }

  #row(entry) {
    const row = new GridRow({
      onToggle: ({ extend }) => (extend ? this.#selectTo(entry) : this.#toggle(entry)),
      onFocus: () => this.#point(entry),
      onCancel: () => this.onCancel(entry),
    });
    row.show(entry);
    row.mark({ isSelected: this.#selected.has(entry), isCurrent: entry === this.#current });
    this.#rows.set(entry, row);
    return row;
  }

  #head(sort, label, first) {
    const node = element("span", { role: "columnheader", className: `cell-${sort ?? "tags"}` });
    if (sort === null) node.append(label);
    else {
      node.dataset.sort = sort;
      node.append(element("button", { type: "button", className: "sort-button", click: () => this.onSort({ sort, order: turned(node.getAttribute("aria-sort"), first) }) }, label));
    }
    return node;
  }

  #toggle(entry) {
    if (entry.document === null) return; // an upload is none yet
    if (!this.#selected.delete(entry)) this.#selected.add(entry);
    this.#anchor = entry;
    this.#told();
  }

  /** Selects all from the last one that was toggled to this one. */
  #selectTo(entry) {
    const [from, to] = [this.list.placeOf(this.#anchor ?? entry), this.list.placeOf(entry)].sort((one, other) => one - other);
    for (const each of this.entries.slice(Math.max(0, from), to + 1)) if (each.document !== null) this.#selected.add(each);
    this.#told();
  }

  #selectAll() {
    this.#selected = new Set(this.entries.filter(({ document }) => document !== null));
    this.#told();
  }

  #told() {
    for (const [entry, row] of this.#rows) row.mark({ isSelected: this.#selected.has(entry), isCurrent: entry === this.#current });
    const { size } = this.#selected;
    this.all.checked = size > 0 && size === this.entries.length;
    this.all.indeterminate = size > 0 && size < this.entries.length;
    announce(t("library.selected", { count: size }));
    this.onSelect([...this.#selected]);
  }

  #point(entry) {
    this.#rows.get(this.#current)?.mark({ isSelected: this.#selected.has(this.#current), isCurrent: false });
    this.#current = entry;
    this.#rows.get(entry)?.mark({ isSelected: this.#selected.has(entry), isCurrent: true });
  }

  #focus(at) {
    const node = this.list.reveal(at);
    if (node === null) return;
    this.#point(this.entries[at]);
    node.focus({ preventScroll: true });
  }

  #key(event) {
    const at = this.list.placeOf(this.#current);
    const last = this.entries.length - 1;
    const isCommand = event.ctrlKey || event.metaKey;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + this.list.perPage, PageUp: at - this.list.perPage, Home: 0, End: last }[event.key];
    if (to !== undefined) {
      if (event.shiftKey && this.#anchor === null) this.#anchor = this.#current;
      this.#focus(Math.min(last, Math.max(0, to)));
      if (event.shiftKey) this.#selectTo(this.#current);
    } else if (event.key === " " && event.target.tagName !== "BUTTON") this.#toggle(this.#current);
    else if (event.key === "a" && isCommand) this.#selectAll();
    else if (event.key === "Escape" && this.#selected.size > 0) this.clear();
    else if (event.key === "Enter" && event.target.getAttribute("role") === "row") this.#rows.get(this.#current)?.open();
    else if (event.key === "Delete") {
      if (this.#selected.size === 0) this.#toggle(this.#current);
      if (this.#selected.size > 0) this.onDelete();
    } else return;
    event.preventDefault();
  }
}

/** Returns the other order of a column that is sorted by, else the one that it begins with. */
function turned(sorted, first) {
  if (sorted === "ascending") return "desc";
  return sorted === "descending" ? "asc" : first;
}
