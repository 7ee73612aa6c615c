// Learns of changes that others make: at once from other tabs of this browser, and by looking from time to time.

import { stampOf } from "/page/documents/calls.js";

const CHANNEL = "citewell.documents";
const LOOK_MILLISECONDS = 15_000;
const GATHER_MILLISECONDS = 400; // several changes are one

export class Changes {
  #stamp = null;
  #stamped = "";
  #timer = 0;

  /** `collection()` is the one that is shown; `onChange()` is called when its documents have changed elsewhere. */
  constructor({ collection, onChange }) {
    this.collection = collection;
    this.onChange = onChange;
    this.channel = new BroadcastChannel(CHANNEL);
    this.channel.addEventListener("message", ({ data }) => data.collection === collection() && this.#gather());
    setInterval(() => this.#look(), LOOK_MILLISECONDS);
    document.addEventListener("visibilitychange", () => this.#look());
  }

  /** Tells the other tabs that the documents of a collection have changed. */
  tell(collection) {
    this.channel.postMessage({ collection });
  }

  #gather() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.onChange(), GATHER_MILLISECONDS);
  }

  async #look() {
    if (document.hidden) return;
    const collection = this.collection();
    const stamp = await stampOf(collection).catch(() => null);
    if (stamp === null || collection !== this.collection()) return;
    const hasChanged = this.#stamp !== null && this.#stamped === collection && stamp !== this.#stamp;
    this.#stamp = stamp;
    this.#stamped = collection;
    if (hasChanged) this.onChange();
  }
}
