// Uploads, a few at a time. Those that fail do not stand among the documents: they are gathered, to be shown as one.

import { upload } from "/page/documents/calls.js";
import { worded } from "/page/shared/problems.js";
import { percent, size, t } from "/page/shared/words.js";

const AT_ONCE = 3;
const ROOM_MILLISECONDS = 3_000;
const PASSING = new Set([408, 409, 429]); // too slow, in conflict with other work, busy

/** Returns whether sending the same file again can help: after a lost connection or an error of the server, not a refusal. */
const canSucceedLater = ({ status }) => !(status >= 400 && status < 500) || PASSING.has(status);

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class Uploads {
  #waiting = [];
  #running = 0;
  #failures = [];

  /**
   * `onShow(entry, view)` is called when the view of an upload changes, `onStored(entry, stored)` with a list of
   * `{document, job}` once the service has it, `onFailed(entry)` when it has failed and is gathered with the others.
   */
  constructor({ onShow, onStored, onFailed }) {
    this.onShow = onShow;
    this.onStored = onStored;
    this.onFailed = onFailed;
  }

  /**
   * What was not added to a collection: `{name, ending, code, detail, entry}`; `entry` is null where another try cannot
   * help, and `name` where a zip holds more than it names.
   */
  failuresOf(collection) {
    return this.#failures.filter((failure) => failure.collection === collection);
  }

  /** Forgets what has failed, and returns what of it can be tried again. */
  dismiss(collection) {
    const gone = this.failuresOf(collection);
    this.#failures = this.#failures.filter((failure) => failure.collection !== collection);
    return gone.map(({ entry }) => entry).filter((entry) => entry !== null);
  }

  /** Sends an entry `{collection, chosen, abort}` once it is its turn. */
  add(entry) {
    entry.active = true;
    this.#show(entry, entry.chosen.size === null ? t("uploads.waiting") : size(entry.chosen.size), 0);
    this.#waiting.push(entry);
    this.#start();
  }

  #start() {
    while (this.#running < AT_ONCE && this.#waiting.length > 0) {
      const entry = this.#waiting.shift();
      if (entry.removed) continue;
      this.#running += 1;
      this.#send(entry).finally(() => {
        this.#running -= 1;
        this.#start();
      });
    }
  }

  async #send(entry) {
    const { chosen, collection, abort } = entry;
    const { name } = chosen;
    const onProgress = (progress) => this.#show(entry, progress < 1 ? t("documents.uploading", { share: percent(progress) }) : t("documents.checking"), progress);
    try {
      const file = await chosen.read();
      const answer = await upload({ file, name, collection, signal: abort.signal, onProgress });
      if (entry.removed) return;
      for (const line of answer.refused ?? []) this.#failures.push(...refused(line, collection));
      this.onStored(entry, answer.accepted ?? [answer]);
    } catch (error) {
      if (entry.removed) return;
      if (error.status === 429) {
        this.#show(entry, t("uploads.room"), null);
        this.#waiting.push(entry);
        await pause(ROOM_MILLISECONDS);
        return;
      }
      entry.active = false;
      this.#failures.push({ collection, name, ending: endingOf(name), code: error.code ?? "unreadable", detail: error.detail ?? t("uploads.unreadable"), entry: canSucceedLater(error) ? entry : null });
      this.onFailed(entry);
    }
  }

  #show(entry, meta, progress) {
    this.onShow(entry, { name: entry.chosen.name, meta, state: "uploading", progress, removable: "cancel" });
  }
}

/** Returns a failure for each file of a zip that was refused for one reason; the service names only the first few. */
function refused({ reason, code, type, count, names }, collection) {
  return Array.from({ length: count }, (_, at) => {
    const name = names[at] ?? null;
    return { collection, name, ending: type || endingOf(name ?? ""), code, detail: worded({ code, detail: reason, values: { name: name ?? type } }).detail, entry: null };
  });
}

function endingOf(name) {
  const file = name.slice(name.lastIndexOf("/") + 1);
  const dot = file.lastIndexOf(".");
  return dot > 0 ? file.slice(dot).toLowerCase() : t("uploads.no_ending");
}
