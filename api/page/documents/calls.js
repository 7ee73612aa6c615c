// The calls of the service that documents and collections need, beside those of all pages.

import { getJson, listCollections, problem, send, sendJson, unreachable } from "/page/shared/api.js";

const FIRST = 100; // few, so that they show at once
const MORE = 1000;

const path = (documentId, rest = "") => `/v1/documents/${encodeURIComponent(documentId)}${rest}`;

/** Returns parameters without the empty ones. `filter` is one of the API. */
function parameters({ filter = {}, ...others }) {
  const given = Object.entries(others).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  if (Object.keys(filter).length > 0) query.set("filter", JSON.stringify(filter));
  return query;
}

/**
 * Yields the documents of a collection that match `filter`, in pieces as they come, in the order of `sort`.
 * A collection that is not there yet has none.
 */
export async function* documentPages({ collection, filter = {}, sort = "date", order = "desc", limit: first = FIRST }) {
  let cursor = null;
  let limit = first;
  do {
    let page;
    try {
      page = await getJson(`/v1/documents?${parameters({ collection, filter, sort, order, limit, cursor })}`);
    } catch (error) {
      if (error.code !== "unknown_collection") throw error;
      page = { documents: [], next_cursor: null };
    }
    yield page.documents;
    cursor = page.next_cursor;
    limit = MORE;
  } while (cursor);
}

/** Returns how many documents match, by state, type and tag, and which fields they have; null for no such collection. */
export async function countDocuments({ collection, filter = {} }) {
  try {
    return await getJson(`/v1/documents/counts?${parameters({ collection, filter })}`);
  } catch (error) {
    if (error.code === "unknown_collection") return null;
    throw error;
  }
}

/** Returns a mark that changes with the documents of a collection: how many there are, and which changed last. */
export async function stampOf(collection) {
  const newest = documentPages({ collection, limit: 1 }).next();
  const [collections, { value: documents }] = await Promise.all([listCollections(), newest]);
  return JSON.stringify([collections.find(({ name }) => name === collection)?.documents, documents[0]?.id, documents[0]?.updated_at]);
}

/** Returns who may read and change a document or a collection, of which `address` is the path. */
export async function getRights(address) {
  return getJson(`${address}/grants`);
}

/** Replaces the rights, and returns them. */
export async function setRights(address, grants) {
  return (await sendJson(`${address}/grants`, { method: "PUT", body: { grants } })).json();
}

/** Changes tags, fields or the collection of a document, and returns it. */
export async function changeDocument(documentId, change) {
  return (await sendJson(path(documentId), { method: "PATCH", body: change })).json();
}

const BATCH = 200; // few enough to say how far it is

/** Does one thing with several documents: `tag`, `move` or `delete`. `onProgress` gets how many are done. Returns the outcomes. */
export async function changeTogether(documentIds, change, onProgress = () => {}) {
  const outcomes = [];
  for (let at = 0; at < documentIds.length; at += BATCH) {
    const body = { document_ids: documentIds.slice(at, at + BATCH), ...change };
    const answer = await (await sendJson("/v1/documents/batch", { method: "POST", body, signal: null })).json();
    outcomes.push(...answer.outcomes);
    onProgress(outcomes.length);
  }
  return outcomes;
}

/** Removes the documents that were never readable, and failed updates. Returns how many. */
export async function dismissFailed(collection) {
  return (await (await send(`/v1/documents/dismiss-failed?${parameters({ collection })}`, { method: "POST" })).json()).dismissed;
}

/** Sends a file and returns the answer's body. `onProgress` gets the share sent, 0 to 1, which fetch cannot report. */
export function upload({ file, name, collection, signal, onProgress }) {
  const isZip = /\.zip$/iu.test(name);
  const form = new FormData();
  form.append("collection", collection);
  if (name !== file.name && !isZip) form.append("name", name); // with its folders
  form.append("file", file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", isZip ? "/v1/documents/unpack" : "/v1/documents");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      if (request.status === 202 && request.response) resolve(request.response);
      else reject(problem(request.status, request.response));
    });
    request.addEventListener("error", () => reject(unreachable()));
    request.addEventListener("abort", () => reject(new DOMException("The upload was cancelled", "AbortError")));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  });
}

/** Returns the headings of a document and how it was read. */
export function getOutline(documentId) {
  return getJson(path(documentId, "/outline"));
}

/** Returns a page of passages, as `{passages, next_cursor}`. */
export function listPassages(documentId, cursor = null) {
  return getJson(`${path(documentId, "/passages")}?${parameters({ limit: 1000, cursor })}`);
}

/** Returns what a search for a question makes of the passages of a document. */
export async function explainSearch({ query, collection, documentId }) {
  const body = { query, collection, document_id: documentId };
  return (await sendJson("/v1/search/explain", { method: "POST", body })).json();
}

const collectionPath = (name, rest = "") => `/v1/collections/${encodeURIComponent(name)}${rest}`;

export function getCollection(name) {
  return getJson(collectionPath(name));
}

/** Makes a collection, with a name and maybe a description, and returns it. */
export async function createCollection(wanted) {
  return (await sendJson("/v1/collections", { method: "POST", body: wanted })).json();
}

/** Changes name, description or settings of a collection, and returns it. */
export async function changeCollection(name, change) {
  return (await sendJson(collectionPath(name), { method: "PATCH", body: change })).json();
}

/** Deletes a collection with its documents. */
export async function deleteCollection(name) {
  await send(collectionPath(name), { method: "DELETE" });
}

/** Returns questions that the collection answers. It takes some seconds after a change of its documents. */
export async function listSuggestions(collection) {
  return (await (await send(collectionPath(collection, "/suggestions"))).json()).suggestions;
}
