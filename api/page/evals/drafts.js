// The page of drafts: drafts questions, and stores those that a person accepts. Until they are stored they stay in this
// tab, also when it is reloaded.

import { draftQuestions, storeDataset } from "/page/shared/api.js";
import { announce, byId, element } from "/page/shared/dom.js";
import { attempt, note, showCollections } from "/page/evals/eval_form.js";
import { t } from "/page/shared/words.js";

const STORED = "citewell-drafts";
const SEPARATOR = " | ";
/** How a question was drafted. */
const KINDS = { cloze: t("drafts.kind_cloze"), heading: t("drafts.kind_heading"), model: t("drafts.kind_model"), plain: t("drafts.kind_plain") };
/** Each is `{question, decision}`: a row as it was drafted or edited, and "", "accepted" or "dropped". */
let drafts = JSON.parse(sessionStorage.getItem(STORED) || "[]");

function remember() {
  sessionStorage.setItem(STORED, JSON.stringify(drafts));
}

function show() {
  byId("drafts").replaceChildren(...drafts.map(draftRow));
  showKeep();
}

function showKeep() {
  const accepted = drafts.filter((draft) => draft.decision === "accepted").length;
  const open = drafts.filter((draft) => draft.decision === "").length;
  byId("keep").hidden = accepted === 0;
  byId("keep-count").textContent = open ? t("drafts.accepted_open", { count: accepted, open }) : t("drafts.accepted", { count: accepted });
}

function decide(at, decision) {
  drafts[at].decision = drafts[at].decision === decision ? "" : decision;
  redraw(at, `.draft-actions [data-choice="${decision}"]`);
}

/** Updates a draft's row, and keeps the focus. */
function redraw(at, focused) {
  remember();
  const row = draftRow(drafts[at], at);
  byId("drafts").children[at].replaceWith(row);
  row.querySelector(focused)?.focus();
  showKeep();
}

function choice({ words, value, pressed, click }) {
  const properties = { className: "button", type: "button", "data-choice": value, click };
  return element("button", pressed === undefined ? properties : { ...properties, "aria-pressed": String(pressed) }, words);
}

function draftRow({ question, decision }, at) {
  const [gold] = question.gold_passages;
  const kind = KINDS[question.tags.find((tag) => tag !== "draft")] ?? "";
  return element(
    "li",
    { className: "draft", "data-decision": decision },
    element("p", { className: "draft-head" }, element("span", {}, gold?.document ?? ""), kind && element("span", { className: "chip" }, kind)),
    element("p", { className: "draft-question" }, question.question),
    element("p", { className: "draft-answer" }, question.answers.join(SEPARATOR) || t("drafts.no_answer")),
    gold?.quote && element("blockquote", {}, gold.quote),
    element(
      "div",
      { className: "draft-actions" },
      choice({ words: t("drafts.accept"), value: "accepted", pressed: decision === "accepted", click: () => decide(at, "accepted") }),
      choice({ words: t("drafts.edit"), value: "edit", click: () => edit(at) }),
      choice({ words: t("drafts.drop"), value: "dropped", pressed: decision === "dropped", click: () => decide(at, "dropped") }),
    ),
  );
}

/** Replaces the draft's row by a form; saving accepts the draft. */
function edit(at) {
  const { question } = drafts[at];
  const asked = element("textarea", { id: `question-${at}`, rows: 2, value: question.question, required: true });
  const answers = element("input", { id: `answers-${at}`, type: "text", value: question.answers.join(SEPARATOR) });
  const save = (event) => {
    event.preventDefault();
    const given = answers.value.split("|").map((answer) => answer.trim()).filter(Boolean);
    drafts[at].question = { ...question, question: asked.value.trim(), answers: given };
    drafts[at].decision = "accepted";
    redraw(at, '[data-choice="edit"]');
  };
  const form = element(
    "form",
    { "aria-label": t("drafts.edit_form"), submit: save },
    element("div", { className: "field" }, element("label", { htmlFor: asked.id }, t("drafts.question")), asked),
    element("div", { className: "field" }, element("label", { htmlFor: answers.id }, t("drafts.answers")), answers),
    question.gold_passages[0]?.quote && element("blockquote", {}, question.gold_passages[0].quote),
    element(
      "div",
      { className: "draft-actions" },
      element("button", { className: "button primary", type: "submit" }, t("drafts.save_accept")),
      element("button", { className: "button", type: "button", click: () => redraw(at, '[data-choice="edit"]') }, t("common.cancel")),
    ),
  );
  byId("drafts").children[at].replaceChildren(form);
  asked.focus();
}

async function draft() {
  const wanted = { collection: byId("collection").value, questions: byId("count").valueAsNumber };
  const { questions, dropped } = await draftQuestions(wanted);
  const known = new Set(drafts.map((each) => each.question.id));
  const fresh = questions.filter((question) => !known.has(question.id));
  drafts.push(...fresh.map((question) => ({ question, decision: "" })));
  remember();
  show();
  announce(t("drafts.came", { count: fresh.length }));
  const words = [];
  if (fresh.length === 0) words.push(t("drafts.nothing_new"));
  if (dropped) words.push(t("drafts.dropped", { count: dropped }));
  note("draft-note", words.join(" "));
}

async function keep() {
  const name = byId("name").value;
  const accepted = drafts.filter((each) => each.decision === "accepted").map((each) => each.question);
  const { questions } = await storeDataset({ name, questions: accepted, replace: byId("replace").checked });
  drafts = drafts.filter((each) => each.decision === "");
  remember();
  show();
  const link = element("a", { href: `/evals?${new URLSearchParams({ dataset: name })}` }, t("drafts.evaluate"));
  byId("kept").replaceChildren(t("drafts.kept", { count: questions, name }), " ", link);
  byId("kept").hidden = false;
  announce(t("drafts.kept", { count: questions, name }));
}

byId("draft").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt({ button: byId("draft-button"), noteId: "draft-note" }, draft);
});
byId("keep").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt({ button: event.submitter, noteId: "keep-note" }, keep);
});
attempt({ button: byId("draft-button"), noteId: "draft-note" }, showCollections);
show();
