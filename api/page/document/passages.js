// The passages that a document was divided into, in their order, and a test: what a search for a question makes of them.

import { explainSearch, listPassages } from "/page/documents/calls.js";
import { VirtualList } from "/page/documents/virtual_list.js";
import { announce, element } from "/page/shared/dom.js";

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
    this.question = element("input", { type: "search", className: "search-box", placeholder: "Type a question", "aria-label": "Question to test", maxLength: 2000, dir: "auto" });
    this.back = element("button", { type: "button", className: "quiet-button", hidden: true, click: () => this.#showAll() }, "Show all passages");
    this.note = element("p", { className: "passages-note", role: "status" });
    const form = element(
      "form",
      { className: "passages-test", role: "search", "aria-label": "Test what a question finds", submit: (event) => this.#test(event) },
      this.question,
      element("button", { type: "submit", className: "button" }, "Test"),
    );
    const list = element("ol", { className: "passages", "aria-label": "Passages" });
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
      this.note.textContent = error.detail ?? String(error);
    }
    this.#passages = all;
    this.#showAll();
  }

  #showAll() {
    const { length } = this.#passages;
    this.#tested = null;
    this.back.hidden = true;
    this.note.textContent = length === 1 ? "1 passage. A search finds passages; type a question to see what it makes of them." : `${length.toLocaleString()} passages. A search finds passages; type a question to see what it makes of them.`;
    this.rows.show(this.#passages);
  }

  async #test(event) {
    event.preventDefault();
    const query = this.question.value.trim();
    if (query === "") return;
    this.note.textContent = "Searching…";
    try {
      const answer = await explainSearch({ query, collection: this.#document.collection, documentId: this.#document.id });
      this.#tested = answer;
      const { passages, cuts } = answer;
      const count = passages.filter(({ rank }) => rank !== null).length;
      const words = count === 0 ? "None of its passages is among those that an answer would be written from." : count === 1 ? "1 of its passages is among those that an answer would be written from." : `${count} of its passages are among those that an answer would be written from.`;
      this.note.textContent = `${words} The best ${passages.length} are below. The search looks at ${cuts.candidates} candidates, reranks ${cuts.reranked} and keeps ${cuts.limit}.`;
      announce(words);
      this.back.hidden = false;
      this.rows.show(passages);
      this.rows.scroller.scrollTop = 0;
    } catch (error) {
      this.note.textContent = error.detail ?? String(error);
    }
  }

  #row(passage) {
    const { ordinal, page, heading_path: path, text } = passage;
    const place = [`Passage ${ordinal + 1}`, page !== null && `page ${page}`, path.at(-1)].filter(Boolean).join(" · ");
    const button = element(
      "button",
      { type: "button", className: "passage-open", click: () => this.#open(passage) },
      element("span", { className: "passage-place", dir: "auto" }, place),
      element("span", { className: "passage-text", dir: "auto" }, text),
    );
    if (passage === this.#chosen) button.setAttribute("aria-current", "true");
    return element("li", { className: "passage-row" }, button, this.#tested && verdict(passage), this.#tested && this.#neighbours(passage));
  }

  /** Leads from a tested passage to the ones before and after it. */
  #neighbours({ ordinal }) {
    const to = (at, label) => this.#passages[at] && element("button", { type: "button", className: "quiet-button", click: () => this.#open(this.#passages[at]) }, label);
    return element("div", { className: "passage-neighbours" }, to(ordinal - 1, "The passage before"), to(ordinal + 1, "The passage after"));
  }

  #open(passage) {
    this.#chosen = passage;
    for (const button of this.rows.list.querySelectorAll("[aria-current]")) button.removeAttribute("aria-current");
    const at = this.rows.placeOf(passage);
    if (at >= 0) this.rows.reveal(at).querySelector(".passage-open").setAttribute("aria-current", "true");
    announce(`Passage ${passage.ordinal + 1} is shown in the document.`);
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
function verdict({ rank, reason, dense, bm25, fused, rerank }) {
  const isFound = rank !== null;
  const chip = element("span", { className: "chip" }, isFound ? `Found, place ${rank}` : "Not found");
  const steps = [["By meaning", dense], ["By words", bm25], ["Both joined", fused], ["Reranked", rerank]];
  const node = element(
    "div",
    { className: "passage-verdict" },
    element("p", { className: "passage-reason" }, chip, " ", isFound ? "" : reason ?? ""),
    element("dl", { className: "passage-steps" }, ...steps.flatMap(([name, step]) => [element("div", {}, element("dt", {}, name), element("dd", {}, stepWords(step)))])),
  );
  node.dataset.found = String(isFound);
  return node;
}

function stepWords(step) {
  if (step === null || step === undefined) return "–";
  return `${step.rank}. (${step.score.toLocaleString(undefined, { maximumFractionDigits: 3 })})`;
}
