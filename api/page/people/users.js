// The page of users: who may log in, with which roles and in which groups.

import { addGroup, addUser, changeUser, getMe, listGroups, listUsers, makeLink, removeGroup, removeUser } from "/page/people/calls.js";
import { asking, button, check, copyFrom, row, showSecret } from "/page/people/rows.js";
import { attempt, noteFailure } from "/page/evals/eval_form.js";
import { announce, byId, element } from "/page/shared/dom.js";
import { date, t } from "/page/shared/words.js";

const ROLES = ["reader", "editor", "evaluator", "owner", "operator"];
let me = null;
let groups = [];
let asked = 0;

/** Shows what is so now. An answer that was asked for before a later one is dropped. */
async function show() {
  const turn = (asked += 1);
  try {
    me ??= await getMe();
    const mine = ROLES.filter((role) => role !== "operator" || me.roles.includes("operator"));
    if (byId("role").options.length === 0) byId("role").append(...mine.map((role) => element("option", { value: role }, t(`role.${role}`))));
    const [users, found] = await Promise.all([listUsers(), listGroups()]);
    if (turn !== asked) return;
    groups = found;
    byId("users").replaceChildren(...users.map(userRow));
    byId("groups").replaceChildren(...groups.map((group) => groupRow(group, users)));
  } catch (error) {
    noteFailure("note", error);
  }
}

function userRow(user) {
  const isOther = user.id !== me.user_id;
  const mayChange = me.roles.includes("operator") || !user.roles.includes("operator");
  const removing = asking({
    words: t("users.remove"),
    label: t("users.remove_name", user),
    question: t("users.remove_question", user),
    onAgree: () => change(() => removeUser(user.id)),
  });
  const turn = user.disabled ? [t("users.enable"), t("users.enable_name", user)] : [t("users.disable"), t("users.disable_name", user)];
  const actions = [
    button(t("users.link"), t("users.link_name", user), (target) => attempt({ button: target, noteId: "note" }, async () => showLink(await makeLink(user.id)))),
    isOther && button(...turn, () => change(() => changeUser(user.id, { disabled: !user.disabled }))),
    isOther && removing.opener,
  ].filter(Boolean);
  return row({
    title: user.display_name || user.name,
    chips: [t(`users.state.${stateOf(user)}`)],
    facts: [user.display_name && user.name, user.last_login_at ? t("users.last_login", { at: date(user.last_login_at) }) : t("users.never")],
    actions: mayChange ? actions : [],
    more: [rolesOf(user, { mayChange }), groups.length > 0 && groupsOf(user, { mayChange }), removing.node].filter(Boolean),
    isOver: user.disabled,
  });
}

function stateOf({ disabled, has_password: hasPassword, last_login_at: lastLogin }) {
  if (disabled) return "disabled";
  return hasPassword || lastLogin ? "active" : "invited";
}

function rolesOf(user, { mayChange }) {
  const boxes = ROLES.map((role) =>
    check(t(`role.${role}`), {
      value: role,
      checked: user.roles.includes(role),
      disabled: !mayChange || (role === "operator" && !me.roles.includes("operator")),
      change: (box) => change(() => changeUser(user.id, { roles: chosen(user.roles, box) })),
    }),
  );
  return element("fieldset", { className: "person-roles" }, element("legend", { className: "visually-hidden" }, t("users.roles_of", user)), ...boxes);
}

function groupsOf(user, { mayChange }) {
  const boxes = groups.map((group) =>
    check(group.name, {
      value: group.id,
      checked: user.group_ids.includes(group.id),
      disabled: !mayChange,
      change: (box) => change(() => changeUser(user.id, { group_ids: chosen(user.group_ids, box) })),
    }),
  );
  return element("fieldset", { className: "person-roles" }, element("legend", { className: "visually-hidden" }, t("users.groups_of", user)), ...boxes);
}

function chosen(before, { value, checked }) {
  return checked ? [...before, value] : before.filter((each) => each !== value);
}

function groupRow(group, users) {
  const names = users.filter((user) => group.user_ids.includes(user.id)).map((user) => user.display_name || user.name);
  const removing = asking({
    words: t("users.remove"),
    label: t("users.remove_name", group),
    question: t("users.remove_group_question", group),
    onAgree: () => change(() => removeGroup(group.id)),
  });
  return row({ title: group.name, facts: [names.join(", ") || t("users.no_members")], actions: [removing.opener], more: [removing.node] });
}

/** Changes something and shows what is so now, also where the change was refused. Returns the error, if there was one. */
async function change(work) {
  byId("note").hidden = true;
  let failure = null;
  try {
    await work();
  } catch (error) {
    failure = error;
  }
  await show();
  if (failure) noteFailure("note", failure);
  return failure;
}

function showLink({ user, link }) {
  byId("link-words").textContent = t("users.link_words", { name: user.display_name || user.name });
  showSecret("made-link", "link", link);
}

byId("new-user").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt({ button: byId("add"), noteId: "note" }, async () => {
    const made = await addUser({ name: byId("name").value.trim(), displayName: byId("display-name").value, roles: [byId("role").value] });
    byId("new-user").reset();
    await show();
    showLink(made);
    announce(t("users.added", { name: made.user.name }));
  });
});
byId("new-group").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt({ button: byId("add-group"), noteId: "note" }, async () => {
    await addGroup(byId("group-name").value);
    byId("new-group").reset();
    await show();
  });
});
byId("copy-link").addEventListener("click", copyFrom("link"));
show();
