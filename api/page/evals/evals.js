// The page of evaluations: starts a run, and lists all runs.

import { cancelEvaluation, deleteEvaluation, listDatasets, listEvaluations, startEvaluation } from "/page/shared/api.js";
import { Confirmation } from "/page/shared/confirmation.js";
import { ApiError } from "/page/shared/api.js";
import { announce, byId, element } from "/page/shared/dom.js";
import { attempt, note, noteFailure, showCollections } from "/page/evals/eval_form.js";
import { date, hasWords, number, t } from "/page/shared/words.js";

const POLL_MILLISECONDS = 1_000;
const PASTED = "";
const HEADLINES = [
  ["fact_recall", t("evals.metric.facts")],
  ["citation_recall", t("evals.metric.citation_recall")],
  ["citation_precision", t("evals.metric.citation_precision")],
  ["ndcg@10/found", t("evals.metric.ndcg")],
  ["abstention_recall", t("evals.metric.refused")],
];
let timer = null;

async function showDatasets() {
  const options = (await listDatasets()).map(({ name, questions }) =>
    element("option", { value: name }, `${name} (${t("evals.questions_count", { count: questions })})`),
  );
  byId("dataset").replaceChildren(...options, element("option", { value: PASTED }, t("evals.paste")));
  const wanted = new URLSearchParams(location.search).get("dataset");
  if (options.some((option) => option.value === wanted)) byId("dataset").value = wanted;
  showPasted();
}

function showPasted() {
  byId("pasted").hidden = byId("dataset").value !== PASTED;
}

/** Returns the pasted questions; empty lines do not count. Throws an Error that names the line at fault. */
function pastedQuestions() {
  const questions = [];
  for (const [at, line] of byId("rows").value.split("\n").entries()) {
    if (line.trim() === "") continue;
    try {
      questions.push(JSON.parse(line));
    } catch {
      throw new ApiError({ title: "", detail: t("evals.no_json", { line: at + 1 }), code: "no_json", status: 0 });
    }
  }
  return questions;
}

async function start() {
  const limit = byId("limit").valueAsNumber || null;
  const dataset = byId("dataset").value;
  const asked = dataset === PASTED ? { questions: pastedQuestions() } : { dataset };
  await startEvaluation({ collection: byId("collection").value, limit, ...asked });
  announce(t("evals.started"));
  await showRuns();
}

async function showRuns() {
  clearTimeout(timer);
  let wait = POLL_MILLISECONDS;
  try {
    const runs = await listEvaluations();
    const running = runs.some((run) => run.state === "running");  // the rows are rebuilt until it ends, so no choice could be made
    byId("runs").replaceChildren(...runs.map((run, at) => runRow(run, running ? [] : runs.slice(at + 1))));
    if (runs.length === 0) byId("runs").append(element("li", { className: "empty" }, t("evals.empty")));
    note("runs-note", "");
    if (!running) return;
  } catch (error) {
    noteFailure("runs-note", error);
    wait *= 5;
  }
  timer = setTimeout(showRuns, wait);
}

function runRow(run, earlier) {
  const running = run.state === "running";
  const confirmation = deletion(run);
  const actions = running
    ? [element("button", { className: "button", type: "button", click: (event) => cancel(event.target, run.id) }, t("evals.cancel"))]
    : [
        comparisonChoice(run, earlier),
        element("a", { className: "button", href: run.links.report, "aria-label": t("evals.report_name", { name: run.id }) }, t("evals.report")),
        confirmation.opener,
      ];
  const asked = running ? t("evals.progress", { asked: run.asked, count: run.questions }) : t("evals.questions_count", { count: run.asked });
  return element(
    "li",
    { className: "run", "data-state": run.state, "data-run": run.id },
    element("p", { className: "run-title" }, run.dataset, element("span", { className: "chip" }, hasWords(`evals.state.${run.state}`) ? t(`evals.state.${run.state}`) : run.state)),
    element("p", { className: "run-meta" }, [asked, run.collection && t("evals.of_collection", { collection: run.collection }), began(run)].filter(Boolean).join(" · ")),
    element("p", { className: "run-figures" }, ...headlines(run.figures)),
    element("div", { className: "run-actions" }, ...actions),
    run.failure && element("p", { className: "run-failure" }, run.failure),
    confirmation.node,
    running && element("progress", { className: "row-progress", max: run.questions, value: run.asked, "aria-label": asked }),
  );
}

function began(run) {
  return date(run.started_at, { dateStyle: "medium", timeStyle: "short" });
}

/** Returns a menu of earlier runs of the same questions that opens the comparison; null if there are none. */
function comparisonChoice(run, earlier) {
  const comparable = earlier.filter((other) => other.dataset === run.dataset && other.asked > 0);
  if (comparable.length === 0) return null;
  const open = (event) => location.assign(`${run.links.report}?against=${encodeURIComponent(event.target.value)}`);
  return element(
    "select",
    { className: "button", "aria-label": t("evals.compare_name", { name: run.id }), change: open },
    element("option", { value: "", disabled: true, selected: true }, t("evals.compare")),
    ...comparable.map((other) => element("option", { value: other.id }, began(other))),
  );
}

/** Returns the confirmation of a delete; its `opener` is the button that asks for it. */
function deletion(run) {
  const ask = () => confirmation.ask({ question: t("evals.delete_question"), label: t("evals.delete_name", { name: run.id }) });
  const opener = element("button", { className: "button", type: "button", "aria-label": t("common.delete_name", { name: run.id }), click: ask }, t("common.delete"));
  const confirmation = new Confirmation({ opener, onAgree: () => remove(run.id) });
  return confirmation;
}

/** Returns an error, or nothing. */
async function remove(runId) {
  try {
    await deleteEvaluation(runId);
  } catch (error) {
    return error;
  }
  announce(t("evals.deleted"));
  return showRuns();
}

function headlines(figures) {
  return HEADLINES.filter(([metric]) => figures[metric]?.count > 0).map(([metric, words]) =>
    element("span", {}, element("b", {}, number(figures[metric].mean, { minimumFractionDigits: 2, maximumFractionDigits: 2 })), ` ${words}`),
  );
}

async function cancel(button, runId) {
  await attempt({ button, noteId: "runs-note" }, () => cancelEvaluation(runId));
  await showRuns();
}

byId("dataset").addEventListener("change", showPasted);
byId("start").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt({ button: byId("start-button"), noteId: "start-note" }, start);
});
attempt({ button: byId("start-button"), noteId: "start-note" }, () => Promise.all([showCollections(), showDatasets()]));
showRuns();
