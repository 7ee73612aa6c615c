// Rows of the pages of the account and of users, and the place that shows a secret once.

import { Confirmation } from "/page/shared/confirmation.js";
import { announce, byId, element } from "/page/shared/dom.js";
import { t } from "/page/shared/words.js";

/** Returns a row with a title, marks, facts, and actions; nodes of `more` follow. */
export function row({ title, chips = [], facts, actions = [], more = [], isOver = false }) {
  return element(
    "li",
    { className: "person", "data-over": String(isOver) },
    element("p", { className: "person-title", dir: "auto" }, title, ...chips.map((chip) => element("span", { className: "chip" }, chip))),
    element("p", { className: "person-meta" }, facts.filter(Boolean).join(" · ")),
    element("div", { className: "person-actions" }, ...actions),
    ...more,
  );
}

export function button(words, label, click) {
  return element("button", { className: "button", type: "button", "aria-label": label, click: (event) => click(event.currentTarget) }, words);
}

/** Returns a button that asks before it does something, and the node of the question. */
export function asking({ words, label, question, onAgree }) {
  const opener = button(words, label, () => confirmation.ask({ question, label }));
  const confirmation = new Confirmation({ opener, onAgree, agree: words });
  return { opener, node: confirmation.node };
}

/** Returns a labelled checkbox. */
export function check(words, { value, checked, disabled = false, change = () => {} }) {
  const box = element("input", { type: "checkbox", value, checked, disabled, change: () => change(box) });
  return element("label", { className: "check" }, box, words);
}

/** Shows a secret in the box of this id, and lets it be copied. */
export function showSecret(boxId, textId, secret) {
  byId(textId).textContent = secret;
  byId(boxId).hidden = false;
  byId(textId).focus();
}

export function copyFrom(textId) {
  return async () => {
    await navigator.clipboard.writeText(byId(textId).textContent);
    announce(t("common.copied"));
  };
}
