// The calls of the API about logins, keys, users and groups.

import { getAll, getJson, send, sendJson } from "/page/shared/api.js";

function path(kind, id, more = "") {
  return `/v1/${kind}/${encodeURIComponent(id)}${more}`;
}

/** Returns who the reader is, and what they may do. */
export function getMe() {
  return getJson("/v1/me");
}

export async function logIn({ name, password }) {
  return (await sendJson("/v1/login", { method: "POST", body: { name, password } })).json();
}

export async function logOut() {
  await send("/v1/logout", { method: "POST" });
}

/** Returns whom a link is for. */
export async function getInvited(token) {
  return (await sendJson("/v1/invitations/user", { method: "POST", body: { token } })).json();
}

export async function acceptInvitation({ token, password }) {
  return (await sendJson("/v1/invitations/accept", { method: "POST", body: { token, password } })).json();
}

export async function changePassword({ current, password }) {
  await sendJson("/v1/password", { method: "PUT", body: { current, password } });
}

export async function listSessions() {
  return (await getJson("/v1/sessions")).sessions;
}

export async function endSession(id) {
  await send(path("sessions", id), { method: "DELETE" });
}

export async function endOtherSessions() {
  await send("/v1/sessions", { method: "DELETE" });
}

export async function listKeys() {
  return (await getJson("/v1/keys")).keys;
}

/** Returns `{key, secret}`. */
export async function makeKey({ name, rights, days }) {
  return (await sendJson("/v1/keys", { method: "POST", body: { name, rights, days } })).json();
}

/** Returns `{key, secret}` of the new key. */
export async function rotateKey(id) {
  return (await send(path("keys", id, "/rotate"), { method: "POST" })).json();
}

export async function revokeKey(id) {
  await send(path("keys", id), { method: "DELETE" });
}

export function listUsers() {
  return getAll("/v1/users", "users");
}

/** Returns `{user, link}`. */
export async function addUser({ name, displayName, roles }) {
  return (await sendJson("/v1/users", { method: "POST", body: { name, display_name: displayName, roles } })).json();
}

export async function changeUser(id, change) {
  return (await sendJson(path("users", id), { method: "PATCH", body: change })).json();
}

export async function removeUser(id) {
  await send(path("users", id), { method: "DELETE" });
}

/** Returns `{user, link}`. */
export async function makeLink(id) {
  return (await send(path("users", id, "/link"), { method: "POST" })).json();
}

export async function listGroups() {
  return (await getJson("/v1/groups")).groups;
}

export async function addGroup(name) {
  await sendJson("/v1/groups", { method: "POST", body: { name } });
}

export async function removeGroup(id) {
  await send(path("groups", id), { method: "DELETE" });
}
