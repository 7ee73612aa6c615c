// The passages that a document was divided into, in their order, and a test: what a search for a question makes of them.

import { explainSearch, listPassages } from "/page/documents/calls.js";
import { VirtualList } from "/page/documents/virtual_list.js";
import { announce, element } from "/page/shared/dom.js";
import { failureNodes } from "/page/shared/problems.js";
import { number, t } from "/page/shared/words.js";

const ROW_PIXELS = 96;

export class Passages {
  #document = null;
  #passages = [];
  #tested = null;
  #loads = 0;
  #chosen = null;

  /** `onOpen({start, end})` shows a passage in the document. */
  constructor({ node, onOpen }) {
    this.onOpen = onOpen;
    this.question = element("input", { type: "search", className: "search-box", placeholder: t("passages.type"), "aria-label": t("passages.question"), maxLength: 2000, dir: "auto" });
    this.back = element("button", { type: "button", className: "quiet-button", hidden: true, click: () => this.#showAll() }, t("passages.show_all"));
    this.note = element("p", { className: "passages-note", role: "status" });
    const form = element(
      "form",
      { className: "passages-test", role: "search", "aria-label": t("passages.test_form"), submit: (event) => this.#test(event) },
      this.question,
      element("button", { type: "submit", className: "button" }, t("passages.test")),
    );
    const list = element("ol", { className: "passages", "aria-label": t("document.passages") });
    node.classList.add("has-list");
    node.append(form, this.note, this.back, element("div", { className: "passages-scroller" }, list));
    this.rows = new VirtualList({ list, rowHeight: ROW_PIXELS, nodeOf: (passage) => this.#row(passage) });
    list.addEventListener("keydown", (event) => this.#key(event));
  }

  async load(found) {
    this.#document = found;
    this.#loads += 1;
    const load = this.#loads;
    const all = [];
    let cursor = null;
    try {
      do {
        const page = await listPassages(found.id, cursor);
        if (load !== this.#loads) return;
        all.push(...page.passages);
        cursor = page.next_cursor;
      } while (cursor);
    } catch (error) {
      this.note.replaceChildren(...failureNodes(error));
    }
    this.#passages = all;
    this.#showAll();
  }

  #showAll() {
    const { length } = this.#passages;
    this.#tested = null;
    this.back.hidden = true;
    this.note.textContent = t("passages.count", { count: length });
    this.rows.show(this.#passages);
  }

  async #test(event) {
    event.preventDefault();
    const query = this.question.value.trim();
    if (query === "") return;
    this.note.textContent = t("passages.searching");
    try {
      const answer = await explainSearch({ query, collection: this.#document.collection, documentId: this.#document.id });
      this.#tested = answer;
      const { passages, cuts } = answer;
      const count = passages.filter(({ rank }) => rank !== null).length;
      const words = count === 0 ? t("passages.found_none") : t("passages.found_some", { count });
      this.note.textContent = [words, t("passages.cuts", { count: passages.length, candidates: cuts.candidates, reranked: cuts.reranked, limit: cuts.limit })].join(" ");
      announce(words);
      this.back.hidden = false;
      this.rows.show(passages);
      this.rows.scroller.scrollTop = 0;
    } catch (error) {
      this.note.replaceChildren(...failureNodes(error));
    }
  }

  #row(passage) {
    const { ordinal, page, heading_path: path, text } = passage;
    const place = [t("passages.number", { number: ordinal + 1 }), page !== null && t("answer.page", { page }), path.at(-1)].filter(Boolean).join(" · ");
    const button = element(
      "button",
      { type: "button", className: "passage-open", click: () => this.#open(passage) },
      element("span", { className: "passage-place", dir: "auto" }, place),
      element("span", { className: "passage-text", dir: "auto" }, text),
    );
    if (passage === this.#chosen) button.setAttribute("aria-current", "true");
    return element("li", { className: "passage-row" }, button, this.#tested && verdict(passage, this.#tested.cuts), this.#tested && this.#neighbours(passage));
  }

  /** Leads from a tested passage to the ones before and after it. */
  #neighbours({ ordinal }) {
    const to = (at, label) => this.#passages[at] && element("button", { type: "button", className: "quiet-button", click: () => this.#open(this.#passages[at]) }, label);
    return element("div", { className: "passage-neighbours" }, to(ordinal - 1, t("passages.before")), to(ordinal + 1, t("passages.after")));
  }

  #open(passage) {
    this.#chosen = passage;
    for (const button of this.rows.list.querySelectorAll("[aria-current]")) button.removeAttribute("aria-current");
    const at = this.rows.placeOf(passage);
    if (at >= 0) this.rows.reveal(at).querySelector(".passage-open").setAttribute("aria-current", "true");
    announce(t("passages.shown", { number: passage.ordinal + 1 }));
    return this.onOpen(passage);
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = event.target.closest(".passage-row");
    if (step === undefined || row === null) return;
    event.preventDefault();
    const at = Number(row.getAttribute("aria-posinset")) - 1 + step;
    this.rows.reveal(at)?.querySelector(".passage-open").focus({ preventScroll: true });
  }
}

/** Returns whether a search finds a passage, where each step of it places the passage, and why. */
function verdict({ rank, cut, dense, bm25, fused, rerank }, cuts) {
  const isFound = rank !== null;
  const chip = element("span", { className: "chip" }, isFound ? t("passages.found_at", { rank }) : t("passages.not_found"));
  const steps = [[t("passages.step_dense"), dense], [t("passages.step_bm25"), bm25], [t("passages.step_fused"), fused], [t("passages.step_rerank"), rerank]];
  const node = element(
    "div",
    { className: "passage-verdict" },
    element("p", { className: "passage-reason" }, chip, " ", cut === null ? "" : t(`passages.why.${cut}`, { ...cuts })),
    element("dl", { className: "passage-steps" }, ...steps.flatMap(([name, step]) => [element("div", {}, element("dt", {}, name), element("dd", {}, stepWords(step)))])),
  );
  node.dataset.found = String(isFound);
  return node;
}

function stepWords(step) {
  if (step === null || step === undefined) return "–";
  return `${step.rank}. (${number(step.score, { maximumFractionDigits: 3 })})`;
}
