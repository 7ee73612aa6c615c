// A permanent address: one sentence of an answer, and each place that it rests on, in its document.

import { getProof } from "/page/shared/api.js";
import { byId, element, icon } from "/page/shared/dom.js";
import { DocumentPane } from "/page/proof/document_pane.js";
import { OriginalLinks } from "/page/proof/original_links.js";
import { withFacts } from "/page/proof/facts.js";
import { failureNodes } from "/page/shared/problems.js";
import { date, pieces, t } from "/page/shared/words.js";

const [, , answer, sentence] = location.pathname.split("/").map(decodeURIComponent);
const main = byId("proof");
const TITLES = { answer_removed: t("proof.removed"), unknown_answer: t("proof.no_answer"), unknown_sentence: t("proof.no_sentence") };

async function start() {
  try {
    const proof = await getProof({ answer, sentence });
    document.title = t("proof.title", { text: proof.text.slice(0, 60) });
    showSentences(proof);
    main.replaceChildren(...claim(proof), ...(await cards(proof)));
    pointOut(Number(new URLSearchParams(location.search).get("citation")));
  } catch (error) {
    main.replaceChildren(...failure(error));
  }
  main.removeAttribute("aria-busy");
}

/** Returns the question and the sentence. */
function claim(proof) {
  const words = element("p", { className: "proof-sentence", dir: "auto" }, ...withFacts(proof));
  const time = element("time", { dateTime: proof.asked_at }, date(proof.asked_at, { dateStyle: "long", timeStyle: "short" }));
  const nothing = proof.supported ? t("proof.about") : t("proof.unsupported");
  return [
    element("p", { className: "proof-asked" }, ...pieces("proof.asked", { time, collection: proof.collection })),
    element("h1", { className: "proof-question", dir: "auto" }, proof.question),
    words,
    proof.citations.length === 0 && element("p", { className: "proof-note", role: "note" }, nothing),
    proof.citations.length > 0 && element("h2", { className: "proof-rests" }, t("proof.rests", { count: proof.citations.length })),
  ].filter(Boolean);
}

/** Returns a card for each citation; their documents are fetched one after the other, in the order of reading. */
async function cards(proof) {
  return proof.citations.map((citation, at) => {
    const original = new OriginalLinks();
    const pane = new DocumentPane({ onPlace: (place) => original.show(place) });
    const heading = `proof-title-${at}`;
    const node = element(
      "article",
      { className: "proof-card", id: `citation-${at + 1}`, tabIndex: -1, "aria-labelledby": heading },
      element(
        "header",
        { className: "proof-card-head" },
        element("span", { className: "proof-number", "aria-hidden": "true" }, String(at + 1)),
        element(
          "div",
          { className: "proof-card-words" },
          element("h3", { id: heading, className: "proof-title", dir: "auto" }, citation.title),
          element("p", { className: "proof-place", dir: "auto" }, placeWords(citation)),
        ),
        ...original.nodes,
      ),
      !citation.is_active && element("p", { className: "proof-note", role: "note" }, outdated(citation)),
      pane.node,
    );
    node.addEventListener("keydown", (event) => {
      if (!event.altKey && !event.ctrlKey && !event.metaKey && pane.key(event)) event.preventDefault();
    });
    requestAnimationFrame(() => pane.show({ ...citation, source: null, sentence: proof })); // once it has its width
    return node;
  });
}

function placeWords({ name, title, page, version_number: version }) {
  return [name !== title && name, page !== null && t("answer.page", { page }), t("proof.version", { number: version })].filter(Boolean).join(" · ");
}

function outdated({ version_number: version }) {
  return t("proof.outdated", { number: version });
}

/** Shows links to the sentences before and after. */
function showSentences({ sentence: number, sentence_count: count }) {
  const nav = byId("sentences");
  const to = (other, name, label) =>
    other >= 1 && other <= count
      ? element("a", { className: "icon-button", href: `/proof/${encodeURIComponent(answer)}/${other}`, "aria-label": label, title: label }, icon(name))
      : element("span", { className: "icon-button", "aria-hidden": "true" });
  nav.hidden = count < 2;
  nav.replaceChildren(to(number - 1, "previous", t("proof.before")), t("proof.sentence", { number, count }), to(number + 1, "next", t("proof.after")));
}

/** Brings the citation that the address names into view. */
function pointOut(number) {
  const card = byId(`citation-${number}`);
  if (card === null) return;
  card.classList.add("pointed-out");
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "start" });
}

function failure(error) {
  document.title = t("proof.none_title");
  return [
    element("h1", { className: "proof-question" }, TITLES[error.code] ?? error.title ?? t("proof.failed")),
    element("div", { className: "proof-sentence-gone" }, ...missingWords(error)),
    element("p", {}, element("a", { className: "button proof-back", href: "/" }, t("proof.ask"))),
  ];
}

function missingWords(error) {
  return error.code === "unknown_answer" ? [t("proof.no_answer_why")] : failureNodes(error);
}

start();
