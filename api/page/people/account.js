// The page of the own account: API keys, password, sessions, and the way out.

import { changePassword, endOtherSessions, endSession, getMe, listKeys, listSessions, logOut, makeKey, revokeKey, rotateKey } from "/page/people/calls.js";
import { asking, button, check, copyFrom, row, showSecret } from "/page/people/rows.js";
import { attempt, noteFailure } from "/page/evals/eval_form.js";
import { announce, byId } from "/page/shared/dom.js";
import { date, t } from "/page/shared/words.js";

const SCOPES = ["read", "write", "evaluate", "manage", "operate"];
const TO_THE_MINUTE = { dateStyle: "medium", timeStyle: "short" };

async function show() {
  try {
    const me = await getMe();
    if (!me.logins) {
      byId("who").textContent = t("account.no_logins");
      return;
    }
    const roles = me.roles.map((role) => t(`role.${role}`)).join(", ");
    byId("who").textContent = t("account.who", { name: me.display_name || me.name, roles, tenant: me.tenant });
    byId("password-section").hidden = !me.has_password;
    const scopes = SCOPES.filter((right) => me.rights.includes(right));
    byId("key-rights").replaceChildren(...scopes.map((right) => check(t(`right.${right}`), { value: right, checked: right === "read" })));
    await Promise.all([showKeys(), showSessions()]);
  } catch (error) {
    noteFailure("note", error);
  }
}

async function showKeys() {
  byId("keys").replaceChildren(...(await listKeys()).map(keyRow));
}

function keyRow(key) {
  const isOver = key.revoked_at !== null || (key.expires_at !== null && new Date(key.expires_at) < new Date());
  const used = key.last_used_at ? t("account.used", { at: date(key.last_used_at) }) : t("account.never_used");
  const ends = key.expires_at ? t("account.ends", { at: date(key.expires_at) }) : t("account.no_end");
  const facts = [`${key.start}…`, key.rights.map((right) => t(`right.${right}`)).join(", "), key.revoked_at ? t("account.revoked") : ends, used];
  if (isOver) return row({ title: key.name, facts, isOver });
  const revoking = asking({
    words: t("account.revoke"),
    label: t("account.revoke_name", key),
    question: t("account.revoke_question", key),
    onAgree: () => failureOf(() => revokeKey(key.id), showKeys),
  });
  const rotate = button(t("account.rotate"), t("account.rotate_name", key), (target) =>
    attempt({ button: target, noteId: "note" }, async () => {
      const { secret } = await rotateKey(key.id);
      await showKeys();
      showSecret("made-key", "secret", secret);
    }),
  );
  return row({ title: key.name, facts, actions: [rotate, revoking.opener], more: [revoking.node] });
}

async function showSessions() {
  byId("sessions").replaceChildren(...(await listSessions()).map(sessionRow));
}

function sessionRow(session) {
  const began = t("account.began", { at: date(session.created_at, TO_THE_MINUTE) });
  const facts = [t("account.used", { at: date(session.used_at, TO_THE_MINUTE) }), t("account.ends", { at: date(session.expires_at) })];
  if (session.is_own) return row({ title: began, chips: [t("account.this_one")], facts });
  const end = button(t("account.end"), t("account.end_name", { at: date(session.created_at, TO_THE_MINUTE) }), (target) =>
    attempt({ button: target, noteId: "note" }, async () => {
      await endSession(session.id);
      await showSessions();
    }),
  );
  return row({ title: began, facts, actions: [end] });
}

/** Does something and shows what came of it. Returns the error, if there was one. */
async function failureOf(work, next) {
  try {
    await work();
    await next();
  } catch (error) {
    return error;
  }
  return null;
}

function on(id, kind, buttonId, work) {
  byId(id).addEventListener(kind, (event) => {
    event.preventDefault();
    attempt({ button: byId(buttonId), noteId: "note" }, work);
  });
}

on("new-key", "submit", "make-key", async () => {
  const rights = [...byId("key-rights").querySelectorAll("input:checked")].map((box) => box.value);
  const days = byId("key-days").value === "" ? null : byId("key-days").valueAsNumber;
  const { secret } = await makeKey({ name: byId("key-name").value, rights, days });
  byId("key-name").value = "";
  await showKeys();
  showSecret("made-key", "secret", secret);
});
on("new-password", "submit", "change-password", async () => {
  await changePassword({ current: byId("current").value, password: byId("password").value });
  byId("new-password").reset();
  announce(t("account.password_changed"));
  await showSessions();
});
on("end-others", "click", "end-others", async () => {
  await endOtherSessions();
  await showSessions();
});
on("logout", "click", "logout", async () => {
  await logOut();
  location.assign("/login");
});
byId("copy-secret").addEventListener("click", copyFrom("secret"));
show();
