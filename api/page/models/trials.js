// The trials of models on their page: one that goes on, with its progress, and the cards of those that have ended.

import { cancelEvaluation, listEvaluations } from "/page/shared/api.js";
import { announce, byId, element } from "/page/shared/dom.js";
import { attempt } from "/page/evals/eval_form.js";
import { beginTrial, getCard, tryStored } from "/page/models/model_calls.js";
import { cardView, faultWords } from "/page/models/trial_view.js";
import { technicalDetails } from "/page/shared/problems.js";
import { t } from "/page/shared/words.js";

const MOST_CARDS = 6;
const LOOK_AGAIN_MILLISECONDS = 1_500;
let timer = null;
let followed = null; // the trial that was seen going on, whose end is told

/** Starts a trial of a connected model, once it answers. What is wrong with it is shown by `onFault(trial)`. */
export async function startTrial(endpoint, { onFault }) {
  const answered = await tryStored(endpoint.id);
  if (answered.fault) {
    announce(faultWords(answered));
    onFault(answered);
    return;
  }
  await beginTrial(endpoint.id);
  announce(t("trial.begun", endpoint));
  await showTrials();
  byId("trials").scrollIntoView({ block: "nearest" });
}

/** Shows the trials, and looks again as long as one goes on. */
export async function showTrials() {
  clearTimeout(timer);
  const runs = await listEvaluations().catch(() => null);
  if (runs === null && followed === null) return; // without evaluations there are no trials
  if (runs !== null) await show(runs);
  if (followed !== null) timer = setTimeout(showTrials, LOOK_AGAIN_MILLISECONDS);
}

async function show(runs) {
  const trials = runs.filter((run) => run.beside);
  const running = trials.find((run) => run.state === "running") ?? null;
  showRunning(running, runs);
  const ended = trials.filter((run) => run.state !== "running").slice(0, MOST_CARDS);
  const cards = await Promise.all(ended.map(async (run, at) => (run.state === "finished" ? getCard(run.id).then((card) => cardView(run, card), () => null) : at === 0 && stoppedView(run))));
  byId("cards").replaceChildren(...cards.filter(Boolean));
  byId("trials").hidden = running === null && byId("cards").childElementCount === 0;
  const before = followed !== null && trials.find((run) => run.id === followed);
  if (before && before.state !== "running") announce(before.state === "finished" ? t("trial.ended", { model: before.model }) : t("trial.stopped", { model: before.model }));
  followed = running?.id ?? null;
}

/** Shows how far a trial is, in a row that stays the same, so that its button keeps the focus. */
function showRunning(run, runs) {
  const node = byId("running-trial");
  node.hidden = run === null;
  if (run === null) return node.replaceChildren();
  if (node.dataset.run !== run.id || node.childElementCount === 0) {
    node.dataset.run = run.id;
    const cancel = element("button", { type: "button", className: "button", click: ({ target }) => attempt({ button: target, noteId: "list-note" }, () => stop(run.id)) }, t("common.cancel"));
    node.replaceChildren(
      element("h3", {}, run.model),
      element("p", { className: "trial-step" }),
      element("progress", { className: "row-progress", "aria-label": t("trial.trial_of", { name: run.model }) }),
      cancel,
    );
  }
  const quoted = runs.find((each) => each.id === run.beside);
  const isWriting = quoted?.state === "finished";
  const asked = isWriting ? run.asked : quoted?.asked ?? 0;
  const values = { asked, questions: run.questions };
  node.querySelector(".trial-step").textContent = isWriting ? t("trial.writing", values) : asked > 0 ? t("trial.quoting", values) : t("trial.reading");
  const bar = node.querySelector("progress");
  bar.max = 2 * run.questions;
  bar.value = asked + (isWriting ? run.questions : 0);
  return node;
}

async function stop(runId) {
  await cancelEvaluation(runId);
  await showTrials();
}

function stoppedView(run) {
  return element(
    "article",
    { className: "card", "aria-label": t("trial.trial_of", { name: run.model }) },
    element("h3", {}, run.model),
    element("p", { className: "card-verdict" }, t("trial.stopped", { model: run.model })),
    technicalDetails(run.failure ?? ""),
  );
}
