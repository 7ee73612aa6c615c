// What one can do with an answer: copy it, export it or the conversation, ask again.

import { asMarkdown, asText, conversationAsJson, conversationAsMarkdown, dayOf, fileName } from "/page/answers/answer_words.js";
import { menu } from "/page/answers/menu.js";
import { copyText, download, print } from "/page/answers/saving.js";
import { announce, element, icon } from "/page/shared/dom.js";

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
      say("Copied");
    } catch (error) {
      say(error.message);
    }
  }

  function store(records, ending) {
    const exportedOn = dayOf(new Date());
    const content = ending === "md" ? conversationAsMarkdown(records, { exportedOn }) : conversationAsJson(records, { exportedOn });
    const name = fileName({ question: records[0].question, exportedOn, ending });
    download({ name, content, type: ending === "md" ? "text/markdown" : "application/json" });
    say(`Saved as ${name}`);
  }

  const again = onAgain && element("button", { type: "button", className: "quiet-button", click: () => onAgain(again) }, icon("retry"), "Ask again…");
  return element(
    "div",
    { className: "answer-actions", role: "group", "aria-label": "What to do with this answer" },
    menu({
      label: "Copy",
      iconName: "copy",
      choices: [
        ["Text", () => copy(asText(record()))],
        ["Text with sources", () => copy(asText(record(), { sources: true }))],
        ["Markdown", () => copy(asMarkdown(record()))],
        ["Markdown with sources", () => copy(asMarkdown(record(), { sources: true }))],
      ],
    }),
    menu({
      label: "Export",
      iconName: "export",
      choices: [
        "This answer",
        ["Markdown", () => store([record()], "md")],
        ["JSON", () => store([record()], "json")],
        ["Print or PDF", () => print(article)],
        "The conversation",
        ["Markdown", () => store(conversation(), "md")],
        ["JSON", () => store(conversation(), "json")],
        ["Print or PDF", () => print()],
      ],
    }),
    again,
    said,
  );
}

/** Returns buttons that copy a table. */
export function tableActions(forms) {
  const buttons = forms.map(([label, write]) => {
    const button = element("button", { type: "button", className: "quiet-button table-copy", title: `Copy the table as ${label}` }, `Copy ${label}`);
    button.addEventListener("click", async () => {
      const isCopied = await copyText(write()).then(() => true, () => false);
      button.textContent = isCopied ? "Copied" : "Not copied";
      announce(`${label} ${isCopied ? "copied" : "not copied"}`);
      setTimeout(() => button.replaceChildren(`Copy ${label}`), SAID_MILLISECONDS);
    });
    return button;
  });
  return element("span", { className: "table-actions" }, ...buttons);
}
