// One run in the list: how many questions came out right, then what else was measured, in plain words.

import { deleteEvaluation, renameEvaluation } from "/page/shared/api.js";
import { Confirmation } from "/page/shared/confirmation.js";
import { announce, element, plural } from "/page/shared/dom.js";
import { inTwoParts } from "/page/evals/eval_form.js";

/** A metric, its mean in words, and what it means. */
const FIGURES = [
  ["fact_recall", "of the known facts are stated", "Share of the gold facts that an answer states (fact recall)."],
  ["wrong_refusal", "are refused though the documents answer", "Share of the questions with an answer that were refused (wrong refusal)."],
  ["abstention_recall", "of the questions without an answer are refused", "Share of the questions without an answer that were refused (abstention recall)."],
  ["citation_precision", "of the citations lead to the right words", "Share of the citations that overlap a gold passage (citation precision)."],
  ["citation_recall", "of the right passages are cited", "Share of the gold passages that are cited (citation recall)."],
  ["ndcg@10/found", "quality of the search", "How high the right passages rank among the first ten (nDCG@10)."],
];
const STATES = { running: "running", finished: "", failed: "stopped" };

/** `earlier` are the runs that it can be compared with; `onChange()` shows the list again. */
export function runRow({ run, earlier, onCancel, onChange }) {
  const running = run.state === "running";
  const confirmation = deletion(run, onChange);
  const title = nameView(run, onChange);
  const actions = running
    ? [element("button", { className: "button", type: "button", click: (event) => onCancel(event.target, run.id) }, "Cancel")]
    : [
        run.beside && element("a", { className: "button", href: "/models#trials" }, "Card"),
        comparisonChoice(run, earlier),
        element("a", { className: "button", href: run.links.report, "aria-label": `Report on ${nameOf(run)}` }, "Report"),
        element("button", { className: "button", type: "button", "aria-label": `Rename ${nameOf(run)}`, click: title.edit }, "Rename"),
        confirmation.opener,
      ];
  const asked = running ? `${run.asked} of ${plural(run.questions, "question")} asked` : "";
  const chip = STATES[run.state] && element("span", { className: "chip" }, STATES[run.state]);
  return element(
    "li",
    { className: "run", "data-state": run.state, "data-run": run.id },
    element("p", { className: "run-title" }, score(run), chip),
    title.node,
    element("p", { className: "run-meta" }, [asked, run.dataset, run.collection && `asked of ${run.collection}`, run.model, began(run)].filter(Boolean).join(" · ")),
    element("p", { className: "run-figures" }, ...figures(run)),
    element("div", { className: "run-actions" }, ...actions),
    run.failure && failureView(run.failure),
    confirmation.node,
    running && element("progress", { className: "row-progress", max: run.questions, value: run.asked, "aria-label": asked }),
  );
}

function failureView(failure) {
  const { plain, details } = inTwoParts(failure);
  const folded = details && element("details", {}, element("summary", {}, "Details"), element("p", {}, details));
  return element("div", { className: "run-failure" }, plain, folded);
}

/** Returns "52 of 60 right", which is what a person wants to know first. */
function score(run) {
  if (run.right === null) return run.state === "running" ? "Asking" : "No result";
  const meaning = "A question counts as right when the answer states all known facts, or when one without an answer is refused.";
  return element("span", { className: "run-score", title: meaning }, `${run.right} of ${run.asked} right`);
}

function figures(run) {
  return FIGURES.filter(([metric]) => run.figures[metric]?.count > 0).map(([metric, words, meaning]) =>
    element("span", { title: meaning }, element("b", {}, percent(run.figures[metric].mean)), ` ${words}`),
  );
}

function percent(share) {
  return `${Math.round(share * 100)} %`;
}

function nameOf(run) {
  return run.name || `${run.dataset}, ${began(run)}`;
}

function began(run) {
  return new Date(run.started_at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

/** Returns the run's name, and `edit()`, which puts a form in its place. */
function nameView(run, onChange) {
  const node = element("div", { className: "run-name" }, run.name);
  const input = element("input", { type: "text", maxLength: 80, value: run.name, "aria-label": "Name of this run" });
  const failure = element("p", { className: "run-failure", role: "alert" });
  const save = async (event) => {
    event.preventDefault();
    try {
      await renameEvaluation(run.id, input.value.trim());
    } catch (error) {
      failure.textContent = error.detail || error.message;
      return;
    }
    announce("The name is saved.");
    await onChange();
  };
  const form = element(
    "form",
    { className: "run-rename", "aria-label": "Rename this run", submit: save },
    input,
    element("button", { className: "button", type: "submit" }, "Save"),
    element("button", { className: "button", type: "button", click: () => node.replaceChildren(run.name) }, "Cancel"),
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
  const words = (other) => [other.name || began(other), other.collection, other.right !== null && `${other.right} of ${other.asked}`].filter(Boolean).join(", ");
  return element(
    "select",
    { className: "button", "aria-label": `Compare ${nameOf(run)} with`, change: open },
    element("option", { value: "", disabled: true, selected: true }, "Compare with…"),
    ...comparable.map((other) => element("option", { value: other.id }, words(other))),
  );
}

/** Returns the confirmation of a delete; its `opener` is the button that asks for it. */
function deletion(run, onChange) {
  const ask = () => confirmation.ask({ question: "Delete this run, with its questions and answers?", label: `Delete ${nameOf(run)}?` });
  const opener = element("button", { className: "button", type: "button", "aria-label": `Delete ${nameOf(run)}`, click: ask }, "Delete");
  const confirmation = new Confirmation({ opener, onAgree: () => remove(run.id, onChange) });
  return confirmation;
}

/** Returns an error message, or nothing. */
async function remove(runId, onChange) {
  try {
    await deleteEvaluation(runId);
  } catch (error) {
    return error.detail || error.message;
  }
  announce("The run is deleted.");
  return onChange();
}
