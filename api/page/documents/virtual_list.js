// A list of which only the rows in view are in the page, so that ten thousand are as quick as ten. Rows may differ in height.

const SPARE_PIXELS = 400; // above and below what is seen

export class VirtualList {
  #entries = [];
  #tops = [0];
  #places = new Map();
  #heights = new WeakMap();
  #owners = new WeakMap();
  #shown = new Map();
  #frame = 0;

  /**
   * The parent of `list` scrolls. `nodeOf(entry)` returns the node of a row, which may take another height than
   * `rowHeight` pixels; `onHide(entry)` is called when its row leaves the page.
   */
  constructor({ list, rowHeight, nodeOf, onHide = () => {} }) {
    this.list = list;
    this.scroller = list.parentElement;
    this.rowHeight = rowHeight;
    this.nodeOf = nodeOf;
    this.onHide = onHide;
    this.sizes = new ResizeObserver((records) => this.#measure(records));
    this.scroller.addEventListener("scroll", () => this.#draw(), { passive: true });
    new ResizeObserver(() => this.#draw()).observe(this.scroller);
  }

  get entries() {
    return this.#entries;
  }

  /** Shows entries in their order. A row that stays keeps its node, and the focus in it. */
  show(entries) {
    this.#entries = entries;
    this.#places = new Map(entries.map((entry, at) => [entry, at]));
    this.#place();
    this.#draw();
  }

  /** Returns where an entry stands, or -1. */
  placeOf(entry) {
    return this.#places.get(entry) ?? -1;
  }

  /** Scrolls as little as needed to have a row in view, and returns its node, or null. */
  reveal(at) {
    const entry = this.#entries[at];
    if (entry === undefined) return null;
    const { scroller } = this;
    const [top, bottom] = [this.#tops[at], this.#tops[at + 1]];
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (bottom > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = bottom - scroller.clientHeight;
    this.#draw();
    return this.#shown.get(entry) ?? null;
  }

  /** Returns how many rows fit into what is seen. */
  get perPage() {
    return Math.max(1, Math.floor(this.scroller.clientHeight / this.rowHeight) - 1);
  }

  #place() {
    const tops = new Array(this.#entries.length + 1);
    tops[0] = 0;
    this.#entries.forEach((entry, at) => {
      tops[at + 1] = tops[at] + (this.#heights.get(entry) ?? this.rowHeight);
    });
    this.#tops = tops;
    this.list.style.height = `${tops.at(-1)}px`;
  }

  #draw() {
    const { scrollTop, clientHeight } = this.scroller;
    const first = Math.max(0, this.#at(scrollTop - SPARE_PIXELS));
    const last = Math.min(this.#entries.length - 1, this.#at(scrollTop + clientHeight + SPARE_PIXELS));
    const wanted = new Set(this.#entries.slice(first, last + 1));
    for (const [entry, node] of this.#shown) {
      if (wanted.has(entry)) continue;
      // The row with the focus stays, though it is out of sight.
      if (this.#places.has(entry) && node.contains(document.activeElement)) wanted.add(entry);
      else this.#hide(entry, node);
    }
    let before = null;
    for (const entry of [...wanted].sort((one, other) => this.#places.get(one) - this.#places.get(other))) {
      before = this.#showRow(entry, before);
    }
  }

  #showRow(entry, before) {
    const at = this.#places.get(entry);
    let node = this.#shown.get(entry);
    if (node === undefined) {
      node = this.nodeOf(entry);
      this.#shown.set(entry, node);
      this.#owners.set(node, entry);
      this.sizes.observe(node);
    }
    const follows = before === null ? this.list.firstElementChild : before.nextElementSibling;
    if (follows !== node) this.list.insertBefore(node, follows);
    node.style.top = `${this.#tops[at]}px`;
    const isGrid = node.getAttribute("role") === "row";
    node.setAttribute(isGrid ? "aria-rowindex" : "aria-posinset", String(at + (isGrid ? 2 : 1))); // a grid's first row is its head
    if (!isGrid) node.setAttribute("aria-setsize", String(this.#entries.length));
    return node;
  }

  #hide(entry, node) {
    this.#shown.delete(entry);
    this.sizes.unobserve(node);
    node.remove();
    this.onHide(entry);
  }

  #measure(records) {
    let hasChanged = false;
    for (const { target, borderBoxSize } of records) {
      const entry = this.#owners.get(target);
      const height = Math.ceil(borderBoxSize[0].blockSize);
      if (height === 0 || height === (this.#heights.get(entry) ?? this.rowHeight)) continue;
      this.#heights.set(entry, height);
      hasChanged = true;
    }
    if (!hasChanged || this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#place();
      this.#draw();
    });
  }

  /** Returns the row at a height, by halves. */
  #at(height) {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#tops[middle + 1] <= height) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
