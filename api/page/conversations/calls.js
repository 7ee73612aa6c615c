// The calls of the service that conversations need.

import { getJson, send, sendJson } from "/page/shared/api.js";

const path = (id) => `/v1/conversations/${encodeURIComponent(id)}`;

/** Returns `{conversations, keep_days, next_cursor}`: those that hold all words of `search`. */
export function listConversations({ search = "", cursor = null } = {}) {
  return getJson(`/v1/conversations?${new URLSearchParams({ ...(search && { search }), ...(cursor && { cursor }) })}`);
}

export async function createConversation(collection) {
  return (await sendJson("/v1/conversations", { method: "POST", body: { collection } })).json();
}

export function getConversation(id) {
  return getJson(path(id));
}

export function getShared(token) {
  return getJson(`/v1/shared/${encodeURIComponent(token)}`);
}

/** Changes `title` or `pinned`, and returns the conversation. */
export async function changeConversation(id, change) {
  return (await sendJson(path(id), { method: "PATCH", body: change })).json();
}

export async function deleteConversation(id) {
  await send(path(id), { method: "DELETE" });
}

/** Makes the link of a conversation, or with `shared` false makes it invalid. Returns the conversation. */
export async function shareConversation(id, shared) {
  return (await send(`${path(id)}/share`, { method: shared ? "POST" : "DELETE" })).json();
}

export async function stopAnswer(requestId) {
  await send(`/v1/answers/${encodeURIComponent(requestId)}/stop`, { method: "POST" });
}
