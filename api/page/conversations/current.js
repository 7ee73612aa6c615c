// The conversation that is open: kept by the service, named in the address, restored on reload, Back and Forward.

import { LEFT, askIn, kept, resume } from "/page/conversations/answers.js";
import { createConversation, getConversation } from "/page/conversations/calls.js";
import { ConversationList } from "/page/conversations/conversation_list.js";
import { atPlace } from "/page/proof/addresses.js";
import { ask } from "/page/shared/api.js";
import { announce, element } from "/page/shared/dom.js";
import { failureNodes } from "/page/shared/problems.js";
import { t } from "/page/shared/words.js";

const NAME = "conversation"; // in the address

export class CurrentConversation {
  #id = null;
  #opening = 0;
  #isKept = null; // a promise, as a question may come before it is known

  /**
   * `chat()` returns the page's chat, which asks by `ask` of this object; `useCollection(name)` chooses a collection;
   * `onOpen()` is called when the reader has chosen a conversation, `onOpened(turns)` when its turns come; `onKept(isKept)`
   * when it is known whether any are; `onShown()` when what the address names is shown, but for an answer that is still
   * being written.
   */
  constructor({ node, chat, useCollection, onOpen, onKept, onOpened, onShown }) {
    this.chat = chat;
    this.useCollection = useCollection;
    this.onOpen = onOpen;
    this.onKept = onKept;
    this.onOpened = onOpened;
    this.onShown = onShown;
    this.list = new ConversationList({
      node,
      onOpen: (id) => this.#choose(id),
      onChange: ({ id }) => id === this.#id && this.#showTitle(),
      onDelete: (id) => id === this.#id && this.begin(),
    });
    window.addEventListener("popstate", () => this.#follow());
  }

  /** Reads the list, and opens the conversation that the address names. */
  async start() {
    const isKept = await this.#whetherKept();
    this.onKept(isKept);
    if (!isKept) this.onShown();
    else if (this.#opening === 0) await this.#follow();
  }

  /** Leaves the open conversation for a new one, which the first question creates. */
  begin() {
    this.#leave(null);
    this.#setAddress(null);
  }

  /** Asks as `ask` of the API does, within this conversation where conversations are kept. */
  async *ask(request) {
    if (!(await this.#whetherKept())) {
      yield* ask(request);
      return;
    }
    const opening = this.#opening;
    try {
      if (this.#id === null) await this.#create(request.collection, opening);
      yield* this.#refreshing(askIn({ ...request, conversationId: this.#id }));
    } catch (error) {
      // Another page, or the delete of its last document, has deleted it.
      if (error.code !== "unknown_conversation" || opening !== this.#opening) throw error;
      await this.#create(request.collection, opening);
      yield* this.#refreshing(askIn({ ...request, conversationId: this.#id }));
    }
  }

  #whetherKept() {
    this.#isKept ??= this.list.refresh().then((days) => days !== 0);
    return this.#isKept;
  }

  async #create(collection, opening) {
    const { id } = await createConversation(collection);
    if (opening !== this.#opening) throw LEFT;
    this.#id = id;
    this.#setAddress(id);
  }

  /** Passes events on; the list shows the conversation from its first answer's first event on. */
  async *#refreshing(events) {
    let isFirst = true;
    try {
      for await (const event of events) {
        if (isFirst) this.#refresh();
        isFirst = false;
        yield event;
      }
    } finally {
      this.#refresh();
    }
  }

  async #refresh() {
    await this.list.refresh();
    this.list.choose(this.#id);
    this.#showTitle();
  }

  #choose(id) {
    if (id !== this.#id) {
      this.#setAddress(id);
      this.#open(id);
    }
    this.onOpen();
  }

  async #follow() {
    const id = new URLSearchParams(location.search).get(NAME);
    if (id !== null && id !== this.#id) {
      await this.#open(id);
      return;
    }
    if (id !== this.#id) this.#leave(null);
    this.onShown();
  }

  #leave(id) {
    this.#opening += 1;
    this.#id = id;
    this.chat().clear();
    this.list.choose(id);
    this.#showTitle();
  }

  async #open(id) {
    this.#leave(id);
    const opening = this.#opening;
    const { log, scroller } = this.chat();
    log.setAttribute("aria-busy", "true"); // a screen reader need not read a whole conversation again
    try {
      const { title, turns } = await getConversation(id);
      if (opening !== this.#opening) return;
      this.#showTitle(title);
      announce(t("conversations.is_open", { title }));
      await restore({ chat: this.chat(), conversationId: id, turns, isOpen: () => opening === this.#opening, useCollection: this.useCollection, onShown: this.onShown });
      if (opening === this.#opening) this.onOpened(turns);
      if (turns.at(-1)?.state === "running") await this.#refresh();
    } catch (error) {
      if (opening !== this.#opening) return;
      this.#id = null;
      this.#setAddress(null, { replace: true });
      this.list.choose(null);
      log.replaceChildren(gone(error));
      this.chat().onTurns(1);
      scroller.scrollTop = 0;
    } finally {
      log.removeAttribute("aria-busy");
    }
  }

  #setAddress(id, { replace = false } = {}) {
    const address = atPlace(location.href, null);
    if (id === null) address.searchParams.delete(NAME);
    else address.searchParams.set(NAME, id);
    if (address.href === location.href) return;
    // What was open beside it has a step of its own, which the conversation takes.
    if (replace || history.state?.panel) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
  }

  #showTitle(title = this.#id === null ? "" : this.list.titleOf(this.#id)) {
    document.title = title ? `${title} · Citewell` : "Citewell";
  }
}

/** Shows kept turns in a chat, the last one as it goes on if it is still being written; `onShown` is called before that. */
export async function restore({ chat, conversationId = null, turns, isOpen, useCollection, onShown }) {
  for (const turn of turns) {
    if (!isOpen()) return;
    if (turn.collection !== chat.collection) useCollection(turn.collection);
    const isRunning = turn.state === "running" && conversationId !== null;
    const asked = { searchQuery: "", documentIds: [], fresh: false, filter: turn.filter ?? {} };
    const shown = chat.send(turn.question, { asked, events: ({ signal }) => (isRunning ? resume({ conversationId, turn, signal }) : kept(turn)) });
    chat.log.lastElementChild.scrollIntoView({ block: "start" });
    if (isRunning) onShown();
    await shown;
    if (isRunning) return;
  }
  if (isOpen()) onShown();
}

function gone(error) {
  const isUnknown = error.code === "unknown_conversation";
  return element(
    "div",
    { className: "notice", role: "status" },
    element("p", { className: "notice-title" }, isUnknown ? t("conversations.gone") : error.title ?? t("conversations.failed")),
    element("div", {}, ...(isUnknown ? [t("conversations.gone_why")] : failureNodes(error))),
  );
}
