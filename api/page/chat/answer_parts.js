// The parts below an answer: sources, the reason of an abstention, an error, and the receipt.

import { wholeStretches } from "/page/answers/whole_words.js";
import { element, icon, plural, shorten } from "/page/shared/dom.js";

/** Returns the place of a source in one line: headings and pages, by default the page on which it begins. */
export function placeWords(source, pages = [source.page]) {
  const headings = source.heading_path.filter((heading) => heading !== source.title);
  const shown = [...new Set(pages.filter((page) => page !== null))].sort((one, other) => one - other);
  const words = shown.length === 0 ? [] : [`${shown.length === 1 ? "page" : "pages"} ${shown.join(", ")}`];
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
        source.added_on && element("span", { className: "source-place whole", title: "The day on which this document was last added here, not its own date" }, ` added ${source.added_on}`),
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
  const { title, advice } = abstention.title ? abstention : { title: abstention.message, advice: "" };
  return element(
    "div",
    { className: "abstention" },
    element("p", { className: "notice-title", dir: "auto" }, title),
    advice && element("p", { dir: "auto" }, advice),
    sources.length > 0 && sourceList({ label: "Nearest passages", sources: sources.slice(0, NEAREST_SHOWN), snippets: true, onOpen }),
  );
}

/** Returns an error message with advice; `stopped` is caused by the reader and looks calmer. */
export function problemNotice({ title, detail, stopped = false, onRetry }) {
  return element(
    "div",
    { className: stopped ? "notice stopped" : "notice problem", role: stopped ? "status" : "alert" },
    element("p", { className: "notice-title" }, title),
    detail && element("p", {}, detail),
    onRetry && element("button", { type: "button", className: "button", click: onRetry }, icon("retry"), "Ask again"),
  );
}

/** Returns the names of parts that did less than configured; null if there are none. */
export function degradedNotice(receipt) {
  if (receipt.degraded.length === 0) return null;
  const lines = receipt.degraded.map(({ stage, reason }) => element("li", {}, element("strong", {}, stage), ` ${reason}`));
  return element(
    "div",
    { className: "notice degraded" },
    element("p", { className: "notice-title" }, "Answered with less than usual"),
    element("ul", {}, ...lines),
  );
}

/** Returns what verification changed or could not confirm; null if every sentence has its source. */
export function verificationNotice({ verification }) {
  const { unsupported, dropped, retried } = verification;
  const lines = [
    unsupported > 0 && `${plural(unsupported, "sentence")} without a source: marked where ${unsupported === 1 ? "it stands" : "they stand"}.`,
    dropped > 0 && `${plural(dropped, "sentence")} left out, because no passage supports ${dropped === 1 ? "it" : "them"}.`,
    retried > 0 && "Written anew, because no passage supported a sentence of the first answer.",
  ].filter(Boolean);
  if (lines.length === 0) return null;
  return element(
    "div",
    { className: "notice checked" },
    element("p", { className: "notice-title" }, "Checked against the passages"),
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
    element("summary", {}, "How this was answered", element("span", { className: "receipt-time" }, time(receipt.total_milliseconds))),
    stageBars(receipt.stages),
    facts,
  );
}

function receiptFacts(receipt, question) {
  const before = receipt.context_tokens_before;
  const after = receipt.context_tokens_after;
  const kept = before > 0 ? ` (${Math.round((100 * after) / before)} % kept)` : "";
  const first = receipt.first_token_milliseconds;
  return [
    ["Searched for", receipt.search_query === question ? "" : receipt.search_query],
    ["Context", before > 0 ? `${before.toLocaleString()} → ${plural(after, "token")}${kept}` : ""],
    ["First word after", first === null || first === undefined ? "" : time(first)],
    ["Generator", receipt.cached ? `${receipt.generator}, when this was asked before` : receipt.generator],
    ["Model tokens", receipt.usage ? usageWords(receipt.usage) : ""],
    ["Prompt", receipt.prompt],
    ["Encoder", receipt.encoder],
    ["Reranker", receipt.reranker],
    ["Index", receipt.index],
    ["Request", receipt.request_id],
  ];
}

function usageWords(usage) {
  const counts = `${usage.prompt_tokens.toLocaleString()} read, ${usage.completion_tokens.toLocaleString()} written`;
  return usage.truncated ? `${counts}; the answer reached its length limit` : counts;
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
      element("span", { className: "stage-name" }, stage.stage.replaceAll("_", " ")),
      element("span", { className: "stage-track", "aria-hidden": "true" }, bar),
      element("span", { className: "stage-time" }, time(stage.milliseconds)),
      element("span", { className: "stage-counts" }, `${stage.count_in.toLocaleString()} → ${stage.count_out.toLocaleString()}`),
    );
  });
  return element("ol", { className: "stages", "aria-label": "Time by stage, and items in and out" }, ...rows);
}

function time(milliseconds) {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}
