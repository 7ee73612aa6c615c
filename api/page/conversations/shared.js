// The page of a shared conversation: its turns as they were kept, with their sources. Nothing can be changed here.

import { Chat } from "/page/chat/chat.js";
import { SourcePanel } from "/page/chat/source_panel.js";
import { getShared } from "/page/conversations/calls.js";
import { restore } from "/page/conversations/current.js";
import { placeIn } from "/page/proof/addresses.js";
import { byId, element, plural } from "/page/shared/dom.js";

const panel = new SourcePanel({
  node: byId("source-panel"),
  onToggle: (open) => document.body.classList.toggle("source-open", open),
});
const chat = new Chat({ log: byId("conversation"), scroller: byId("scroller"), panel, onBusy: () => {}, onTurns: () => {}, isReadOnly: true });

/** Opens the cited words that the address names. */
function showLinkedPlace() {
  const place = placeIn(location.href);
  if (place !== null) chat.openPlace(place);
}

async function show() {
  try {
    const { title, turns, updated_at: updated } = await getShared(decodeURIComponent(location.pathname.split("/").pop()));
    document.title = `${title} · Citewell`;
    byId("shared-title").textContent = title;
    byId("shared-title").classList.toggle("visually-hidden", turns[0]?.question === title); // it stands below already
    const day = new Date(updated).toLocaleDateString(undefined, { dateStyle: "long" });
    byId("shared-note").textContent = `Shared conversation, read only · ${plural(turns.length, "question")} · ${day}`;
    await restore({ chat, turns, isOpen: () => true, useCollection: (name) => chat.use(name), onShown: showLinkedPlace });
    byId("scroller").scrollTop = 0;
  } catch (error) {
    byId("shared-title").textContent = error.status === 404 ? "This link shows nothing any more" : error.title ?? "The conversation cannot be shown";
    const detail = error.status === 404 ? "The conversation is not shared any more, or it was deleted, by a user or with a document that it quoted." : error.detail ?? String(error);
    byId("conversation").replaceChildren(element("p", {}, detail));
  }
}

window.addEventListener("keydown", (event) => {
  if (event.key === "Escape") panel.dismiss();
});
window.addEventListener("popstate", showLinkedPlace);
show();
