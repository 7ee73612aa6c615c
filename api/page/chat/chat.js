// The conversation: questions, answers as they are written, and the history for follow-up questions.

import { LEFT } from "/page/conversations/answers.js";
import { ask } from "/page/shared/api.js";
import { abstentionNotice, degradedNotice, problemNotice, receiptDetails, sourceList, verificationNotice } from "/page/chat/answer_parts.js";
import { answerTable } from "/page/chat/answer_table.js";
import { AnswerText } from "/page/chat/answer_text.js";
import { answerActions } from "/page/answers/answer_actions.js";
import { dayOf } from "/page/answers/answer_words.js";
import { askedWords } from "/page/documents/filter_words.js";
import { SearchAgain } from "/page/answers/search_again.js";
import { announce, element } from "/page/shared/dom.js";
import { feedbackBar } from "/page/chat/feedback.js";
import { placeAddress, proofAddress } from "/page/proof/addresses.js";
import { t } from "/page/shared/words.js";
import { computedCells } from "/page/proof/cells.js";

const MAX_HISTORY = 12;
const NEAR_BOTTOM_PIXELS = 120;
const UNCHANGED = { searchQuery: "", documentIds: [], fresh: false };

export class Chat {
  #history = [];
  #abort = null;
  #turns = new Map();

  /**
   * `panel` shows sources; `documents()` returns those that can be asked, `filter()` what questions are narrowed to; `onBusy(busy)` is called when an answer begins
   * and ends; `onTurns(count)` when the conversation grows or is cleared. `ask` yields the events of an answer. With
   * `isReadOnly` no more can be asked.
   */
  constructor({ log, scroller, panel, documents = () => [], filter = () => ({}), onBusy, onTurns, ask: asking = ask, isReadOnly = false }) {
    this.log = log;
    this.scroller = scroller;
    this.panel = panel;
    this.documents = documents;
    this.filter = filter;
    this.onBusy = onBusy;
    this.onTurns = onTurns;
    this.ask = asking;
    this.isReadOnly = isReadOnly;
    this.collection = "default";
  }

  get busy() {
    return this.#abort !== null;
  }

  /** Sends later questions to another collection, without the history about the old one. */
  use(collection) {
    if (collection === this.collection) return;
    this.stop();
    this.collection = collection;
    this.#history = [];
    if (this.log.childElementCount > 0) {
      this.log.append(element("p", { className: "divider" }, element("span", {}, t("chat.asking_in", { collection }))));
    }
  }

  /** Shows nothing. An answer of a conversation is written on, and can be read there. */
  clear() {
    this.#abort?.abort(LEFT);
    this.#history = [];
    this.#turns.clear();
    this.log.replaceChildren();
    this.panel.close();
    this.onTurns(0);
  }

  stop() {
    this.#abort?.abort();
  }

  /** Adds a turn and asks; `events` yields the events of an answer that was asked for before. */
  send(question, { events = null, asked = UNCHANGED, collection = this.collection } = {}) {
    const body = element("div", { className: "turn-body" });
    const search = new SearchAgain({
      question,
      documents: () => (collection === this.collection ? this.documents() : []),
      onSearch: this.isReadOnly ? null : (changed, isChanged) => this.#again({ question, article, body, search, collection }, { asked: { ...changed, fresh: true }, isChanged }),
    });
    const article = element(
      "article",
      { className: "turn", "aria-label": t("chat.turn") },
      element("h2", { className: "turn-question", dir: "auto" }, question),
      search.node,
      body,
    );
    this.log.append(article);
    this.onTurns(this.log.childElementCount);
    return this.#answer({ question, article, body, search, collection }, { events, asked });
  }

  /** Asks again: in place of the same answer or of none, below an answer with other words or documents. */
  #again(place, { asked, isChanged }) {
    const { question, article, collection } = place;
    if (isChanged && this.#turns.get(article).state === "done") return this.send(question, { asked, collection });
    return this.#answer(place, { asked });
  }

  async #answer(place, { asked = UNCHANGED, events = null } = {}) {
    const { question, article, body, collection } = place;
    this.stop();
    const abort = new AbortController();
    this.#abort = abort;
    this.onBusy(true);
    article.setAttribute("aria-busy", "true"); // a screen reader reads the whole answer, not each word
    const narrowed = asked.filter ?? this.filter();
    const turn = { ...place, asked, sources: [], written: [[]], answer: null, state: "failed", askedAt: new Date() };
    turn.names = this.documents().filter(({ id }) => asked.documentIds.includes(id)).map(({ name }) => name);
    turn.text = new AnswerText({ onCite: (at, opener, known) => this.#openCitation(turn, at, opener, known) });
    turn.waiting = element("p", { className: "waiting" }, t("chat.searching"));
    this.#turns.set(article, turn);
    body.replaceChildren(...narrowedNote(narrowed), turn.waiting, turn.text.node);
    if (this.log.lastElementChild === article) this.scroller.scrollTo({ top: this.scroller.scrollHeight });
    const retry = this.isReadOnly ? null : () => this.#answer(place, { asked: { ...asked, filter: narrowed } });
    try {
      const request = { question, replaces: article.dataset.request, collection, history: this.#historyOf(turn), ...asked, filter: narrowed, signal: abort.signal };
      for await (const { event, data } of (events ?? this.ask)(request)) this.#follow(() => this.#take(turn, event, data));
    } catch (error) {
      this.#follow(() => this.#fail(turn, error, retry));
    } finally {
      article.removeAttribute("aria-busy");
      turn.waiting.remove();
      // If another question has begun, the page stays busy.
      if (this.#abort === abort) {
        this.#abort = null;
        this.onBusy(false);
      }
    }
  }

  /** Returns what was said before a turn, oldest first: a question that is asked again does not follow its own answer. */
  #historyOf({ article, question, collection }) {
    if (collection !== this.collection) return [];
    const articles = [...this.#turns.keys()];
    const before = new Set(articles.slice(0, articles.indexOf(article)).filter((each) => this.#turns.get(each).question !== question));
    return this.#history.filter((said) => before.has(said.article)).map(({ role, content }) => ({ role, content })).slice(-MAX_HISTORY);
  }

  #take(turn, event, data) {
    if (event === "begun") {
      turn.article.dataset.request = data.request_id; // asked again, it takes this turn's place
      if (data.asked_at) turn.askedAt = new Date(data.asked_at);
    } else if (event === "sources") {
      turn.sources = data.sources;
      turn.waiting.textContent = t("chat.reading");
    } else if (event === "token") {
      turn.waiting.remove();
      turn.text.append(data.text);
    } else if (event === "sentence") {
      turn.text.place(data);
      turn.written[0].push(data);
    } else if (event === "done") {
      this.#finish(turn, data);
    }
  }

  #finish(turn, data) {
    const { answer, abstention, tables = [], receipt } = data;
    const changed = new Map(this.documents().map(({ id, updated_at: at }) => [id, at]));
    const sources = data.sources.map((source) => ({ ...source, added_on: dateOf(changed.get(source.document_id)) }));
    Object.assign(turn, { sources, state: "done", answer: { ...data, sources } });
    turn.written.push(data.sentences);
    turn.requestId = receipt.request_id;
    turn.search.show({ searchQuery: receipt.search_query, asked: turn.asked, names: turn.names });
    const openSource = (source, opener) => this.#openSource(turn, source, opener);
    if (abstention) {
      turn.text.node.remove();
      turn.body.append(abstentionNotice({ abstention, sources, onOpen: openSource }));
    } else {
      turn.text.settle(data);
      turn.body.append(...tables.map((table) => answerTable(table, (cell, opener) => this.#openCell(turn, cell, opener))));
      const citations = turn.text.cited.map(({ citation }) => citation);
      const shown = sources.filter((source) => citations.some((citation) => citation.number === source.number));
      if (shown.length > 0) turn.body.append(sourceList({ label: t("chat.sources"), sources: shown, snippets: false, citations, onOpen: openSource }));
    }
    turn.body.append(...[verificationNotice(receipt), degradedNotice(receipt)].filter(Boolean));
    const feedback = this.isReadOnly ? [] : [feedbackBar({ requestId: receipt.request_id })];
    turn.body.append(element("div", { className: "turn-foot" }, this.#actions(turn), ...feedback));
    turn.body.append(receiptDetails({ receipt, question: turn.question }));
    if (turn.collection !== this.collection) return;
    const said = [["user", turn.question], ["assistant", abstention ? abstention.message : answer]];
    const others = this.#history.filter(({ article }) => article !== turn.article);
    this.#history = [...others, ...said.map(([role, content]) => ({ article: turn.article, role, content }))];
  }

  #actions(turn) {
    return answerActions({
      article: turn.article,
      record: () => recordOf(turn),
      conversation: () => [...this.#turns.values()].map(recordOf),
      onAgain: this.isReadOnly ? null : (button) => turn.search.open(button),
    });
  }

  #fail(turn, error, onRetry) {
    turn.text.end();
    if (error.name === "AbortError") {
      turn.state = "stopped";
      turn.body.append(problemNotice({ title: t("common.stopped"), stopped: true, onRetry }));
      announce(t("common.stopped"));
      return;
    }
    turn.body.append(problemNotice({ title: error.title ?? t("chat.failed"), error, onRetry }));
  }

  /** Opens the cited words at a place in one version of a document; returns whether an answer cites just these, the last one. */
  openPlace({ document_id, version_id, start, end }) {
    for (const turn of [...this.#turns.values()].reverse()) {
      const at = turn.text.cited.findIndex(({ citation: each }) => each.document_id === document_id && each.version_id === version_id && each.start === start && each.end === end);
      if (at < 0) continue;
      const { chip } = turn.text.cited[at];
      chip.scrollIntoView({ block: "nearest" });
      this.#openCitation(turn, at, chip);
      return true;
    }
    return false;
  }

  /** Opens a citation. With `isComputed` the cells are pointed out from which its sentence was computed. */
  #openCitation(turn, at, opener, { isComputed = false } = {}) {
    const chosen = turn.text.cited[at].sentence;
    const cells = isComputed ? computedCells({ tables: turn.answer?.tables ?? [], citations: chosen.citations }) : null;
    const items = turn.text.cited.map(({ citation, chip, sentence }) => ({
      ...citation,
      chip,
      source: sourceOf(turn, citation),
      proof: proofAddress({ ...turn, citation }),
      sentence,
      cells: sentence === chosen && cells?.size > 0 ? cells : null,
    }));
    this.panel.open({ items, at, opener });
  }

  #openCell(turn, { number, start, end, text }, opener) {
    const source = sourceOf(turn, { number });
    const { document_id, version_id, page } = source;
    const item = { number, document_id, version_id, page, start, end, quote: text };
    const holds = (citation) => citation.number === number && citation.start <= start && citation.end >= end;
    const citation = turn.written.flat().flatMap(({ citations }) => citations).find(holds);
    const proof = citation ? proofAddress({ ...turn, citation }) : placeAddress(item);
    this.panel.open({ items: [{ ...item, chip: opener, source, proof }], at: 0, opener });
  }

  /** Opens a source at the first words cited from it, or at its passage if none were cited. */
  #openSource(turn, source, opener) {
    const at = turn.text.cited.findIndex(({ citation }) => citation.number === source.number);
    if (at >= 0) {
      this.#openCitation(turn, at, opener);
      return;
    }
    const items = turn.sources.map((each) => ({ ...each, quote: each.text, chip: null, source: each }));
    this.panel.open({ items, at: turn.sources.indexOf(source), opener });
  }

  /**
   * Makes a change and keeps the newest words in view, unless the reader has scrolled up; the question that they answer
   * stays in view, too, for an answer is read from its beginning.
   */
  #follow(change) {
    const { scroller } = this;
    const near = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_BOTTOM_PIXELS;
    change();
    if (!near) return;
    const last = this.log.lastElementChild?.getBoundingClientRect().top ?? 0;
    const question = scroller.scrollTop + last - scroller.getBoundingClientRect().top;
    scroller.scrollTop = Math.max(scroller.scrollTop, Math.min(scroller.scrollHeight, question));
  }
}

function sourceOf(turn, citation) {
  return turn.sources.find((source) => source.number === citation.number) ?? null;
}

/** Returns a turn as what is copied and exported of it. */
function recordOf({ question, askedAt, collection, names, text, answer, state }) {
  const searchQuery = answer?.receipt.search_query ?? "";
  return { question, askedAt, collection, searchQuery, documentNames: names, text: text.text, sentences: text.sentences, answer, state };
}

/** Says which documents a question is asked of, where it is not all of them. */
function narrowedNote(filter) {
  return Object.keys(filter).length === 0 ? [] : [element("p", { className: "narrowed", dir: "auto" }, askedWords(filter))];
}

function dateOf(time) {
  return time ? dayOf(new Date(time)) : "";
}
