// The calls of the API about models that are connected.

import { getJson, send, sendJson } from "/page/shared/api.js";

const ENDPOINTS = "/v1/models/endpoints";
const TRIAL_MILLISECONDS = 90_000; // a slow model may take a minute for its first answer

function path(id) {
  return `${ENDPOINTS}/${encodeURIComponent(id)}`;
}

/** Returns `{writing, locked, endpoints}`. */
export function listEndpoints() {
  return getJson(ENDPOINTS);
}

/** Returns `{found, ports}`. */
export async function findServers() {
  return (await send(`${ENDPOINTS}/find`, { method: "POST" })).json();
}

/** Returns the trial of an endpoint that is not stored. */
export async function tryEntry(entry) {
  const signal = AbortSignal.timeout(TRIAL_MILLISECONDS);
  return (await sendJson(`${ENDPOINTS}/test`, { method: "POST", body: entry, signal })).json();
}

/** Returns the trial of a stored endpoint. */
export async function tryStored(id) {
  return (await send(`${path(id)}/test`, { method: "POST", signal: AbortSignal.timeout(TRIAL_MILLISECONDS) })).json();
}

/** Starts a trial of a stored endpoint with a question set, and returns its run. */
export async function beginTrial(id) {
  return (await sendJson(`${path(id)}/try`, { method: "POST", body: {} })).json();
}

export async function addEndpoint(entry) {
  return (await sendJson(ENDPOINTS, { method: "POST", body: entry })).json();
}

export async function changeEndpoint(id, change) {
  return (await sendJson(path(id), { method: "PATCH", body: change })).json();
}

export async function removeEndpoint(id) {
  await send(path(id), { method: "DELETE" });
}

export function getCard(runId) {
  return getJson(`/v1/evals/${encodeURIComponent(runId)}/card`);
}
