// Asks for confirmation before a delete, below the row of the thing to delete.

import { element } from "/page/shared/dom.js";
import { failureNodes } from "/page/shared/problems.js";
import { t } from "/page/shared/words.js";

export class Confirmation {
  /** `onAgree` may return a promise of an error. `opener` is the button that gets the focus back; `agree` are its words. */
  constructor({ opener, onAgree, agree = t("common.delete") }) {
    this.opener = opener;
    this.onAgree = onAgree;
    this.keep = element("button", { type: "button", className: "button", click: () => this.#dismiss() }, t("common.keep"));
    this.agree = element("button", { type: "button", className: "button danger", click: () => this.#agree() }, agree);
    this.question = element("p");
    this.node = element(
      "div",
      {
        className: "confirmation",
        role: "group",
        hidden: true,
        keydown: (event) => {
          if (event.key === "Escape") {
            event.stopPropagation();
            this.#dismiss();
          }
        },
      },
      this.question,
      element("div", { className: "confirmation-actions" }, this.keep, this.agree),
    );
  }

  /** `label` names the group to a screen reader. */
  ask({ question, label }) {
    this.question.textContent = question;
    this.node.setAttribute("aria-label", label);
    this.node.hidden = false;
    this.keep.focus(); // the harmless choice, so that a stray Enter deletes nothing
  }

  hide() {
    this.node.hidden = true;
  }

  #dismiss() {
    this.hide();
    this.opener.focus();
  }

  async #agree() {
    const failure = await this.onAgree();
    if (failure) this.question.replaceChildren(...failureNodes(failure));
  }
}
