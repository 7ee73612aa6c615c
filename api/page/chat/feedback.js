// Thumbs under an answer: up, or down with reasons and a comment. The service stores the latest feedback.

import { giveFeedback } from "/page/shared/api.js";
import { announce, element, icon } from "/page/shared/dom.js";
import { failureNodes } from "/page/shared/problems.js";
import { t } from "/page/shared/words.js";

const REASONS = [
  ["wrong", t("feedback.wrong")],
  ["incomplete", t("feedback.incomplete")],
  ["not_in_documents", t("feedback.not_in_documents")],
  ["wrong_source", t("feedback.wrong_source")],
  ["other", t("feedback.other")],
];
const COMMENT_CHARACTERS = 2000;

/** Returns the thumbs of one answer, with the form that a thumb down opens. */
export function feedbackBar({ requestId }) {
  const up = thumb("thumb-up", t("feedback.good"));
  const down = thumb("thumb-down", t("feedback.bad"));
  const said = element("span", { className: "feedback-said", role: "status" });
  const form = reasonForm();
  form.node.hidden = true;
  const node = element(
    "div",
    { className: "feedback", role: "group", "aria-label": t("feedback.question") },
    element("div", { className: "feedback-thumbs" }, up, down, said),
    form.node,
  );
  let latest = 0;

  async function give(feedback, thanks) {
    const turn = ++latest; // the latest feedback counts, whichever reply comes last
    said.classList.remove("failed");
    said.textContent = t("feedback.saving");
    try {
      const kept = await giveFeedback({ requestId, ...feedback });
      if (turn !== latest) return false;
      up.setAttribute("aria-pressed", String(kept.verdict === "up"));
      down.setAttribute("aria-pressed", String(kept.verdict === "down"));
      said.textContent = thanks;
      return true;
    } catch (error) {
      if (turn !== latest) return false;
      said.classList.add("failed");
      said.replaceChildren(...failureNodes(error));
      announce(said.firstChild.data);
      return false;
    }
  }

  up.addEventListener("click", () => {
    form.node.hidden = true;
    give({ verdict: "up" }, t("feedback.thanks"));
  });
  down.addEventListener("click", async () => {
    form.node.hidden = false;
    form.node.scrollIntoView({ block: "nearest" });
    await give({ verdict: "down", ...form.read() }, t("feedback.noted"));
  });
  form.node.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await give({ verdict: "down", ...form.read() }, t("feedback.thanks"))) {
      form.node.hidden = true;
      down.focus();
    }
  });
  return node;
}

function thumb(name, label) {
  return element("button", { type: "button", className: "icon-button thumb", "aria-label": label, "aria-pressed": "false" }, icon(name));
}

function reasonForm() {
  const boxes = REASONS.map(([value, label]) => {
    const box = element("input", { type: "checkbox", value });
    return { box, node: element("label", { className: "reason" }, box, element("span", {}, label)) };
  });
  const comment = element("textarea", { rows: 2, maxLength: COMMENT_CHARACTERS, "aria-label": t("feedback.comment"), placeholder: t("feedback.anything") });
  const node = element(
    "form",
    { className: "feedback-form" },
    element("fieldset", { className: "reasons" }, element("legend", { className: "small-heading" }, t("feedback.what")), ...boxes.map((each) => each.node)),
    comment,
    element("button", { type: "submit", className: "button" }, t("feedback.send")),
  );
  const read = () => ({ reasons: boxes.filter(({ box }) => box.checked).map(({ box }) => box.value), comment: comment.value });
  return { node, read };
}
