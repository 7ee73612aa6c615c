// Polls what is under way, a few at a time: the oldest, which end first, and the others in turn.

const POLL_MILLISECONDS = 700;
const MAX_POLL_MILLISECONDS = 10_000;
const OLDEST = 5;
const OTHERS = 3;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class Followed {
  #entries = new Set();
  #turn = 0;
  #runs = false;

  /** `poll(entry)` resolves with whether it has ended; `onLost(entry, error)` tells whether to give up after an error. */
  constructor({ poll, onLost }) {
    this.poll = poll;
    this.onLost = onLost;
  }

  add(entry) {
    this.#entries.add(entry);
    if (!this.#runs) this.#run();
  }

  /** After a lost connection it waits longer each time; where all have ended it does not wait. */
  async #run() {
    this.#runs = true;
    let wait = POLL_MILLISECONDS;
    while (this.#entries.size > 0) {
      await pause(wait);
      const looked = await Promise.all(this.#next().map((entry) => this.#look(entry)));
      if (looked.includes("lost")) wait = Math.min(wait * 2, MAX_POLL_MILLISECONDS);
      else wait = looked.every((each) => each === "ended") ? 0 : POLL_MILLISECONDS;
    }
    this.#runs = false;
  }

  #next() {
    const all = [...this.#entries];
    const others = all.slice(OLDEST);
    const from = others.length === 0 ? 0 : (this.#turn += OTHERS) % others.length;
    return [...all.slice(0, OLDEST), ...others.slice(from, from + OTHERS)];
  }

  async #look(entry) {
    let seen;
    try {
      seen = (await this.poll(entry)) ? "ended" : "going on";
    } catch (error) {
      seen = this.onLost(entry, error) ? "ended" : "lost";
    }
    if (seen === "ended") this.#entries.delete(entry);
    return seen;
  }
}
