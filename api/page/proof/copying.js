// Copies a text, and shows on the button that it did.

const SHOWN_MILLISECONDS = 1600;

/** Copies a text; returns false where the browser does not allow it. */
export async function copyText(text) {
  const button = document.activeElement;
  const done = (await toClipboard(text)) || bySelection(text);
  if (done && button instanceof HTMLElement) {
    button.focus();
    button.classList.add("copied");
    setTimeout(() => button.classList.remove("copied"), SHOWN_MILLISECONDS);
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
