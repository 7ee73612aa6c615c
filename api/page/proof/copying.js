// Copies a text, and shows on the button that it did.

import { element } from "/page/shared/dom.js";
import { t } from "/page/shared/words.js";

const SHOWN_MILLISECONDS = 2000;

/** Copies a text; returns false where the browser does not allow it. */
export async function copyText(text) {
  const button = document.activeElement;
  const done = (await toClipboard(text)) || bySelection(text);
  if (done && button instanceof HTMLElement) {
    button.focus();
    button.querySelector(".copied")?.remove();
    const said = element("span", { className: "copied", "aria-hidden": "true" }, t("common.copied")); // the caller announces it
    button.append(said);
    setTimeout(() => said.remove(), SHOWN_MILLISECONDS);
  }
  return done;
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // it exists under https and on this machine only, and the reader may refuse
  }
}

function bySelection(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
