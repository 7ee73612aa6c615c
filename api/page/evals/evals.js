// The page of evaluations: starts a run, and lists all runs.

import { cancelEvaluation, deleteEvaluation, listDatasets, listEvaluations, startEvaluation } from "/page/shared/api.js";
import { Confirmation } from "/page/shared/confirmation.js";
import { announce, byId, element, plural } from "/page/shared/dom.js";
import { attempt, note, showCollections } from "/page/evals/eval_form.js";

const POLL_MILLISECONDS = 1_000;
const PASTED = "";
const HEADLINES = [
  ["fact_recall", "facts stated"],
  ["citation_recall", "citation recall"],
  ["citation_precision", "citation precision"],
  ["ndcg@10/found", "nDCG@10"],
  ["abstention_recall", "rightly refused"],
];
let timer = null;

async function showDatasets() {
  const options = (await listDatasets()).map(({ name, questions }) =>
    element("option", { value: name }, `${name} (${plural(questions, "question")})`),
  );
  byId("dataset").replaceChildren(...options, element("option", { value: PASTED }, "Paste questions…"));
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
      throw new Error(`Line ${at + 1} is not JSON. Put one question on every line.`);
    }
  }
  return questions;
}

async function start() {
  const limit = byId("limit").valueAsNumber || null;
  const dataset = byId("dataset").value;
  const asked = dataset === PASTED ? { questions: pastedQuestions() } : { dataset };
  await startEvaluation({ collection: byId("collection").value, limit, ...asked });
  announce("The evaluation has started.");
  await showRuns();
}

async function showRuns() {
  clearTimeout(timer);
  let wait = POLL_MILLISECONDS;
  try {
    const runs = await listEvaluations();
    const running = runs.some((run) => run.state === "running");  // the rows are rebuilt until it ends, so no choice could be made
    byId("runs").replaceChildren(...runs.map((run, at) => runRow(run, running ? [] : runs.slice(at + 1))));
    if (runs.length === 0) byId("runs").append(element("li", { className: "empty" }, "Nothing was evaluated yet."));
    note("runs-note", "");
    if (!running) return;
  } catch (error) {
    note("runs-note", error.detail || error.message);
    wait *= 5;
  }
  timer = setTimeout(showRuns, wait);
}

function runRow(run, earlier) {
  const running = run.state === "running";
  const confirmation = deletion(run);
  const actions = running
    ? [element("button", { className: "button", type: "button", click: (event) => cancel(event.target, run.id) }, "Cancel")]
    : [
        comparisonChoice(run, earlier),
        element("a", { className: "button", href: run.links.report, "aria-label": `Report on ${run.id}` }, "Report"),
        confirmation.opener,
      ];
  const asked = running ? `${run.asked} of ${plural(run.questions, "question")}` : plural(run.asked, "question");
  return element(
    "li",
    { className: "run", "data-state": run.state, "data-run": run.id },
    element("p", { className: "run-title" }, run.dataset, element("span", { className: "chip" }, run.state)),
    element("p", { className: "run-meta" }, [asked, run.collection && `of ${run.collection}`, began(run)].filter(Boolean).join(" · ")),
    element("p", { className: "run-figures" }, ...headlines(run.figures)),
    element("div", { className: "run-actions" }, ...actions),
    run.failure && element("p", { className: "run-failure" }, run.failure),
    confirmation.node,
    running && element("progress", { className: "row-progress", max: run.questions, value: run.asked, "aria-label": asked }),
  );
}

function began(run) {
  return new Date(run.started_at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

/** Returns a menu of earlier runs of the same questions that opens the comparison; null if there are none. */
function comparisonChoice(run, earlier) {
  const comparable = earlier.filter((other) => other.dataset === run.dataset && other.asked > 0);
  if (comparable.length === 0) return null;
  const open = (event) => location.assign(`${run.links.report}?against=${encodeURIComponent(event.target.value)}`);
  return element(
    "select",
    { className: "button", "aria-label": `Compare ${run.id} with`, change: open },
    element("option", { value: "", disabled: true, selected: true }, "Compare with…"),
    ...comparable.map((other) => element("option", { value: other.id }, began(other))),
  );
}

/** Returns the confirmation of a delete; its `opener` is the button that asks for it. */
function deletion(run) {
  const ask = () => confirmation.ask({ question: "Delete this run, with its questions and answers?", label: `Delete ${run.id}?` });
  const opener = element("button", { className: "button", type: "button", "aria-label": `Delete ${run.id}`, click: ask }, "Delete");
  const confirmation = new Confirmation({ opener, onAgree: () => remove(run.id) });
  return confirmation;
}

/** Returns an error message, or nothing. */
async function remove(runId) {
  try {
    await deleteEvaluation(runId);
  } catch (error) {
    return error.detail || error.message;
  }
  announce("The run is deleted.");
  return showRuns();
}

function headlines(figures) {
  return HEADLINES.filter(([metric]) => figures[metric]?.count > 0).map(([metric, words]) =>
    element("span", {}, element("b", {}, figures[metric].mean.toFixed(2)), ` ${words}`),
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
