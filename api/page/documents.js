// The documents of the chosen collection: what is stored, what is being uploaded, and how far each job is.

import { activateVersion, deleteDocument, getDocument, getJob, listDocuments, uploadDocument } from "/page/api.js";
import { DocumentRow } from "/page/document_row.js";
import { announce, plural } from "/page/dom.js";

const POLL_MILLISECONDS = 700;
const MAX_POLL_MILLISECONDS = 10_000;
const PARALLEL_UPLOADS = 3;

const ENDED = new Set(["succeeded", "failed", "cancelled"]);

/** How far a job is, in plain words. A waiting one that has an error was put off and is tried again. */
function jobWords(job) {
  if (job.state === "queued") return job.error ? "Waiting to try again" : "Waiting its turn";
  const [doing, done, total] =
    job.stage === "parsing"
      ? ["Reading the file", job.pages_done, job.page_count]
      : ["Indexing", job.chunks_done, job.chunks_total];
  const counted = total && done ? `, ${done} of ${total}` : "";
  return doing + counted + remainingWords(job.remaining_seconds);
}

/** Less than a few seconds are not worth telling, and an estimate is not precise. */
function remainingWords(seconds) {
  if (!seconds || seconds < 5) return "";
  return seconds < 90 ? `, about ${Math.ceil(seconds / 5) * 5} s left` : `, about ${Math.round(seconds / 60)} min left`;
}

function readyWords(found) {
  const parts = [];
  if (found.page_count) parts.push(plural(found.page_count, "page"));
  if (found.chunk_count) parts.push(plural(found.chunk_count, "passage"));
  return parts.join(" · ") || sizeWords(found.size_bytes);
}

function sizeWords(bytes) {
  if (bytes < 1024) return plural(bytes, "byte");
  const [value, unit] = bytes < 1_048_576 ? [bytes / 1024, "KB"] : [bytes / 1_048_576, "MB"];
  return `${value.toLocaleString(undefined, { maximumFractionDigits: value < 10 ? 1 : 0 })} ${unit}`;
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class DocumentList {
  #entries = [];
  #waiting = [];
  #uploading = 0;
  #loads = 0;

  /** `onChange` is called with the documents that are ready and the count of all rows whenever either changes. */
  constructor({ list, note, onChange }) {
    this.list = list;
    this.note = note;
    this.onChange = onChange;
    this.collection = "default";
  }

  /** Shows another collection. What is being uploaded elsewhere goes on unseen and is there again on return. */
  async load(collection) {
    this.collection = collection;
    this.#loads += 1;
    const load = this.#loads;
    this.#entries = this.#entries.filter((entry) => entry.active);
    this.#render();
    let documents = [];
    let failure = "";
    try {
      documents = await listDocuments(collection);
    } catch (error) {
      failure = error.detail ?? String(error);
    }
    if (load !== this.#loads) return; // the reader has gone on to another collection meanwhile
    this.note.textContent = failure;
    this.note.hidden = failure === "";
    const known = new Set(this.#entries.map((entry) => entry.document?.id));
    for (const found of documents.filter((each) => !known.has(each.id))) {
      const entry = this.#entry({ collection, document: found });
      this.#entries.push(entry);
      this.#showDocument(entry, found);
      if (found.state === "processing") this.#follow(entry, () => this.#pollDocument(entry));
    }
    this.#render();
  }

  /** Uploads files to the collection that is shown now, a few at a time. */
  add(files) {
    for (const file of files) {
      const entry = this.#entry({ collection: this.collection, file });
      this.#entries.unshift(entry);
      this.#enqueue(entry);
    }
    this.#render();
  }

  #entry({ collection, document = null, file = null }) {
    const entry = { collection, document, file, active: false, removed: false, abort: new AbortController() };
    entry.row = new DocumentRow({ onRemove: () => this.#remove(entry), onRetry: () => this.#enqueue(entry), versions: this.#versions(entry) });
    return entry;
  }

  #versions(entry) {
    return {
      whose: () => ({ documentId: entry.document.id, name: entry.document.name }),
      onRestore: async (versionId) => {
        const job = await activateVersion({ documentId: entry.document.id, versionId });
        this.#showJob(entry, job);
        this.#follow(entry, () => this.#pollJob(entry, job.id));
      },
    };
  }

  #render() {
    const shown = this.#entries.filter((entry) => entry.collection === this.collection && !entry.removed);
    const nodes = shown.map((entry) => entry.row.node);
    const same = nodes.length === this.list.children.length && nodes.every((node, at) => node === this.list.children[at]);
    if (!same) this.list.replaceChildren(...nodes);
    const ready = shown.map((entry) => entry.document).filter((found) => found?.state === "ready");
    this.onChange({ ready, count: shown.length });
  }

  #enqueue(entry) {
    entry.active = true;
    const { name, size } = entry.file;
    entry.row.show({ name, meta: sizeWords(size), state: "uploading", progress: 0, removable: "cancel" });
    this.#waiting.push(entry);
    this.#startUploads();
  }

  #startUploads() {
    while (this.#uploading < PARALLEL_UPLOADS && this.#waiting.length > 0) {
      const entry = this.#waiting.shift();
      if (entry.removed) continue;
      this.#uploading += 1;
      this.#upload(entry).finally(() => {
        this.#uploading -= 1;
        this.#startUploads();
      });
    }
  }

  async #upload(entry) {
    const { file, collection } = entry;
    const onProgress = (progress) => {
      const meta = progress < 1 ? `Uploading, ${Math.round(progress * 100)} %` : "Checking the file";
      entry.row.show({ name: file.name, meta, state: "uploading", progress, removable: "cancel" });
    };
    try {
      const { document: found, job } = await uploadDocument({ file, collection, signal: entry.abort.signal, onProgress });
      // The service may take the file as a new version of a document that is already in the list.
      this.#entries = this.#entries.filter((other) => other.document?.id !== found.id);
      entry.document = found;
      this.#showJob(entry, job);
      this.#render();
      this.#follow(entry, () => this.#pollJob(entry, job.id));
    } catch (error) {
      entry.active = false;
      if (entry.removed) return;
      const reason = error.detail ?? String(error);
      entry.row.show({
        name: file.name, meta: "Not uploaded", state: "failed", reason, retryable: true, removable: "dismiss",
      });
      announce(`${file.name} was not uploaded. ${reason}`);
    }
  }

  /** Repeats `poll` until it returns true. A lost connection is waited out, ever longer. */
  async #follow(entry, poll) {
    entry.active = true;
    let wait = POLL_MILLISECONDS;
    for (;;) {
      await pause(wait);
      if (entry.removed) return;
      try {
        if (await poll()) break;
        wait = POLL_MILLISECONDS;
      } catch (error) {
        if (error.status === 404) break;
        wait = Math.min(wait * 2, MAX_POLL_MILLISECONDS);
        entry.row.show({ name: entry.document.name, meta: "Connection lost, trying again", state: "processing" });
      }
    }
    entry.active = false;
    this.#render();
  }

  async #pollJob(entry, jobId) {
    const job = await getJob(jobId);
    if (!ENDED.has(job.state)) {
      this.#showJob(entry, job);
      return false;
    }
    const succeeded = job.state === "succeeded";
    // A document whose only upload was cancelled is gone; its row stays until the reader has seen why.
    const found = await getDocument(entry.document.id).catch((error) => {
      if (succeeded || error.status !== 404) throw error;
      return entry.document;
    });
    // A failed new version leaves the old one in service; the reader should still learn that this upload failed.
    const shown = succeeded ? found : { ...found, state: "failed", error: job.error ?? found.error };
    this.#finish(entry, found, shown);
    return true;
  }

  async #pollDocument(entry) {
    const found = await getDocument(entry.document.id);
    if (found.state === "processing") return false;
    this.#finish(entry, found, found);
    return true;
  }

  #finish(entry, found, shown) {
    if (entry.removed) return;
    entry.document = found;
    this.#showDocument(entry, shown);
    announce(shown.state === "failed" ? `${found.name} failed. ${shown.error?.detail ?? ""}` : `${found.name} is ready.`);
  }

  #showJob(entry, job) {
    const progress = job.state === "queued" ? null : job.progress;
    entry.row.show({ name: entry.document.name, meta: jobWords(job), state: "processing", progress });
  }

  #showDocument(entry, found) {
    const meta = { processing: "Waiting its turn", failed: "Not searchable" }[found.state] ?? readyWords(found);
    const failure = found.error?.detail ?? "The service gave no reason.";
    const reason = found.state === "failed" ? failure : (found.warnings ?? []).join(" ");
    entry.row.show({ name: found.name, meta, state: found.state, reason });
  }

  /** Returns what went wrong, in words, or null when the entry is gone. */
  async #remove(entry) {
    try {
      if (entry.document) await deleteDocument(entry.document.id);
    } catch (error) {
      if (error.status !== 404) return error.detail ?? String(error);
    }
    entry.removed = true;
    entry.abort.abort();
    const next = entry.row.node.nextElementSibling ?? entry.row.node.previousElementSibling;
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#render();
    next?.querySelector(".row-remove").focus(); // else the keyboard would start over at the top of the page
    announce(`${entry.document?.name ?? entry.file.name} was removed.`);
    return null;
  }
}
