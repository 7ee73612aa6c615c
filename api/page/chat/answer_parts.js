// The parts below an answer: sources, the reason of an abstention, an error, and the receipt.

import { wholeStretches } from "/page/answers/whole_words.js";
import { element, icon, shorten } from "/page/shared/dom.js";
import { abstentionWords, failureNodes, technicalDetails } from "/page/shared/problems.js";
import { hasWords, number, percent, t } from "/page/shared/words.js";

/** Returns the place of a source in one line: headings and pages, by default the page on which it begins. */
export function placeWords(source, pages = [source.page]) {
  const headings = source.heading_path.filter((heading) => heading !== source.title);
  const shown = [...new Set(pages.filter((page) => page !== null))].sort((one, other) => one - other);
  const words = shown.length === 0 ? [] : [shown.length === 1 ? t("answer.page", { page: shown[0] }) : t("answer.pages", { pages: shown.join(", ") })];
  return [...headings, ...words].join(" · ");
}

/** Returns the words as nodes; dates in them, which have hyphens, do not break. */
function unbroken(words) {
  return wholeStretches(words).map(({ from, to, isWhole }) => {
    const part = words.slice(from, to);
    return isWhole ? element("span", { className: "whole" }, part) : part;
  });
}

/**
 * Returns a list of sources to click, with the pages of their citations. With `snippets` each shows its first words;
 * sources that look alike show the words that are cited.
 */
export function sourceList({ label, sources, snippets, citations = [], onOpen }) {
  const shown = sources.map((source) => {
    const cited = citations.filter((citation) => citation.number === source.number);
    const place = cited.length > 0 ? placeWords(source, cited.map(({ page }) => page)) : placeWords(source);
    return { source, place, words: cited[0]?.quote ?? source.text, looks: `${source.title} ${source.name} ${place}` };
  });
  const items = shown.map(({ source, place, words, looks }) => {
    const isAlike = shown.filter((other) => other.looks === looks).length > 1;
    const file = source.title && source.title !== source.name ? source.name : "";
    const button = element(
      "button",
      { type: "button", className: "source" },
      element("span", { className: "source-number", "aria-hidden": "true" }, String(source.number)),
      element(
        "span",
        { className: "source-words" },
        element("span", { className: "source-name" }, source.title || source.name),
        ...[file, place].filter(Boolean).flatMap((each) => [" ", element("span", { className: "source-place" }, ...unbroken(each))]),
        source.added_on && element("span", { className: "source-place whole", title: t("answer.added_means") }, " ", t("answer.added", { day: source.added_on })),
        (snippets || isAlike) && element("span", { className: "source-snippet" }, shorten(snippets ? source.text : words, snippets ? 180 : 90)),
      ),
    );
    button.addEventListener("click", () => onOpen(source, button));
    return element("li", {}, button);
  });
  return element(
    "div",
    { className: "sources", role: "group", "aria-label": label },
    element("h3", { className: "small-heading" }, label),
    element("ul", {}, ...items),
  );
}

const NEAREST_SHOWN = 3;

/** Returns why there is no answer, what would help, and the nearest passages. */
export function abstentionNotice({ abstention, sources, onOpen }) {
  const { title, advice } = abstentionWords(abstention);
  return element(
    "div",
    { className: "abstention" },
    element("p", { className: "notice-title", dir: "auto" }, title),
    advice && element("p", { dir: "auto" }, advice),
    sources.length > 0 && sourceList({ label: t("answer.nearest"), sources: sources.slice(0, NEAREST_SHOWN), snippets: true, onOpen }),
  );
}

/** Returns what went wrong, with advice; `stopped` is caused by the reader and looks calmer. */
export function problemNotice({ title, error = null, stopped = false, onRetry }) {
  const [words, details] = error ? failureNodes(error) : [];
  return element(
    "div",
    { className: stopped ? "notice stopped" : "notice problem", role: stopped ? "status" : "alert" },
    element("p", { className: "notice-title" }, title),
    words && element("p", {}, words),
    details,
    onRetry && element("button", { type: "button", className: "button", click: onRetry }, icon("retry"), t("common.ask_again")),
  );
}

/** Returns the names of parts that did less than configured; null if there are none. */
export function degradedNotice(receipt) {
  if (receipt.degraded.length === 0) return null;
  const lines = receipt.degraded.map(({ stage, reason }) => element("li", {}, degradedWords(stage, receipt), technicalDetails(`${stage}: ${reason}`)));
  return element(
    "div",
    { className: "notice degraded" },
    element("p", { className: "notice-title" }, t("answer.degraded")),
    element("ul", {}, ...lines),
  );
}

function degradedWords(stage, { usage }) {
  if (stage === "generate" && usage?.truncated) return t("answer.degraded_cut");
  return hasWords(`answer.degraded_${stage}`) ? t(`answer.degraded_${stage}`) : t("answer.degraded_other");
}

/** Returns what verification changed or could not confirm; null if every sentence has its source. */
export function verificationNotice({ verification }) {
  const { unsupported, dropped, retried } = verification;
  const lines = [
    unsupported > 0 && t("answer.checked_unsupported", { count: unsupported }),
    dropped > 0 && t("answer.checked_dropped", { count: dropped }),
    retried > 0 && t("answer.checked_retried"),
  ].filter(Boolean);
  if (lines.length === 0) return null;
  return element(
    "div",
    { className: "notice checked" },
    element("p", { className: "notice-title" }, t("answer.checked")),
    element("ul", {}, ...lines.map((line) => element("li", {}, line))),
  );
}

/** Returns the receipt, collapsed: time by stage, tokens, and the models used. */
export function receiptDetails({ receipt, question }) {
  const facts = element("dl", { className: "receipt-facts" });
  for (const [term, value] of receiptFacts(receipt, question)) {
    if (value) facts.append(element("dt", {}, term), element("dd", {}, value));
  }
  return element(
    "details",
    { className: "receipt" },
    element("summary", {}, t("answer.how"), element("span", { className: "receipt-time" }, time(receipt.total_milliseconds))),
    stageBars(receipt.stages),
    facts,
  );
}

function receiptFacts(receipt, question) {
  const before = receipt.context_tokens_before;
  const after = receipt.context_tokens_after;
  const first = receipt.first_token_milliseconds;
  return [
    [t("receipt.searched"), receipt.search_query === question ? "" : receipt.search_query],
    [t("receipt.context"), before > 0 ? t("receipt.context_tokens", { before, count: after, share: percent(after / before) }) : ""],
    [t("receipt.first_word"), first === null || first === undefined ? "" : time(first)],
    [t("receipt.generator"), receipt.cached ? t("receipt.cached", { generator: receipt.generator }) : receipt.generator],
    [t("receipt.tokens"), receipt.usage ? usageWords(receipt.usage) : ""],
    [t("receipt.prompt"), receipt.prompt],
    [t("receipt.encoder"), receipt.encoder],
    [t("receipt.reranker"), receipt.reranker],
    [t("receipt.index"), receipt.index],
    [t("receipt.masked"), maskedCount(receipt)],
    [t("receipt.request"), receipt.request_id],
  ];
}

/** Returns how many places of the answer are masked, as text; empty for none, and in answers that were kept before. */
function maskedCount({ personal_data: kinds = [] }) {
  const count = kinds.filter((kind) => kind.masked).reduce((sum, kind) => sum + kind.count, 0);
  return count > 0 ? String(count) : "";
}

function usageWords(usage) {
  const counts = { read: usage.prompt_tokens, written: usage.completion_tokens };
  return usage.truncated ? t("receipt.tokens_cut", counts) : t("receipt.tokens_used", counts);
}

function stageBars(stages) {
  const longest = Math.max(...stages.map((stage) => stage.milliseconds), 1);
  const rows = stages.map((stage) => {
    const bar = element("span", { className: "stage-bar" });
    // The content security policy allows styles that are set here, but no style attributes.
    bar.style.setProperty("--share", String(stage.milliseconds / longest));
    return element(
      "li",
      {},
      element("span", { className: "stage-name" }, hasWords(`stage.${stage.stage}`) ? t(`stage.${stage.stage}`) : stage.stage),
      element("span", { className: "stage-track", "aria-hidden": "true" }, bar),
      element("span", { className: "stage-time" }, time(stage.milliseconds)),
      element("span", { className: "stage-counts" }, `${number(stage.count_in)} → ${number(stage.count_out)}`),
    );
  });
  return element("ol", { className: "stages", "aria-label": t("receipt.stages") }, ...rows);
}

function time(milliseconds) {
  const rounded = (value, digits) => number(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return milliseconds >= 1000 ? `${rounded(milliseconds / 1000, 1)} s` : `${rounded(milliseconds, milliseconds < 10 ? 1 : 0)} ms`;
}
