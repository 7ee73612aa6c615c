// The page of evaluations: starts a run, and lists all runs.

import { ApiError, cancelEvaluation, checkCoverage, listDatasets, listEvaluations, startEvaluation } from "/page/shared/api.js";
import { announce, byId, element } from "/page/shared/dom.js";
import { attempt, note, noteFailure, showCollections } from "/page/evals/eval_form.js";
import { runRow } from "/page/evals/run_row.js";
import { t } from "/page/shared/words.js";

const POLL_MILLISECONDS = 1_000;
const PASTED = "";
const MOST_NAMED = 5;
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

/** Warns before the start if the collection lacks documents that the questions are about. */
async function showCoverage() {
  const [collection, dataset] = [byId("collection").value, byId("dataset").value];
  note("coverage", "");
  if (dataset === PASTED || collection === "") return;
  const covered = await checkCoverage({ collection, dataset }).catch(() => ({ missing: [] })); // the start says what is wrong
  if (byId("collection").value === collection && byId("dataset").value === dataset) note("coverage", coverageWords(covered));
}

function coverageWords({ documents, missing }) {
  if (missing.length === 0) return "";
  const named = missing.slice(0, MOST_NAMED).join(", ");
  const names = missing.length > MOST_NAMED ? t("evals.names_more", { names: named }) : named;
  return missing.length === documents ? t("evals.coverage_none", { names }) : t("evals.coverage_some", { missing: missing.length, documents, names });
}

async function start() {
  const limit = byId("limit").valueAsNumber || null;
  const dataset = byId("dataset").value;
  const asked = dataset === PASTED ? { questions: pastedQuestions() } : { dataset };
  await startEvaluation({ collection: byId("collection").value, limit, name: byId("run-name").value.trim(), ...asked });
  byId("run-name").value = "";
  announce(t("evals.started"));
  await showRuns();
}

async function showRuns() {
  clearTimeout(timer);
  let wait = POLL_MILLISECONDS;
  try {
    const listed = await listEvaluations();
    const runs = listed.map((run) => ({ ...run, trial: listed.find((other) => other.beside === run.id) }));
    const running = runs.some((run) => run.state === "running");  // the rows are rebuilt until it ends, so no choice could be made
    byId("runs").replaceChildren(...runs.map((run, at) => runRow({ run, earlier: running ? [] : runs.slice(at + 1), onCancel: cancel, onChange: showRuns })));
    if (runs.length === 0) byId("runs").append(element("li", { className: "empty" }, t("evals.empty")));
    note("runs-note", "");
    if (!running) return;
  } catch (error) {
    noteFailure("runs-note", error);
    wait *= 5;
  }
  timer = setTimeout(showRuns, wait);
}

async function cancel(button, runId) {
  await attempt({ button, noteId: "runs-note" }, () => cancelEvaluation(runId));
  await showRuns();
}

byId("dataset").addEventListener("change", showPasted);
for (const id of ["collection", "dataset"]) byId(id).addEventListener("change", showCoverage);
byId("start").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt({ button: byId("start-button"), noteId: "start-note" }, start);
});
attempt({ button: byId("start-button"), noteId: "start-note" }, async () => {
  await Promise.all([showCollections(), showDatasets()]);
  await showCoverage();
});
showRuns();
