// One conversation in the list: a link to it, and what can be done with it.

import { Confirmation } from "/page/shared/confirmation.js";
import { announce, element, icon } from "/page/shared/dom.js";

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
    this.rename = this.#action("Rename", () => this.#startRename());
    this.pin = this.#action("Pin", () => this.#act(() => onChange(this.#shown.id, { pinned: !this.#shown.pinned })));
    this.share = this.#action("Share", () => this.#share());
    this.unshare = this.#action("Stop sharing", () => this.#act(() => onShare(this.#shown.id, false)));
    this.remove = this.#action("Delete", () => this.#ask());
    this.address = element("input", { type: "text", readOnly: true, className: "conversation-address", "aria-label": "Link to the shared conversation", hidden: true });
    this.said = element("p", { className: "conversation-said", role: "status" });
    this.actions = element(
      "div",
      { className: "conversation-actions", role: "group", hidden: true },
      this.rename, this.pin, this.share, this.unshare, this.remove,
    );
    this.confirmation = new Confirmation({ opener: this.remove, onAgree: () => this.#delete(onDelete) });
    this.title = element("input", { type: "text", maxLength: TITLE_CHARACTERS, "aria-label": "Title of the conversation", autocomplete: "off" });
    this.form = element(
      "form",
      { className: "conversation-form", hidden: true, submit: (event) => this.#endRename(event) },
      this.title,
      element("button", { type: "submit", className: "button" }, "Save"),
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
    this.marks.replaceChildren(...[pinned && mark("pin", "Pinned"), shared && mark("share", "Shared")].filter(Boolean));
    this.more.setAttribute("aria-label", `More about ${title}`);
    this.actions.setAttribute("aria-label", title);
    this.pin.textContent = pinned ? "Unpin" : "Pin";
    this.share.textContent = shared ? "Copy link" : "Share";
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
      this.#say("The link is copied. It shows this conversation, and nothing else can be done with it.");
    } catch {
      this.address.focus(); // without a secure connection the browser lets no page copy
      this.#say("Copy the link from here.");
    }
  }

  #ask() {
    const { title, shared } = this.#shown;
    this.confirmation.ask({ question: `Delete this conversation${shared ? ", and its link" : ""}?`, label: `Delete ${title}` });
  }

  async #delete(onDelete) {
    try {
      await onDelete(this.#shown.id);
      return null;
    } catch (error) {
      return error.detail ?? String(error);
    }
  }

  async #try(change) {
    try {
      await change();
      this.said.textContent = "";
      return true;
    } catch (error) {
      this.#say(error.detail ?? String(error));
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
