// One run in the list: how many questions came out right, then what else was measured, in plain words.

import { deleteEvaluation, renameEvaluation } from "/page/shared/api.js";
import { Confirmation } from "/page/shared/confirmation.js";
import { announce, element } from "/page/shared/dom.js";
import { failureNodes, technicalDetails } from "/page/shared/problems.js";
import { date, percent, t } from "/page/shared/words.js";

/** A metric, its mean in words, and what it means. */
const FIGURES = [
  ["fact_recall", t("evals.figure.facts"), t("evals.figure.facts_means")],
  ["wrong_refusal", t("evals.figure.refused"), t("evals.figure.refused_means")],
  ["abstention_recall", t("evals.figure.abstention"), t("evals.figure.abstention_means")],
  ["citation_precision", t("evals.figure.precise"), t("evals.figure.precise_means")],
  ["citation_recall", t("evals.figure.cited"), t("evals.figure.cited_means")],
  ["ndcg@10/found", t("evals.figure.search"), t("evals.figure.search_means")],
];
const STATES = { running: t("evals.state.running"), finished: "", failed: t("evals.stopped_chip") };

/** `earlier` are the runs that it can be compared with; `onChange()` shows the list again. */
export function runRow({ run, earlier, onCancel, onChange }) {
  const running = run.state === "running";
  const confirmation = deletion(run, onChange);
  const title = nameView(run, onChange);
  const actions = running
    ? [element("button", { className: "button", type: "button", click: (event) => onCancel(event.target, run.id) }, t("common.cancel"))]
    : [
        run.beside && element("a", { className: "button", href: "/models#trials" }, t("evals.card")),
        comparisonChoice(run, earlier),
        element("a", { className: "button", href: run.links.report, "aria-label": t("evals.report_name", { name: nameOf(run) }) }, t("evals.report")),
        element("button", { className: "button", type: "button", "aria-label": t("evals.rename_name", { name: nameOf(run) }), click: title.edit }, t("evals.rename")),
        confirmation.opener,
      ];
  const asked = running ? t("evals.progress_asked", { asked: run.asked, count: run.questions }) : "";
  const chip = STATES[run.state] && element("span", { className: "chip" }, STATES[run.state]);
  return element(
    "li",
    { className: "run", "data-state": run.state, "data-run": run.id },
    element("p", { className: "run-title" }, score(run), chip),
    title.node,
    element("p", { className: "run-meta" }, [asked, run.dataset, run.collection && t("evals.asked_of", { collection: run.collection }), began(run)].filter(Boolean).join(" · ")),
    element("p", { className: "run-figures" }, ...figures(run)),
    element("div", { className: "run-actions" }, ...actions),
    run.failure && failureView(run.failure),
    confirmation.node,
    running && element("progress", { className: "row-progress", max: run.questions, value: run.asked, "aria-label": asked }),
  );
}

function failureView(failure) {
  return element("div", { className: "run-failure" }, t("evals.stopped"), technicalDetails(failure));
}

/** Returns "52 of 60 right", which is what a person wants to know first. */
function score(run) {
  if (run.right === null) return run.state === "running" ? t("evals.asking") : t("evals.no_result");
  return element("span", { className: "run-score", title: t("evals.right_means") }, t("evals.right", { right: run.right, asked: run.asked }));
}

function figures(run) {
  return FIGURES.filter(([metric]) => run.figures[metric]?.count > 0).map(([metric, words, meaning]) =>
    element("span", { title: meaning }, element("b", {}, percent(run.figures[metric].mean)), ` ${words}`),
  );
}

/** Returns the name that a person gave, else that of a trial or of the quotes beside one. */
function givenName(run) {
  return run.name || (run.model && t("trial.trial_of", { name: run.model })) || (run.trial && t("evals.quotes_beside", { model: run.trial.model })) || "";
}

function nameOf(run) {
  return givenName(run) || t("evals.named", { dataset: run.dataset, time: began(run) });
}

function began(run) {
  return date(run.started_at, { dateStyle: "medium", timeStyle: "short" });
}

/** Returns the run's name, and `edit()`, which puts a form in its place. */
function nameView(run, onChange) {
  const node = element("div", { className: "run-name" }, givenName(run));
  const input = element("input", { type: "text", maxLength: 80, value: run.name, "aria-label": t("evals.name") });
  const failure = element("p", { className: "run-failure", role: "alert" });
  const save = async (event) => {
    event.preventDefault();
    try {
      await renameEvaluation(run.id, input.value.trim());
    } catch (error) {
      failure.replaceChildren(...failureNodes(error));
      return;
    }
    announce(t("evals.name_saved"));
    await onChange();
  };
  const form = element(
    "form",
    { className: "run-rename", "aria-label": t("evals.rename_this"), submit: save },
    input,
    element("button", { className: "button", type: "submit" }, t("common.save")),
    element("button", { className: "button", type: "button", click: () => node.replaceChildren(givenName(run)) }, t("common.cancel")),
    failure,
  );
  const edit = () => {
    node.replaceChildren(form);
    input.focus();
  };
  return { node, edit };
}

/** Returns a menu of earlier runs of the same questions that opens the comparison; null if there are none. */
function comparisonChoice(run, earlier) {
  const comparable = earlier.filter((other) => other.dataset === run.dataset && other.asked > 0);
  if (comparable.length === 0) return null;
  const open = (event) => location.assign(`${run.links.report}?against=${encodeURIComponent(event.target.value)}`);
  const words = (other) => [givenName(other) || began(other), other.collection, other.right !== null && t("evals.compare_score", { right: other.right, asked: other.asked })].filter(Boolean).join(", ");
  return element(
    "select",
    { className: "button", "aria-label": t("evals.compare_name", { name: nameOf(run) }), change: open },
    element("option", { value: "", disabled: true, selected: true }, t("evals.compare")),
    ...comparable.map((other) => element("option", { value: other.id }, words(other))),
  );
}

/** Returns the confirmation of a delete; its `opener` is the button that asks for it. */
function deletion(run, onChange) {
  const ask = () => confirmation.ask({ question: t("evals.delete_question"), label: t("evals.delete_name", { name: nameOf(run) }) });
  const opener = element("button", { className: "button", type: "button", "aria-label": t("common.delete_name", { name: nameOf(run) }), click: ask }, t("common.delete"));
  const confirmation = new Confirmation({ opener, onAgree: () => remove(run.id, onChange) });
  return confirmation;
}

/** Returns an error, or nothing. */
async function remove(runId, onChange) {
  try {
    await deleteEvaluation(runId);
  } catch (error) {
    return error;
  }
  announce(t("evals.deleted"));
  return onChange();
}
