// What one can do with an answer: copy it, export it or the conversation, ask again.

import { asMarkdown, asText, conversationAsJson, conversationAsMarkdown, dayOf, fileName } from "/page/answers/answer_words.js";
import { menu } from "/page/answers/menu.js";
import { copyText, download, print } from "/page/answers/saving.js";
import { announce, element, icon } from "/page/shared/dom.js";
import { t } from "/page/shared/words.js";

const SAID_MILLISECONDS = 4000;

/**
 * Returns the row of actions below an answer. `record()` is the answer and `conversation()` all answers, as records of
 * answer_words.js; `onAgain(button)` opens the form to ask again, and is null
 * where nothing can be asked.
 */
export function answerActions({ article, record, conversation, onAgain }) {
  const said = element("span", { className: "actions-said" });
  let clearing = 0;

  function say(words) {
    clearTimeout(clearing);
    said.textContent = words;
    announce(words);
    clearing = setTimeout(() => said.replaceChildren(), SAID_MILLISECONDS);
  }

  async function copy(words) {
    try {
      await copyText(words);
      say(t("common.copied"));
    } catch (error) {
      say(error.message);
    }
  }

  function store(records, ending, kind = "") {
    const exportedOn = dayOf(new Date());
    const content = ending === "md" ? conversationAsMarkdown(records, { exportedOn }) : conversationAsJson(records, { exportedOn });
    const name = fileName({ question: records[0].question, kind, exportedOn, ending });
    download({ name, content, type: ending === "md" ? "text/markdown" : "application/json" });
    say(t("actions.saved_as", { name }));
  }

  const again = onAgain && element("button", { type: "button", className: "quiet-button", click: () => onAgain(again) }, icon("retry"), t("actions.again"));
  return element(
    "div",
    { className: "answer-actions", role: "group", "aria-label": t("actions.label") },
    menu({
      label: t("actions.copy"),
      iconName: "copy",
      choices: [
        [t("actions.text"), () => copy(asText(record()))],
        [t("actions.text_sources"), () => copy(asText(record(), { sources: true }))],
        [t("actions.markdown"), () => copy(asMarkdown(record()))],
        [t("actions.markdown_sources"), () => copy(asMarkdown(record(), { sources: true }))],
      ],
    }),
    menu({
      label: t("actions.export"),
      iconName: "export",
      choices: [
        t("actions.this_answer"),
        [t("actions.markdown"), () => store([record()], "md")],
        [t("actions.json"), () => store([record()], "json")],
        [t("actions.print"), () => print(article)],
        t("actions.conversation"),
        [t("actions.markdown"), () => store(conversation(), "md", t("chat.conversation"))],
        [t("actions.json"), () => store(conversation(), "json", t("chat.conversation"))],
        [t("actions.print"), () => print()],
      ],
    }),
    again,
    said,
  );
}

/** Returns buttons that copy a table. */
export function tableActions(forms) {
  const buttons = forms.map(([label, write]) => {
    const button = element("button", { type: "button", className: "quiet-button table-copy", title: t("table.copy_as", { form: label }) }, t("table.copy", { form: label }));
    button.addEventListener("click", async () => {
      const isCopied = await copyText(write()).then(() => true, () => false);
      button.textContent = isCopied ? t("common.copied") : t("table.not_copied");
      announce(isCopied ? t("table.copied", { form: label }) : t("table.not_copied"));
      setTimeout(() => button.replaceChildren(t("table.copy", { form: label })), SAID_MILLISECONDS);
    });
    return button;
  });
  return element("span", { className: "table-actions" }, ...buttons);
}
