// Shows what a test of a model brought, and the card of a model that answered a set of questions.

import { element, plural } from "/page/shared/dom.js";

/** Returns the result of a test: what is wrong, or the first word, the speed and a checked answer. */
export function trialView(trial) {
  if (trial.fault) return faultView(trial.fault);
  const { sample } = trial;
  const supported = sample.sentences.filter((sentence) => sentence.supported).length;
  const total = sample.sentences.length;
  const verdict = sample.declined
    ? "It says that the passages do not answer, although they do. Try a larger model."
    : supported === total
      ? "Every sentence of its answer is supported by the passages."
      : `${supported} of ${plural(total, "sentence")} are supported by the passages. Try a larger model.`;
  return element(
    "div",
    { className: "trial", "data-good": String(!sample.declined && supported === total) },
    element("p", { className: "trial-verdict" }, `${trial.model} answers. ${verdict}`),
    element(
      "dl",
      { className: "trial-figures" },
      ...figure("First word", `${(sample.first_word_milliseconds / 1000).toFixed(1)} s`),
      ...figure("Speed", sample.tokens_per_second === null ? "all words at once" : `${Math.round(sample.tokens_per_second)} tokens a second`),
    ),
    element("p", { className: "trial-question" }, sample.question),
    element("ul", { className: "trial-sentences" }, ...sample.sentences.map(sentenceView)),
  );
}

function figure(term, value) {
  return [element("dt", {}, term), element("dd", {}, value)];
}

function sentenceView(sentence) {
  return element(
    "li",
    { "data-supported": String(sentence.supported) },
    sentence.text.trim(),
    element("span", { className: "chip" }, sentence.supported ? "supported" : "not supported"),
    ...sentence.citations.map((citation) => element("blockquote", {}, `[${citation.number}] ${citation.quote}`)),
  );
}

function faultView(fault) {
  const details = fault.details && element("details", {}, element("summary", {}, "Details"), element("p", {}, fault.details));
  return element("div", { className: "trial", "data-good": "false" }, element("p", { className: "trial-verdict" }, fault.message), details);
}

/** Rows of a card: words, the reading of a column, and the metric in the words of those who measure. */
const ROWS = [
  ["Right", (column) => `${column.right} of ${column.questions}`, "All known facts are stated, or a question without an answer is refused."],
  ["Wrong", (column) => String(column.wrong), "An answer that lacks a known fact, or an answer where there is none."],
  ["Refused", (column) => String(column.refused), "Refused although the documents answer (wrong_refusal)."],
  ["Not supported", (column) => String(column.unsupported), "Answers with a sentence that no passage supports (supported_sentences)."],
  ["Quoted instead", (column) => String(column.quoted), "The model failed, and the documents were quoted in its place."],
  ["Failed", (column) => String(column.failed), "No answer at all."],
  ["First word", (column) => seconds(column.first_word_milliseconds), "Median time to the first word (TTFT)."],
  ["Cost of 1,000 questions", (column) => cost(column), "From the prices that were entered."],
];

/** Returns a card as a table: the model beside the quotes. */
export function cardView(run, card) {
  const title = [run.dataset, plural(run.questions, "question"), new Date(run.started_at).toLocaleDateString([], { dateStyle: "medium" })].join(" · ");
  const head = element("tr", {}, element("td", {}), ...[card.model.writer, "Quotes"].map((writer) => element("th", { scope: "col" }, writer)));
  const rows = ROWS.map(([words, reading, metric]) =>
    element("tr", {}, element("th", { scope: "row", title: metric }, words), ...[card.model, card.extractive].map((column) => element("td", {}, reading(column)))),
  );
  return element(
    "article",
    { className: "card", "aria-label": `Trial of ${card.model.writer}` },
    element("h3", {}, card.model.writer),
    element("p", { className: "card-verdict" }, card.verdict),
    element("p", { className: "hint" }, title),
    element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)),
    element("a", { href: run.links.report }, "All questions and answers"),
  );
}

function seconds(milliseconds) {
  return milliseconds === null ? "–" : `${(milliseconds / 1000).toFixed(1)} s`;
}

function cost({ cost_per_1000: amount, currency }) {
  return amount === null ? "no price" : `${amount.toFixed(2)} ${currency}`;
}
