// The documents of the chosen collection: stored ones that match a filter, uploads, and the progress of jobs. Without the DOM.

import * as api from "/page/shared/api.js";
import { documentPages } from "/page/documents/calls.js";
import { Changes } from "/page/documents/changes.js";
import { documentState, failureOf, jobWords, workState } from "/page/documents/document_words.js";
import { Followed } from "/page/documents/followed.js";
import { NameSearch } from "/page/documents/name_search.js";
import { Uploads } from "/page/uploads/uploads.js";
import { t } from "/page/shared/words.js";

const CHANGED = { failure: "", isWhole: true, isChange: true };
const ENDED = new Set(["succeeded", "failed", "cancelled"]);

export class CollectionDocuments {
  #entries = []; // as the service sorts them
  #own = []; // uploads and what became of them since the last load, the newest first
  #known = new Map();
  #loads = 0;
  #names = new NameSearch();

  /**
   * `onList({failure, isWhole, isChange})` is called when entries come, go, or change their order, with `isWhole` once all
   * are loaded, and `isChange` where the collection itself has changed;
   * `onEntry(entry)` when the `view` of one changes; `onTell(words)` with what happened.
   */
  constructor({ onList, onEntry, onTell }) {
    this.onList = onList;
    this.onEntry = onEntry;
    this.onTell = onTell;
    this.wanted = { collection: "default", filter: {}, sort: "date", order: "desc" };
    this.uploads = new Uploads({
      onShow: (entry, view) => this.#show(entry, view),
      onStored: (entry, stored) => this.#stored(entry, stored),
      onFailed: (entry) => this.#failed(entry),
    });
    this.followed = new Followed({ poll: (entry) => this.#poll(entry), onLost: (entry, error) => this.#lost(entry, error) });
    this.changes = new Changes({ collection: () => this.collection, onChange: () => this.load() });
  }

  get collection() {
    return this.wanted.collection;
  }

  /** What is to be shown, uploads first. */
  get entries() {
    const first = this.#own.filter((entry) => entry.collection === this.collection && !entry.removed);
    const shown = new Set(first);
    return [...first, ...this.#entries.filter((entry) => !entry.removed && !shown.has(entry))];
  }

  get documents() {
    return this.entries.map((entry) => entry.document).filter((found) => found !== null);
  }

  get failures() {
    return this.uploads.failuresOf(this.collection);
  }

  /** Shows what `changed` asks for: `collection`, `filter`, `sort`, `order`. Uploads to another collection go on. */
  async load(changed = {}) {
    const isOther = changed.collection !== undefined && changed.collection !== this.collection;
    const isNew = Object.keys(changed).length > 0;
    this.wanted = { ...this.wanted, ...changed };
    this.#loads += 1;
    const load = this.#loads;
    const { collection } = this;
    if (isOther) this.#leave();
    const already = isNew ? this.#names.find(this.wanted) : null;
    if (already !== null) {
      this.#entries = already;
      this.onList({ failure: "", isWhole: false, isChange: false });
    }
    const found = [];
    let failure = "";
    try {
      const jobs = new Map();
      for await (const documents of documentPages(this.wanted)) {
        if (load !== this.#loads) return; // the reader has chosen something else
        if (jobs.size === 0 && documents.some(({ state }) => state === "processing")) {
          for (const [id, job] of await api.listUnfinishedJobs(collection)) jobs.set(id, job);
          if (load !== this.#loads) return;
        }
        for (const document of documents) found.push(this.#take(document, jobs.get(document.id) ?? null));
        if (!isNew || already !== null) continue; // what is shown stays until all has come
        this.#entries = [...found];
        this.onList({ failure, isWhole: false, isChange: false });
      }
    } catch (error) {
      failure = error.detail ?? String(error);
    }
    if (load !== this.#loads) return;
    this.#entries = found;
    if (failure === "") this.#names.keep(this.wanted, found);
    const placed = new Set(found);
    this.#own = this.#own.filter((entry) => entry.active && !placed.has(entry));
    this.#known = new Map([...found, ...this.#own].filter(({ document }) => document).map((entry) => [entry.document.id, entry]));
    this.onList({ failure, isWhole: true, isChange: !isNew });
  }

  /** Uploads chosen files, `{name, size, read}`, to the collection. */
  add(chosen) {
    const added = chosen.map((each) => this.#entry({ collection: this.collection, chosen: each }));
    this.#own.unshift(...added);
    for (const entry of added) this.uploads.add(entry);
    this.onList(CHANGED);
  }

  /** Sends what has failed and may succeed again; with `retry` false it forgets all that failed. */
  settleFailures({ retry }) {
    const entries = this.uploads.dismiss(this.collection);
    if (retry) {
      this.#own.unshift(...entries);
      for (const entry of entries) this.uploads.add(entry);
    }
    this.onList(CHANGED);
  }

  /** Returns to a version, as a job. */
  async restore(entry, versionId) {
    this.#showJob(entry, await api.activateVersion({ documentId: entry.document.id, versionId }));
    this.#follow(entry);
  }

  /** Cancels a job, or deletes the document if there is none. Returns an error, or null. */
  remove(entry) {
    return entry.job ? this.#cancel(entry, entry.job) : this.#delete(entry);
  }

  /** Takes in documents that something else has changed: `replaced` ones, and the ids of those that left the collection. */
  apply({ replaced = [], removed = [] }) {
    for (const id of removed) {
      const entry = this.#known.get(id);
      if (entry) this.#forget(entry);
    }
    for (const document of replaced) this.#take(document, null);
    this.changes.tell(this.collection);
    this.onList(CHANGED);
  }

  #leave() {
    this.#entries = [];
    this.#known.clear();
    this.onList({ failure: "", isWhole: false, isChange: false });
  }

  /** Returns the entry of a stored document, a new one if it is not known. */
  #take(document, job) {
    const known = this.#known.get(document.id);
    const entry = known ?? this.#entry({ collection: document.collection, document });
    this.#known.set(document.id, entry);
    if (entry.active && entry.job) return entry; // its own poll tells more
    entry.document = document;
    if (job) this.#showJob(entry, job);
    else this.#show(entry, documentState(document));
    if (document.state === "processing") this.#follow(entry);
    return entry;
  }

  #entry({ collection, document = null, chosen = null }) {
    const abort = chosen ? new AbortController() : null;
    return { collection, document, chosen, abort, view: null, job: null, cancelledJobId: null, cancelFailure: "", active: false, removed: false };
  }

  #show(entry, view) {
    entry.view = view;
    this.onEntry(entry);
  }

  #stored(entry, stored) {
    const taken = stored.map(({ document, job }) => {
      const of = stored.length === 1 && entry.chosen.name.endsWith(document.name) ? entry : this.#entry({ collection: entry.collection, document });
      // The file may be a new version of a document that is already in the list.
      const known = this.#known.get(document.id);
      if (known && known !== of) known.removed = true;
      Object.assign(of, { document, active: true });
      if (of.collection === this.collection) this.#known.set(document.id, of);
      this.#showJob(of, job);
      this.#follow(of);
      return of;
    });
    this.#own = this.#own.flatMap((each) => (each === entry ? taken : [each]));
    if (!taken.includes(entry)) entry.removed = true; // a zip, whose files stand for it
    this.changes.tell(entry.collection);
    this.onList(CHANGED);
  }

  #failed(entry) {
    this.#own = this.#own.filter((other) => other !== entry);
    this.onList(CHANGED);
  }

  #follow(entry) {
    entry.active = true;
    this.followed.add(entry);
  }

  /** Reads the job once and returns whether it has ended. A document whose only upload was cancelled gives a 404. */
  async #poll(entry) {
    if (entry.removed) return true;
    const asked = entry.job;
    const job = asked && (await api.getJob(asked.id));
    if (entry.removed || entry.job !== asked) return entry.removed; // the reader has started another job
    if (job && !ENDED.has(job.state)) {
      this.#showJob(entry, job);
      return false;
    }
    const found = await api.getDocument(entry.document.id);
    // Another job may have replaced the one that was followed.
    const jobs = found.state === "processing" ? await api.listUnfinishedJobs(entry.collection) : new Map();
    if (entry.removed || entry.job !== asked) return entry.removed;
    Object.assign(entry, { document: found, job: null, cancelFailure: "" });
    if (jobs.has(found.id)) this.#showJob(entry, jobs.get(found.id));
    if (found.state === "processing") return false;
    entry.active = false;
    const note = job?.superseded ? t("documents.superseded", { number: job.active_version_number }) : "";
    this.#finish(entry, job?.state === "failed" ? { ...found, error: job.error ?? found.error } : found, note);
    return true;
  }

  #finish(entry, found, note) {
    this.#show(entry, documentState(found, note));
    this.onTell(found.error ? t("documents.failed_now", { name: found.name, reason: failureOf(found).detail }) : [t("documents.ready_now", { name: found.name }), note].join(" ").trim());
    this.changes.tell(entry.collection);
    this.onList(CHANGED);
  }

  #lost(entry, error) {
    if (entry.removed) return true;
    if (error.status === 404) {
      this.#drop(entry, { isCancelled: Boolean(entry.cancelledJobId) });
      return true;
    }
    this.#showWork(entry, { meta: t("documents.lost") });
    return false;
  }

  #showJob(entry, job) {
    entry.job = job;
    if (entry.cancelledJobId === job.id) this.#showWork(entry, { meta: t("documents.cancelling") });
    else this.#showWork(entry, { meta: jobWords(job), progress: job.state === "queued" ? null : job.progress });
  }

  #showWork(entry, { meta, progress = null }) {
    const { document: found, job } = entry;
    this.#show(entry, workState({ found, job, meta, progress, reason: entry.cancelFailure }));
  }

  /** Requests that a job is cancelled; it is polled until it has ended. */
  async #cancel(entry, job) {
    entry.cancelledJobId = job.id;
    entry.cancelFailure = "";
    try {
      await api.cancelJob(job.id);
    } catch (error) {
      if (error.status !== 404 && error.status !== 409) { // else the job has ended by itself
        entry.cancelledJobId = null;
        entry.cancelFailure = error.detail ?? String(error);
        this.onTell(entry.cancelFailure);
      }
    }
    if (entry.job?.id === job.id) this.#showJob(entry, entry.job);
    return null;
  }

  async #delete(entry) {
    try {
      if (entry.document) await api.deleteDocument(entry.document.id);
    } catch (error) {
      if (error.status !== 404) return error;
    }
    this.#drop(entry);
    return null;
  }

  #drop(entry, { isCancelled = false } = {}) {
    this.#forget(entry);
    this.changes.tell(entry.collection);
    this.onList(CHANGED);
    const name = entry.document?.name ?? entry.chosen.name;
    this.onTell(isCancelled ? t("documents.cancelled", { name }) : t("documents.removed", { name }));
  }

  #forget(entry) {
    entry.removed = true;
    entry.active = false;
    entry.abort?.abort();
    if (entry.document) this.#known.delete(entry.document.id);
    this.#own = this.#own.filter((other) => other !== entry);
    this.#entries = this.#entries.filter((other) => other !== entry);
  }
}
