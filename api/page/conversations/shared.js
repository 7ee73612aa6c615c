// The page of a shared conversation: its turns as they were kept, with their sources. Nothing can be changed here.

import { Chat } from "/page/chat/chat.js";
import { SourcePanel } from "/page/chat/source_panel.js";
import { getShared } from "/page/conversations/calls.js";
import { restore } from "/page/conversations/current.js";
import { placeIn } from "/page/proof/addresses.js";
import { byId, element } from "/page/shared/dom.js";
import { failureNodes } from "/page/shared/problems.js";
import { date, t } from "/page/shared/words.js";

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
    const day = date(updated, { dateStyle: "long" });
    byId("shared-note").textContent = t("shared.about", { count: turns.length, day });
    await restore({ chat, turns, isOpen: () => true, useCollection: (name) => chat.use(name), onShown: showLinkedPlace });
    byId("scroller").scrollTop = 0;
  } catch (error) {
    byId("shared-title").textContent = error.status === 404 ? t("shared.gone") : error.title ?? t("conversations.failed");
    const detail = error.status === 404 ? [t("shared.gone_why")] : failureNodes(error);
    byId("conversation").replaceChildren(element("div", {}, ...detail));
  }
}

window.addEventListener("keydown", (event) => {
  if (event.key === "Escape") panel.dismiss();
});
window.addEventListener("popstate", showLinkedPlace);
show();
