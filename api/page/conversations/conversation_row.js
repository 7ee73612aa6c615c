// One conversation in the list: a link to it, and what can be done with it.

import { Confirmation } from "/page/shared/confirmation.js";
import { announce, element, icon } from "/page/shared/dom.js";
import { failureNodes } from "/page/shared/problems.js";
import { t } from "/page/shared/words.js";

const TITLE_CHARACTERS = 200;

let opened = null; // the row whose actions, link or form are shown: one at a time

export class ConversationRow {
  #shown = null;

  /** `onOpen(id)` opens it; `onChange(id, change)`, `onShare(id, shared)` and `onDelete(id)` return promises. */
  constructor({ onOpen, onChange, onShare, onDelete }) {
    this.onOpen = onOpen;
    this.onChange = onChange;
    this.onShare = onShare;
    this.link = element("a", { className: "conversation-link", dir: "auto", click: (event) => this.#open(event) });
    this.marks = element("span", { className: "conversation-marks" });
    this.more = element("button", { type: "button", className: "icon-button conversation-more", "aria-expanded": "false", click: () => this.#toggle() }, icon("more"));
    this.rename = this.#action(t("conversations.rename"), () => this.#startRename());
    this.pin = this.#action(t("conversations.pin"), () => this.#act(() => onChange(this.#shown.id, { pinned: !this.#shown.pinned })));
    this.share = this.#action(t("conversations.share"), () => this.#share());
    this.unshare = this.#action(t("conversations.unshare"), () => this.#act(() => onShare(this.#shown.id, false)));
    this.remove = this.#action(t("common.delete"), () => this.#ask());
    this.address = element("input", { type: "text", readOnly: true, className: "conversation-address", "aria-label": t("conversations.address"), hidden: true });
    this.said = element("p", { className: "conversation-said", role: "status" });
    this.actions = element(
      "div",
      { className: "conversation-actions", role: "group", hidden: true },
      this.rename, this.pin, this.share, this.unshare, this.remove,
    );
    this.confirmation = new Confirmation({ opener: this.remove, onAgree: () => this.#delete(onDelete) });
    this.title = element("input", { type: "text", maxLength: TITLE_CHARACTERS, "aria-label": t("conversations.title"), autocomplete: "off" });
    this.form = element(
      "form",
      { className: "conversation-form", hidden: true, submit: (event) => this.#endRename(event) },
      this.title,
      element("button", { type: "submit", className: "button" }, t("common.save")),
    );
    const keydown = (event) => this.#escape(event);
    this.node = element("li", { className: "conversation-row", keydown }, this.link, this.marks, this.more, this.form, this.actions, this.address, this.said, this.confirmation.node);
  }

  show(conversation, { isCurrent }) {
    this.#shown = conversation;
    const { id, title, pinned, shared } = conversation;
    this.link.textContent = title;
    this.link.title = title;
    this.link.href = `/?conversation=${encodeURIComponent(id)}`;
    if (isCurrent) this.link.setAttribute("aria-current", "page");
    else this.link.removeAttribute("aria-current");
    this.marks.replaceChildren(...[pinned && mark("pin", t("conversations.pinned_mark")), shared && mark("share", t("conversations.shared_mark"))].filter(Boolean));
    this.more.setAttribute("aria-label", t("conversations.more", { title }));
    this.actions.setAttribute("aria-label", title);
    this.pin.textContent = pinned ? t("conversations.unpin") : t("conversations.pin");
    this.share.textContent = shared ? t("conversations.copy_link") : t("conversations.share");
    this.unshare.hidden = !shared;
    this.address.value = shared ? new URL(shared, location.href).href : "";
    if (!shared) this.address.hidden = true;
  }

  #action(label, click) {
    return element("button", { type: "button", className: "quiet-button", click }, label);
  }

  #open(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab or window
    event.preventDefault();
    this.onOpen(this.#shown.id);
  }

  /** Opens the actions, or closes all that this row has opened. */
  #toggle(isOpen = this.actions.hidden) {
    if (isOpen && opened !== this) opened?.#toggle(false);
    opened = isOpen ? this : null;
    this.#showActions(isOpen);
    this.said.textContent = "";
    this.address.hidden = true;
    this.#showForm(false);
  }

  #showActions(isShown) {
    this.actions.hidden = !isShown;
    this.more.setAttribute("aria-expanded", String(isShown));
    if (!isShown) this.confirmation.hide();
  }

  #escape(event) {
    if (event.key !== "Escape" || opened !== this) return;
    event.stopPropagation(); // else Escape would also close what lies beside it
    this.#toggle(false);
    this.more.focus();
  }

  /** Makes a change and closes the actions. What is said of it stays until another row is opened. */
  #act(change) {
    this.more.focus();
    this.#showActions(false);
    return this.#try(change);
  }

  #startRename() {
    this.#showActions(false);
    this.title.value = this.#shown.title;
    this.#showForm(true);
    this.title.select();
    this.title.focus();
  }

  #showForm(isShown) {
    this.form.hidden = !isShown;
    this.link.hidden = this.marks.hidden = this.more.hidden = isShown;
  }

  async #endRename(event) {
    event.preventDefault();
    const title = this.title.value.trim();
    this.#showForm(false);
    this.link.focus();
    if (title !== "" && title !== this.#shown.title) await this.#try(() => this.onChange(this.#shown.id, { title }));
  }

  async #share() {
    const done = await this.#act(() => this.onShare(this.#shown.id, true));
    if (!done) return;
    this.address.hidden = false;
    this.address.select();
    try {
      await navigator.clipboard.writeText(this.address.value);
      this.#say(t("conversations.link_copied"));
    } catch {
      this.address.focus(); // without a secure connection the browser lets no page copy
      this.#say(t("conversations.copy_here"));
    }
  }

  #ask() {
    const { title, shared } = this.#shown;
    this.confirmation.ask({ question: shared ? t("conversations.delete_question_shared") : t("conversations.delete_question"), label: t("common.delete_name", { name: title }) });
  }

  async #delete(onDelete) {
    try {
      await onDelete(this.#shown.id);
      return null;
    } catch (error) {
      return error;
    }
  }

  async #try(change) {
    try {
      await change();
      this.said.textContent = "";
      return true;
    } catch (error) {
      this.said.replaceChildren(...failureNodes(error));
      announce(this.said.firstChild.data);
      return false;
    }
  }

  #say(text) {
    this.said.textContent = text;
    announce(text);
  }
}

function mark(name, label) {
  return element("span", { className: "conversation-mark", role: "img", "aria-label": label, title: label }, icon(name));
}
