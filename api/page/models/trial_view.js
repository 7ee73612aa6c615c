// Shows what a test of a model brought, and the card of a model that answered a set of questions.

import { element } from "/page/shared/dom.js";
import { technicalDetails } from "/page/shared/problems.js";
import { date, hasWords, number, t } from "/page/shared/words.js";

/** Returns the result of a test: what is wrong, or the first word, the speed and a checked answer. */
export function trialView(trial) {
  if (trial.fault) return faultView(trial);
  const { sample } = trial;
  const supported = sample.sentences.filter((sentence) => sentence.supported).length;
  const total = sample.sentences.length;
  const values = { model: trial.model, supported, total };
  const verdict = sample.declined ? t("trial.declined", values) : supported === total ? t("trial.supported_all", values) : t("trial.partly", values);
  return element(
    "div",
    { className: "trial", "data-good": String(!sample.declined && supported === total) },
    element("p", { className: "trial-verdict" }, verdict),
    element(
      "dl",
      { className: "trial-figures" },
      ...figure(t("trial.first_word"), seconds(sample.first_word_milliseconds)),
      ...figure(t("trial.speed"), sample.tokens_per_second === null ? t("trial.at_once") : t("trial.tokens", { count: Math.round(sample.tokens_per_second) })),
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
    element("span", { className: "chip" }, sentence.supported ? t("trial.supported") : t("trial.not_supported")),
    ...sentence.citations.map((citation) => element("blockquote", {}, `[${citation.number}] ${citation.quote}`)),
  );
}

/** Says what is wrong with a server, and what to do. */
export function faultWords({ url, fault }) {
  return hasWords(`models.fault.${fault.kind}`, { url }) ? t(`models.fault.${fault.kind}`, { url }) : fault.message;
}

function faultView(trial) {
  const { message, details } = trial.fault;
  const folded = technicalDetails([message, details].filter(Boolean).join(" "));
  return element("div", { className: "trial", "data-good": "false" }, element("p", { className: "trial-verdict" }, faultWords(trial)), folded);
}

/** Rows of a card: words, the reading of a column, and the metric in the words of those who measure. */
const ROWS = [
  [t("trial.right"), (column) => t("trial.right_of", column), t("trial.right_means")],
  [t("trial.wrong"), (column) => number(column.wrong), t("trial.wrong_means")],
  [t("trial.refused"), (column) => number(column.refused), t("trial.refused_means")],
  [t("trial.unsupported"), (column) => number(column.unsupported), t("trial.unsupported_means")],
  [t("trial.quoted"), (column) => number(column.quoted), t("trial.quoted_means")],
  [t("trial.failed"), (column) => number(column.failed), t("trial.failed_means")],
  [t("trial.first_word"), (column) => seconds(column.first_word_milliseconds), t("trial.first_word_means")],
  [t("trial.cost"), (column) => cost(column), t("trial.cost_means")],
];

/** Returns a card as a table: the model beside the quotes. */
export function cardView(run, card) {
  const title = [run.dataset, t("evals.questions_count", { count: run.questions }), date(run.started_at)].join(" · ");
  const head = element("tr", {}, element("td", {}), ...[card.model.writer, t("trial.quotes")].map((writer) => element("th", { scope: "col" }, writer)));
  const rows = ROWS.map(([words, reading, metric]) =>
    element("tr", {}, element("th", { scope: "row", title: metric }, words), ...[card.model, card.extractive].map((column) => element("td", {}, reading(column)))),
  );
  return element(
    "article",
    { className: "card", "aria-label": t("trial.trial_of", { name: card.model.writer }) },
    element("h3", {}, card.model.writer),
    element("p", { className: "card-verdict" }, verdictWords(card)),
    element("p", { className: "hint" }, title),
    element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)),
    element("a", { href: run.links.report }, t("trial.all")),
  );
}

function verdictWords({ model, extractive }) {
  const { questions } = model;
  const lost = model.quoted + model.failed;
  const gained = model.right - extractive.right;
  if (lost > 0) return t("trial.verdict_failed", { lost, questions });
  if (gained === 0) return t("trial.verdict_same");
  return gained > 0 ? t("trial.verdict_more", { count: gained, questions }) : t("trial.verdict_fewer", { count: -gained, questions });
}

function seconds(milliseconds) {
  return milliseconds === null ? "–" : t("trial.seconds", { seconds: number(milliseconds / 1000, { minimumFractionDigits: 1, maximumFractionDigits: 1 }) });
}

function cost({ cost_per_1000: amount, currency }) {
  return amount === null ? t("trial.no_price") : `${number(amount, { minimumFractionDigits: 2, maximumFractionDigits: 2 })} ${currency}`;
}
