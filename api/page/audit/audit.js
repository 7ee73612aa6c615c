// The page of the audit trail: what was done and refused, narrowed, verified and downloaded; and a person's text erased.

import { attempt, note, noteFailure } from "/page/evals/eval_form.js";
import { getJson, send } from "/page/shared/api.js";
import { Confirmation } from "/page/shared/confirmation.js";
import { announce, byId, element } from "/page/shared/dom.js";
import { date, t } from "/page/shared/words.js";

const AUDIT = "/v1/audit";
const FAMILIES = ["access", "audit", "collection", "conversation", "document", "evaluation", "key", "login", "maintenance", "question", "user"];
const OUTCOMES = ["done", "refused", "not_found", "failed"];
const ON_A_PAGE = "50";
const DAY_MILLISECONDS = 86_400_000;
const WHEN = { dateStyle: "medium", timeStyle: "medium" };
let cursor = null;

/** Returns what the form asks for; the last day is included. */
function chosen() {
  const wanted = new URLSearchParams();
  for (const name of ["event", "outcome", "actor", "target"]) {
    if (byId(name).value.trim()) wanted.set(name, byId(name).value.trim());
  }
  for (const [name, more] of [["since", 0], ["until", DAY_MILLISECONDS]]) {
    if (byId(name).value) wanted.set(name, new Date(new Date(`${byId(name).value}T00:00`).getTime() + more).toISOString());
  }
  return wanted;
}

async function load({ goesOn = false } = {}) {
  const wanted = chosen();
  for (const form of ["jsonl", "ocsf"]) byId(form).href = `${AUDIT}/export?${new URLSearchParams([...wanted, ["form", form]])}`;
  wanted.set("limit", ON_A_PAGE);
  if (goesOn && cursor) wanted.set("cursor", cursor);
  const page = await getJson(`${AUDIT}?${wanted}`);
  const rows = page.events.map(eventRow);
  if (goesOn) byId("events").append(...rows);
  else byId("events").replaceChildren(...rows);
  if (goesOn) rows[0]?.querySelector("summary").focus();
  cursor = page.next_cursor;
  byId("more").hidden = cursor === null;
  byId("none").hidden = byId("events").childElementCount > 0;
}

function eventRow(event) {
  return element(
    "li",
    { className: "audit-event", "data-outcome": event.outcome },
    element("p", { className: "audit-what" }, element("code", {}, event.event), element("span", { className: "chip" }, t(`audit.outcome.${event.outcome}`))),
    element("p", { className: "audit-when" }, date(event.at, WHEN)),
    element("p", { className: "audit-facts", dir: "auto" }, [whoOf(event), event.text.document ?? event.text.collection ?? event.text.name ?? event.target].filter(Boolean).join(" · ")),
    detailsOf(event),
  );
}

function whoOf({ actor_id: actor, text, via, erased }) {
  if (text.actor) return text.actor;
  if (actor) return erased ? t("audit.erased", { actor }) : actor;
  return { service: t("audit.service"), unknown: t("audit.unknown"), command: t("audit.command") }[via] ?? via;
}

function detailsOf(event) {
  const { number, tenant, actor_id: actor, via, target, digest, details, text } = event;
  const facts = Object.entries({ number, tenant, actor, via, target, ...details, ...text, digest }).filter(([, value]) => value !== "");
  const list = element("dl", {}, ...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", { dir: "auto" }, String(value))]));
  const node = element("details", {}, element("summary", {}, t("audit.details", { number })), list);
  if (actor && Object.keys(text).length > 0) {
    const erasing = erasure(actor, text.actor || actor);
    node.append(erasing.opener, erasing.node);
  }
  return node;
}

function erasure(actor, name) {
  const label = t("audit.erase_name", { name });
  const ask = () => confirmation.ask({ question: t("audit.erase_question", { name }), label });
  const opener = element("button", { className: "button", type: "button", "aria-label": label, click: ask }, t("audit.erase"));
  const confirmation = new Confirmation({ opener, onAgree: () => erase(actor), agree: t("audit.erase") });
  return { opener, node: confirmation.node };
}

/** Returns an error, or nothing. */
async function erase(actor) {
  try {
    const { erased } = await (await send(`${AUDIT}/texts?${new URLSearchParams({ user: actor })}`, { method: "DELETE" })).json();
    await load();
    announce(t("audit.erased_count", { count: erased }));
    byId("show").focus();
  } catch (error) {
    return error;
  }
  return undefined;
}

async function verify() {
  const { holds, rows, findings } = await (await send(`${AUDIT}/verify`, { method: "POST" })).json();
  note("verified", holds ? t("audit.holds", { rows }) : "");
  if (!holds) note("note", [t("audit.broken"), ...findings.map(({ detail }) => detail)].join("\n"));
}

const asked = new URLSearchParams(location.search);
for (const family of FAMILIES) byId("event").append(element("option", { value: family }, t(`audit.family.${family}`)));
for (const outcome of OUTCOMES) byId("outcome").append(element("option", { value: outcome }, t(`audit.outcome.${outcome}`)));
for (const name of ["event", "outcome", "actor", "target", "since", "until"]) byId(name).value = asked.get(name) ?? "";
byId("filter").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt({ button: byId("show"), noteId: "note" }, load);
});
byId("verify").addEventListener("click", (event) => attempt({ button: event.target, noteId: "note" }, verify));
byId("more").addEventListener("click", (event) => attempt({ button: event.target, noteId: "note" }, () => load({ goesOn: true })));
load().catch((error) => noteFailure("note", error));
