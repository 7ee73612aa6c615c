// A button that opens a few choices. It works as any disclosure: Enter opens it, Tab goes through it, Escape closes it.

import { element, icon } from "/page/shared/dom.js";

const ROOM_PIXELS = 70;

/** Returns a menu; `choices` are `[label, onChoose]`, or a string for a heading above those that follow. */
export function menu({ label, iconName, choices }) {
  const summary = element("summary", { className: "quiet-button" }, icon(iconName), element("span", {}, label));
  const items = choices.map((choice) => {
    if (typeof choice === "string") return element("p", { className: "small-heading" }, choice);
    const [words, onChoose] = choice;
    return element("button", { type: "button", className: "menu-choice", click: () => choose(onChoose) }, words);
  });
  const choicesNode = element("div", { className: "menu-choices" }, ...items);
  const node = element("details", { className: "menu" }, summary, choicesNode);

  function close({ focus = false } = {}) {
    node.open = false;
    if (focus) summary.focus();
  }

  function choose(onChoose) {
    close({ focus: true });
    onChoose();
  }

  const leave = (event) => {
    if (!node.contains(event.target)) close();
  };
  node.addEventListener("toggle", () => {
    // Above the button, so that it does not go below the page, unless there is no room.
    node.classList.toggle("below", summary.getBoundingClientRect().top < choicesNode.offsetHeight + ROOM_PIXELS);
    if (node.open) document.addEventListener("pointerdown", leave);
    else document.removeEventListener("pointerdown", leave);
  });
  node.addEventListener("focusout", (event) => {
    if (event.relatedTarget !== null && !node.contains(event.relatedTarget)) close();
  });
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !node.open) return;
    event.stopPropagation(); // else Escape would also close the source beside it
    close({ focus: true });
  });
  return node;
}
