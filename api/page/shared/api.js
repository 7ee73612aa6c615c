// All calls of the service go through this module. It throws every failure as an ApiError whose `detail` says what to do.

import { worded } from "/page/shared/problems.js";
import { readEvents } from "/page/shared/sse.js";
import { t } from "/page/shared/words.js";

const TIMEOUT_MILLISECONDS = 20_000;

export class ApiError extends Error {
  constructor({ title, detail, code, status, technical = "" }) {
    super(detail);
    this.name = "ApiError";
    this.title = title;
    this.detail = detail;
    this.code = code;
    this.status = status;
    this.technical = technical; // what the service itself says
  }
}

/** Reads a problem document (RFC 9457), or makes one if a proxy answered in another form. */
export function problem(status, body) {
  const known = typeof body === "object" && body !== null ? body : {};
  return new ApiError({ ...worded({ ...known, status }), code: known.code || "unexpected_answer", status });
}

export function unreachable() {
  return new ApiError({
    title: t("problem_title.unreachable"),
    detail: t("problem.unreachable"),
    code: "unreachable",
    status: 0,
  });
}

export async function send(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw unreachable();
  }
  if (!response.ok) {
    const failure = problem(response.status, await response.json().catch(() => null));
    if (failure.code === "login_required") logInFirst();
    throw failure;
  }
  return response;
}

/** Leaves for the login page, which leads back here. */
function logInFirst() {
  const here = `${location.pathname}${location.search}${location.hash}`;
  location.assign(`/login?${new URLSearchParams({ to: here })}`);
}

export function sendJson(path, { method, body, signal = AbortSignal.timeout(TIMEOUT_MILLISECONDS) }) {
  return send(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal });
}

export async function getJson(path) {
  const response = await send(path, { signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) });
  return response.json();
}

/** Returns all entries of a list, page by page; an answer holds them under `key`. */
export async function getAll(path, key, wanted = {}) {
  const found = [];
  let cursor = null;
  do {
    const page = await getJson(`${path}?${new URLSearchParams({ ...wanted, limit: "1000", ...(cursor && { cursor }) })}`);
    found.push(...page[key]);
    cursor = page.next_cursor;
  } while (cursor);
  return found;
}

export function listCollections() {
  return getAll("/v1/collections", "collections");
}

export function getDocument(documentId) {
  return getJson(`/v1/documents/${encodeURIComponent(documentId)}`);
}

export async function deleteDocument(documentId) {
  await send(`/v1/documents/${encodeURIComponent(documentId)}`, { method: "DELETE" });
}

/** Returns the versions that are kept, the newest first. */
export async function listVersions(documentId) {
  return (await getJson(`/v1/documents/${encodeURIComponent(documentId)}/versions`)).versions;
}

/** Starts the return to a version, and returns its job. */
export async function activateVersion({ documentId, versionId }) {
  const path = `/v1/documents/${encodeURIComponent(documentId)}/versions/${encodeURIComponent(versionId)}/activate`;
  return (await send(path, { method: "POST" })).json();
}

export function getJob(jobId) {
  return getJson(`/v1/jobs/${encodeURIComponent(jobId)}`);
}

/** Returns the jobs of a collection that have not ended, each under the id of its document. */
export async function listUnfinishedJobs(collection) {
  const found = [];
  for (const state of ["queued", "running"]) { // in this order, so that a job that starts between the two requests is not missed
    found.push(...(await getAll("/v1/jobs", "jobs", { collection, state })));
  }
  return new Map(found.map((job) => [job.document_id, job]));
}

export async function cancelJob(jobId) {
  await send(`/v1/jobs/${encodeURIComponent(jobId)}/cancel`, { method: "POST" });
}

/** Returns the text of one version in `[start, end)`; offsets count Unicode code points. No version is the active one. */
export function getText({ documentId, versionId, start, end }) {
  return getJson(`/v1/documents/${encodeURIComponent(documentId)}/text?${spanQuery(versionId, start, end)}`);
}

/** Returns where a citation stands: the version, its name, the page, and the boxes of its words. */
export function getPlace({ document_id: documentId, version_id: versionId, start, end }) {
  return getJson(`/v1/documents/${encodeURIComponent(documentId)}/place?${spanQuery(versionId, start, end)}`);
}

/** Returns what a sentence of an answer, counted from 1, rests on. */
export function getProof({ answer, sentence }) {
  return getJson(`/v1/answers/${encodeURIComponent(answer)}/proof/${encodeURIComponent(sentence)}`);
}

/** Returns the address of the picture of a page on which the words of `place` are marked. */
export function pageAddress({ place, page, width }) {
  const query = spanQuery(place.version_id, place.start, place.end);
  query.set("width", String(width));
  return `/v1/documents/${encodeURIComponent(place.document_id)}/pages/${page}?${query}`;
}

/** Returns the address of the file as it was uploaded; `inline` lets the browser show it, a PDF at the cited page. */
export function originalAddress(place, { inline }) {
  const version = `/v1/documents/${encodeURIComponent(place.document_id)}/versions/${encodeURIComponent(place.version_id)}`;
  const page = place.media_type === "application/pdf" ? `#page=${place.page}` : "";
  return `${version}/original${inline ? `?inline=true${page}` : ""}`;
}

/** Returns a part of a document as a parsed HTML document, in which nothing runs or loads. */
export function getPageDocument({ place, page }) {
  const query = spanQuery(place.version_id, place.start, place.end);
  query.set("format", "fragment");
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // it parses HTML without making it a part of this page
    request.open("GET", `/v1/documents/${encodeURIComponent(place.document_id)}/pages/${page}?${query}`);
    request.responseType = "document";
    request.timeout = TIMEOUT_MILLISECONDS;
    request.addEventListener("load", () => {
      if (request.status === 200 && request.response) resolve(request.response);
      else reject(problem(request.status, null));
    });
    for (const name of ["error", "timeout"]) request.addEventListener(name, () => reject(unreachable()));
    request.send();
  });
}

function spanQuery(versionId, start, end) {
  return new URLSearchParams({ ...(versionId && { version_id: versionId }), start: String(start), end: String(end) });
}

/** Returns the runs of evaluations, the newest first. */
export async function listEvaluations() {
  return getAll("/v1/evals", "evaluations");
}

/** Starts a run of a `dataset`, by name, or of `questions`; `limit` may be null. */
export async function startEvaluation(wanted) {
  return (await sendJson("/v1/evals", { method: "POST", body: wanted })).json();
}

/** Returns which documents of a `dataset`, or of `questions`, a collection has; `message` warns of those it lacks. */
export async function checkCoverage(wanted) {
  return (await sendJson("/v1/evals/coverage", { method: "POST", body: wanted })).json();
}

export async function renameEvaluation(runId, name) {
  await sendJson(`/v1/evals/${encodeURIComponent(runId)}/name`, { method: "PUT", body: { name } });
}

export async function cancelEvaluation(runId) {
  await send(`/v1/evals/${encodeURIComponent(runId)}/cancel`, { method: "POST" });
}

export async function deleteEvaluation(runId) {
  await send(`/v1/evals/${encodeURIComponent(runId)}`, { method: "DELETE" });
}

export async function listDatasets() {
  return (await getJson("/v1/evals/datasets")).datasets;
}

/** Returns `{questions, dropped}`. A model may take minutes to write them, so there is no timeout. */
export async function draftQuestions(wanted) {
  return (await sendJson("/v1/evals/drafts", { method: "POST", body: wanted, signal: null })).json();
}

export async function storeDataset({ name, questions, replace }) {
  const path = `/v1/evals/datasets/${encodeURIComponent(name)}`;
  return (await sendJson(path, { method: "PUT", body: { questions, replace } })).json();
}

/** Sends feedback on an answer, and returns it as stored. */
export async function giveFeedback({ requestId, verdict, reasons = [], comment = "" }) {
  const body = { request_id: requestId, verdict, reasons, comment };
  return (await sendJson("/v1/feedback", { method: "POST", body })).json();
}

/**
 * Asks a question, and yields the events of the answer as `{event, data}` with `data` parsed. Throws on an `error` event.
 * `searchQuery` is searched for in place of the question, in documents that match `filter`, and in `documentIds` only
 * if there are any; with `fresh` the answer is not one that is remembered.
 */
export async function* ask({ question, collection, history, searchQuery = "", documentIds = [], filter = {}, fresh = false, signal }) {
  const body = { question, collection, history, filter, stream: true };
  if (searchQuery !== "") body.search_query = searchQuery;
  if (documentIds.length > 0) body.filter = { ...filter, document_ids: documentIds };
  const abort = new AbortController();
  signal?.addEventListener("abort", () => abort.abort(), { once: true });
  const response = await send("/v1/ask", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream", ...(fresh && { "Cache-Control": "no-cache" }) },
    body: JSON.stringify(body),
    signal: abort.signal,
  });
  // Read as a stream alone, even to its end, Chromium lists an answer among the requests that failed.
  response.clone().text().catch(() => {});
  let isLeft = true;
  try {
    for await (const { event, data } of readEvents(response.body)) {
      const value = JSON.parse(data);
      if (event === "error" || event === "done") isLeft = false;
      if (event === "error") throw problem(value.status, value);
      yield { event, data: value };
      if (event === "done") return;
    }
  } catch (error) {
    // A connection that breaks in the middle of a body is a TypeError, as it is for fetch itself.
    if (error instanceof TypeError) throw unreachable();
    throw error;
  } finally {
    if (isLeft) abort.abort(); // the caller does not want the rest
  }
  throw new ApiError({
    title: t("problem_title.cut"),
    detail: t("problem.incomplete_answer"),
    code: "incomplete_answer",
    status: 0,
  });
}
