// The documents of the chosen collection: stored ones, uploads, and the progress of jobs.

import * as api from "/page/shared/api.js";
import { DocumentRow } from "/page/documents/document_row.js";
import { documentState, jobWords, sizeWords, workState } from "/page/documents/document_words.js";
import { announce } from "/page/shared/dom.js";

const POLL_MILLISECONDS = 700;
const MAX_POLL_MILLISECONDS = 10_000;
const PARALLEL_UPLOADS = 3;

const ENDED = new Set(["succeeded", "failed", "cancelled"]);

const PASSING = new Set([408, 409, 429]); // too slow, in conflict with other work, busy

/** Returns whether sending the same file again can help: after a lost connection or an error of the server, not a refusal. */
const canSucceedLater = ({ status }) => !(status >= 400 && status < 500) || PASSING.has(status);

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class DocumentList {
  #entries = [];
  #waiting = [];
  #uploading = 0;
  #loads = 0;

  /**
   * `onChange` is called with the documents that are ready and the count of all rows whenever either changes;
   * `onOpen(document, opener)` when one is to be shown.
   */
  constructor({ list, note, onChange, onOpen }) {
    this.list = list;
    this.note = note;
    this.onChange = onChange;
    this.onOpen = onOpen;
    this.collection = "default";
  }

  /** Shows another collection. Uploads to the old collection go on, and are shown again on return. */
  async load(collection) {
    this.collection = collection;
    this.#loads += 1;
    const load = this.#loads;
    this.#entries = this.#entries.filter((entry) => entry.active);
    this.#render();
    let documents = [];
    let jobs = new Map();
    let failure = "";
    try {
      documents = await api.listDocuments(collection);
      if (documents.some((found) => found.state === "processing")) jobs = await api.listUnfinishedJobs(collection);
    } catch (error) {
      failure = error.detail ?? String(error);
    }
    if (load !== this.#loads) return; // the reader has chosen another collection
    this.note.textContent = failure;
    this.note.hidden = failure === "";
    const known = new Set(this.#entries.map((entry) => entry.document?.id));
    for (const found of documents.filter((each) => !known.has(each.id))) {
      const entry = this.#entry({ collection, document: found });
      this.#entries.push(entry);
      if (jobs.has(found.id)) this.#showJob(entry, jobs.get(found.id));
      else entry.row.show(documentState(found));
      if (found.state === "processing") this.#follow(entry);
    }
    this.#render();
  }

  /** Uploads files to the chosen collection, a few at a time. */
  add(files) {
    for (const file of files) {
      const entry = this.#entry({ collection: this.collection, file });
      this.#entries.unshift(entry);
      this.#enqueue(entry);
    }
    this.#render();
  }

  #entry({ collection, document = null, file = null }) {
    const entry = { collection, document, file, abort: new AbortController() };
    Object.assign(entry, { job: null, cancelledJobId: null, cancelFailure: "", active: false, followed: false, removed: false });
    entry.row = new DocumentRow({
      onOpen: (opener) => this.onOpen(entry.document, opener),
      onRemove: () => this.#remove(entry),
      onRetry: () => this.#enqueue(entry),
      versions: this.#versions(entry),
    });
    return entry;
  }

  #versions(entry) {
    return {
      subject: () => ({ documentId: entry.document.id, name: entry.document.name }),
      onRestore: async (versionId) => {
        const job = await api.activateVersion({ documentId: entry.document.id, versionId });
        this.#showJob(entry, job);
        this.#follow(entry);
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
      const { document: found, job } = await api.uploadDocument({ file, collection, signal: entry.abort.signal, onProgress });
      // The file may be a new version of a document that is already in the list.
      for (const other of this.#entries) if (other.document?.id === found.id) other.removed = true;
      this.#entries = this.#entries.filter((other) => !other.removed);
      entry.document = found;
      this.#showJob(entry, job);
      this.#render();
      this.#follow(entry);
    } catch (error) {
      entry.active = false;
      if (entry.removed) return;
      const reason = error.detail ?? String(error);
      entry.row.show({
        name: file.name, meta: "Not uploaded", state: "failed", reason, retryable: canSucceedLater(error), removable: "dismiss",
      });
      announce(`${file.name} was not uploaded. ${reason}`);
    }
  }

  /** Polls until no job is left. After a lost connection it waits longer each time. */
  async #follow(entry) {
    if (entry.followed) return;
    entry.active = true;
    entry.followed = true;
    let wait = POLL_MILLISECONDS;
    for (;;) {
      await pause(wait);
      if (entry.removed) return;
      try {
        if (await this.#poll(entry)) break;
        wait = POLL_MILLISECONDS;
      } catch (error) {
        if (entry.removed) return;
        if (error.status === 404) {
          this.#drop(entry, entry.cancelledJobId ? "cancelled" : "removed");
          return;
        }
        wait = Math.min(wait * 2, MAX_POLL_MILLISECONDS);
        this.#showWork(entry, { meta: "Connection lost, trying again" });
      }
    }
    entry.active = false;
    entry.followed = false;
    this.#render();
  }

  /** Reads the job once and returns whether it has ended. A document whose only upload was cancelled gives a 404. */
  async #poll(entry) {
    const asked = entry.job;
    const job = asked && (await api.getJob(asked.id));
    if (entry.removed || entry.job !== asked) return false; // the reader has started another job
    if (job && !ENDED.has(job.state)) {
      this.#showJob(entry, job);
      return false;
    }
    const found = await api.getDocument(entry.document.id);
    // Another job may have replaced the one that was followed.
    const jobs = found.state === "processing" ? await api.listUnfinishedJobs(entry.collection) : new Map();
    if (entry.removed || entry.job !== asked) return false;
    entry.document = found;
    entry.job = null;
    entry.cancelFailure = "";
    if (jobs.has(found.id)) this.#showJob(entry, jobs.get(found.id));
    if (found.state === "processing") return false;
    const note = job?.superseded ? `The last upload changed nothing: version ${job.active_version_number} was asked for later, and answers.` : "";
    this.#finish(entry, job?.state === "failed" ? { ...found, error: job.error ?? found.error } : found, note);
    return true;
  }

  #finish(entry, found, note) {
    entry.row.show(documentState(found, note));
    announce(found.error ? `${found.name} failed. ${found.error.detail}` : `${found.name} is ready. ${note}`.trim());
  }

  #showJob(entry, job) {
    entry.job = job;
    if (entry.cancelledJobId === job.id) this.#showWork(entry, { meta: "Cancelling" });
    else this.#showWork(entry, { meta: jobWords(job), progress: job.state === "queued" ? null : job.progress });
  }

  #showWork(entry, { meta, progress = null }) {
    const { document: found, job } = entry;
    entry.row.show(workState({ found, job, meta, progress, reason: entry.cancelFailure }));
  }

  /** Cancels a job, or deletes the document if there is none. Returns an error message, or null. */
  #remove(entry) {
    return entry.job ? this.#cancel(entry, entry.job) : this.#delete(entry);
  }

  /** Requests that a job is cancelled; the row is polled until it has ended. */
  async #cancel(entry, job) {
    entry.cancelledJobId = job.id;
    entry.cancelFailure = "";
    try {
      await api.cancelJob(job.id);
    } catch (error) {
      if (error.status !== 404 && error.status !== 409) { // else the job has ended by itself
        entry.cancelledJobId = null;
        entry.cancelFailure = error.detail ?? String(error);
        announce(entry.cancelFailure);
      }
    }
    if (entry.job?.id === job.id) this.#showJob(entry, entry.job);
    return null;
  }

  async #delete(entry) {
    try {
      if (entry.document) await api.deleteDocument(entry.document.id);
    } catch (error) {
      if (error.status !== 404) return error.detail ?? String(error);
    }
    this.#drop(entry, "removed");
    return null;
  }

  #drop(entry, became) {
    entry.removed = true;
    entry.abort.abort();
    const { node } = entry.row;
    const next = node.contains(document.activeElement) ? node.nextElementSibling ?? node.previousElementSibling : null;
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#render();
    next?.querySelector(".row-remove").focus(); // else the keyboard's focus would go to the top of the page
    announce(`${entry.document?.name ?? entry.file.name} was ${became}.`);
  }
}
