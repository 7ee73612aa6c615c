// What a document's row says, in plain words, and what it offers.

import { plural } from "/page/shared/dom.js";

/** How far a job is, in plain words. A waiting one that has an error was put off and is tried again. */
export function jobWords(job) {
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

export function sizeWords(bytes) {
  if (bytes < 1024) return plural(bytes, "byte");
  const [value, unit] = bytes < 1_048_576 ? [bytes / 1024, "KB"] : [bytes / 1_048_576, "MB"];
  return `${value.toLocaleString(undefined, { maximumFractionDigits: value < 10 ? 1 : 0 })} ${unit}`;
}

function asSentence(warning) {
  return `${warning[0].toUpperCase()}${warning.slice(1)}${/[.!?]$/.test(warning) ? "" : "."}`;
}

/** Returns the row's content for a document without a job; `note` is a further remark. */
export function documentState(found, note = "") {
  const { name, state, error } = found;
  const meta = { processing: "Waiting its turn", failed: "Not searchable" }[state] ?? readyWords(found);
  if (state === "failed") return { name, meta, state, reason: error?.detail ?? "The service gave no reason." };
  if (state !== "ready") return { name, meta, state };
  const reason = error ? `The last update failed: ${error.detail}` : "";
  return { name, meta, state, reason, warning: [note, ...(found.warnings ?? []).map(asSentence)].join(" ").trim(), hasActive: true };
}

/** Returns what a row shows of a document while a job goes on; `job` is null where it is not known. */
export function workState({ found, job, meta, progress, reason }) {
  // The version that stands for a document is the active one, unless there is none: then it is the job's own.
  const hasActive = found.state === "ready" || (job !== null && job.version_id !== found.version_id);
  const removable = job ? "cancel" : "delete";
  return { name: found.name, meta, state: "processing", progress, removable, hasActive, reason };
}
