// Finds documents by name among those that are loaded, at once; the service's own list follows. Pure, without the DOM.

export class NameSearch {
  #key = "";
  #entries = [];

  /** Keeps a list that is whole, unless it is one of a search by name. */
  keep(wanted, entries) {
    if (wanted.filter.name !== undefined) return;
    this.#key = keyOf(wanted);
    this.#entries = entries;
  }

  /** Returns those of the kept list whose name or title holds the words; null where that list is another one. */
  find(wanted) {
    const words = wanted.filter.name?.toLowerCase();
    if (words === undefined || keyOf(wanted) !== this.#key) return null;
    return this.#entries.filter(({ removed, document: { name, title } }) => !removed && (name.toLowerCase().includes(words) || title.toLowerCase().includes(words)));
  }
}

/** Returns what two lists have in common that differ only by the words that are searched for. */
function keyOf({ filter: { name, ...filter }, ...wanted }) {
  return JSON.stringify([filter, wanted]);
}
