// Takes an answer out of the page: to the clipboard, into a file, on paper.

import { element } from "/page/shared/dom.js";
import { t } from "/page/shared/words.js";

/** Copies a text. Browsers offer their clipboard to addresses with https and to this machine only. */
export async function copyText(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const focused = document.activeElement;
  const field = element("textarea", { className: "visually-hidden", value: text, readOnly: true, "aria-hidden": "true" });
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  focused?.focus();
  if (!isCopied) throw new Error(t("actions.cannot_copy"));
}

/** Gives the browser a file to store. */
export function download({ name, content, type }) {
  const address = URL.createObjectURL(new Blob([content], { type: `${type};charset=utf-8` }));
  const link = element("a", { href: address, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // the browser may still read it
}

/** Prints one turn of the conversation, or all of it; browsers offer a PDF as one of their printers. */
export function print(article = null) {
  const single = "print-single";
  const clear = () => {
    document.body.classList.remove(single);
    article?.classList.remove(single);
  };
  if (article !== null) {
    document.body.classList.add(single);
    article.classList.add(single);
    window.addEventListener("afterprint", clear, { once: true });
  }
  window.print();
}
