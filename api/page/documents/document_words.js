// What a document's row says, in plain words, and what it offers.

import { readingWords } from "/page/documents/reading_words.js";
import { worded } from "/page/shared/problems.js";
import { size, t } from "/page/shared/words.js";

/** How far a job is, in plain words. A waiting one that has an error was put off and is tried again. */
export function jobWords(job) {
  if (job.state === "queued") return job.error ? t("documents.waiting_again") : t("documents.waiting");
  const isParsing = job.stage === "parsing";
  const [done, total] = isParsing ? [job.pages_done, job.page_count] : [job.chunks_done, job.chunks_total];
  if (!total || !done) return withRemaining(isParsing ? t("documents.reading") : t("documents.indexing"), job.remaining_seconds);
  return withRemaining(isParsing ? t("documents.reading_of", { done, total }) : t("documents.indexing_of", { done, total }), job.remaining_seconds);
}

/** Less than a few seconds are not worth telling, and an estimate is not precise. */
function withRemaining(work, seconds) {
  if (!seconds || seconds < 5) return work;
  return seconds < 90 ? t("documents.seconds_left", { work, seconds: Math.ceil(seconds / 5) * 5 }) : t("documents.minutes_left", { work, minutes: Math.round(seconds / 60) });
}

function readyWords(found) {
  const parts = [];
  if (found.page_count) parts.push(t("documents.pages", { count: found.page_count }));
  if (found.chunk_count) parts.push(t("documents.passages", { count: found.chunk_count }));
  return parts.join(" · ") || size(found.size_bytes);
}

/** Returns a failure of reading a document, worded for people: `{detail, technical}`. */
export function failureOf({ name, error }) {
  return worded({ ...error, values: { ...error.values, name } });
}

/** Returns the row's content for a document without a job; `note` is a further remark. */
export function documentState(found, note = "") {
  const { name, state, error } = found;
  const meta = { processing: t("documents.waiting"), failed: t("documents.not_searchable") }[state] ?? readyWords(found);
  if (state === "failed") return { name, meta, state, reason: error ? failureOf(found).detail : t("documents.no_reason") };
  if (state !== "ready") return { name, meta, state };
  const reason = error ? t("documents.failed_update", { reason: failureOf(found).detail }) : "";
  return { name, meta, state, reason, warning: [note, ...(found.warnings ?? []).map(readingWords)].join(" ").trim(), hasActive: true };
}

/** Returns what a row shows of a document while a job goes on; `job` is null where it is not known. */
export function workState({ found, job, meta, progress, reason }) {
  // The version that stands for a document is the active one, unless there is none: then it is the job's own.
  const hasActive = found.state === "ready" || (job !== null && job.version_id !== found.version_id);
  const removable = job ? "cancel" : "delete";
  return { name: found.name, meta, state: "processing", progress, removable, hasActive, reason };
}
