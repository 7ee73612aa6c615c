// The list of conversations: pinned ones, those of today, and earlier ones; with a search in them.

import { changeConversation, deleteConversation, listConversations, shareConversation } from "/page/conversations/calls.js";
import { ConversationRow } from "/page/conversations/conversation_row.js";
import { announce, element } from "/page/shared/dom.js";
import { failureNodes } from "/page/shared/problems.js";
import { t } from "/page/shared/words.js";

const SEARCH_MILLISECONDS = 200;
const PINNED = t("conversations.pinned");
const TODAY = t("conversations.today");
const EARLIER = t("conversations.earlier");

export class ConversationList {
  #rows = new Map();
  #shown = [];
  #cursor = null;
  #latest = 0;
  #timer = 0;

  /** `onOpen(id)` is called when one is chosen, `onChange(conversation)` and `onDelete(id)` when one was changed or deleted. */
  constructor({ node, onOpen, onChange, onDelete }) {
    this.onOpen = onOpen;
    this.onChange = onChange;
    this.onDelete = onDelete;
    this.current = null;
    this.search = element("input", { type: "search", placeholder: t("conversations.search"), "aria-label": t("conversations.search"), maxLength: 200, input: () => this.#searchSoon() });
    this.groups = element("div", { className: "conversation-groups" });
    this.note = element("p", { className: "conversation-note", hidden: true });
    this.older = element("button", { type: "button", className: "quiet-button", hidden: true, click: () => this.#load({ isMore: true }) }, t("conversations.show_more"));
    node.append(element("div", { className: "field" }, this.search), element("div", { className: "conversation-scroller" }, this.note, this.groups, this.older));
  }

  /** Reads the list again. Returns the days for which conversations are kept, 0 where they are not. */
  async refresh() {
    return this.#load({ isMore: false });
  }

  /** Marks the conversation that is open; null for none. */
  choose(id) {
    this.current = id;
    this.#render();
  }

  /** Returns the title of a listed conversation, or an empty text. */
  titleOf(id) {
    return this.#shown.find((each) => each.id === id)?.title ?? "";
  }

  #searchSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      await this.refresh();
      if (this.search.value.trim() !== "") announce(t("conversations.found", { count: this.#shown.length }));
    }, SEARCH_MILLISECONDS);
  }

  async #load({ isMore }) {
    const turn = ++this.#latest; // the latest search counts, whichever reply comes last
    try {
      const { conversations, keep_days: days, next_cursor: next } = await listConversations({ search: this.search.value.trim(), cursor: isMore ? this.#cursor : null });
      if (turn !== this.#latest) return days;
      this.#cursor = next;
      this.#shown = isMore ? [...this.#shown, ...conversations] : conversations;
      this.note.textContent = this.search.value.trim() === "" ? t("conversations.empty") : t("conversations.none_found");
      this.note.hidden = this.#shown.length > 0;
      this.#render();
      return days;
    } catch (error) {
      if (error.status === 404) return 0;
      if (turn === this.#latest) {
        this.note.replaceChildren(...failureNodes(error));
        this.note.hidden = false;
      }
      return null;
    }
  }

  #render() {
    const focused = document.activeElement;
    this.older.hidden = this.#cursor === null;
    const groups = new Map([PINNED, TODAY, EARLIER].map((name) => [name, []]));
    for (const each of this.#shown) groups.get(groupOf(each)).push(this.#row(each).node);
    this.groups.replaceChildren(...[...groups].filter(([, nodes]) => nodes.length > 0).map(([name, nodes]) => group(name, nodes)));
    if (focused !== document.activeElement && focused?.isConnected) focused.focus(); // moving a row takes the focus from it
    const known = new Set(this.#shown.map(({ id }) => id));
    for (const id of this.#rows.keys()) if (!known.has(id)) this.#rows.delete(id);
  }

  #row(conversation) {
    const { id } = conversation;
    if (!this.#rows.has(id)) {
      this.#rows.set(id, new ConversationRow({
        onOpen: this.onOpen,
        onChange: async (of, change) => this.#replace(await changeConversation(of, change)),
        onShare: async (of, shared) => this.#replace(await shareConversation(of, shared)),
        onDelete: (of) => this.#delete(of),
      }));
    }
    const row = this.#rows.get(id);
    row.show(conversation, { isCurrent: id === this.current });
    return row;
  }

  #replace(changed) {
    const others = this.#shown.filter(({ id }) => id !== changed.id);
    const order = (one, other) => other.pinned - one.pinned || Date.parse(other.updated_at) - Date.parse(one.updated_at);
    this.#shown = [...others, changed].sort(order);
    this.#render();
    this.onChange(changed);
  }

  async #delete(id) {
    try {
      await deleteConversation(id);
    } catch (error) {
      if (error.status !== 404) throw error;
    }
    const title = this.titleOf(id);
    this.#shown = this.#shown.filter((each) => each.id !== id);
    this.#render();
    this.note.hidden = this.#shown.length > 0;
    this.search.focus(); // else the keyboard's focus would go to the top of the page
    announce(t("conversations.deleted", { title }));
    this.onDelete(id);
  }
}

function groupOf({ pinned, updated_at: updated }) {
  if (pinned) return PINNED;
  return new Date(updated).toDateString() === new Date().toDateString() ? TODAY : EARLIER;
}

function group(name, nodes) {
  return element("section", { "aria-label": name }, element("h2", { className: "small-heading" }, name), element("ul", {}, ...nodes));
}
