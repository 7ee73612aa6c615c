// Sets up the page: the collection picker, adding files, the question box, and the keys.

import { getDocument, getText } from "/page/shared/api.js";
import { Chat } from "/page/chat/chat.js";
import { CurrentConversation } from "/page/conversations/current.js";
import { sideTabs } from "/page/conversations/side_tabs.js";
import { addFilesOfPage } from "/page/uploads/adding.js";
import { CollectionPicker } from "/page/collections/collection_picker.js";
import { listSuggestions } from "/page/documents/calls.js";
import { showModelState } from "/page/models/model_state.js";
import { DocumentList } from "/page/documents/documents.js";
import { Narrowing } from "/page/documents/narrowing.js";
import { placeIn } from "/page/proof/addresses.js";
import { byId, element } from "/page/shared/dom.js";
import { carryCollection } from "/page/shared/menu.js";
import { PanelHistory } from "/page/chat/panel_history.js";
import { SourcePanel } from "/page/chat/source_panel.js";
import { pieces, t } from "/page/shared/words.js";

const panel = new SourcePanel({
  node: byId("source-panel"),
  onToggle: (open) => document.body.classList.toggle("source-open", open),
});
let readyDocuments = [];
const tabs = sideTabs(byId("side-tabs"));
const current = new CurrentConversation({
  node: byId("conversation-side"),
  chat: () => chat,
  useCollection: (name) => collections.use(name),
  onOpen: () => document.body.classList.contains("drawer-open") && showDrawer(false),
  onKept: (isKept) => isKept || tabs.remove(),
  onOpened: (turns) => narrowing.use(turns.at(-1)?.filter ?? {}, { collection: chat.collection }),
  onShown: showLinkedPlace,
});
const chat = new Chat({
  log: byId("conversation"),
  scroller: byId("scroller"),
  panel,
  documents: () => readyDocuments,
  filter: () => narrowing.filter,
  ask: (request) => current.ask(request),
  onBusy: showBusy,
  onTurns: (count) => document.body.classList.toggle("has-turns", count > 0),
});
const documents = new DocumentList({
  list: byId("document-list"),
  note: byId("documents-note"),
  search: byId("document-search"),
  ask: byId("ask-found"),
  failed: byId("failed-documents"),
  failures: byId("upload-failures"),
  onChange: showWelcome,
  onOpen: openDocument,
  onAsk: askOnly,
});
const narrowing = new Narrowing();
const collections = new CollectionPicker({ onUse: useCollection });
const question = byId("question");

// Collections

function useCollection(name) {
  byId("drop-words").replaceChildren(...pieces("chat.drop", { collection: element("strong", {}, name) }));
  carryCollection(name);
  narrowing.follow(name);
  chat.use(name);
  documents.load(name);
}

// Files

function add(files) {
  collections.whenNamed(files, (chosen) => documents.add(chosen));
}

addFilesOfPage(add);

// Questions

function sendQuestion(text) {
  if (text.trim() === "" || chat.busy) return;
  chat.send(text.trim());
}

function submit() {
  if (question.value.trim() === "" || chat.busy) return;
  sendQuestion(question.value);
  question.value = "";
  fitQuestion();
}

function fitQuestion() {
  question.style.height = "auto";
  question.style.height = `${question.scrollHeight}px`;
}

function showBusy(busy) {
  const focused = document.activeElement;
  byId("send").hidden = busy;
  byId("stop").hidden = !busy;
  if (focused === byId("send") || focused === byId("stop")) question.focus();
}

byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
question.addEventListener("input", fitQuestion);
question.addEventListener("keydown", (event) => {
  // While an input method is active, Enter chooses a character and must not send the question.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});
byId("stop").addEventListener("click", () => chat.stop());
for (const button of document.querySelectorAll("[data-action='new-conversation']")) {
  button.addEventListener("click", () => {
    current.begin();
    question.focus();
  });
}

// The welcome text before the first question

let suggestedFor = ""; // the documents that the suggestions were asked for

function showWelcome({ ready, count, isSettled }) {
  readyDocuments = ready;
  const actions = byId("welcome-actions");
  if (ready.length > 0) {
    byId("welcome-title").textContent = t("welcome.ready");
    byId("welcome-text").textContent = t("welcome.ready_text");
    if (isSettled) suggest(ready);
    return;
  }
  suggestedFor = "";
  const busy = count > 0;
  byId("welcome-title").textContent = busy ? t("welcome.soon") : t("welcome.empty");
  byId("welcome-text").textContent = busy
    ? t("welcome.soon_text")
    : t("welcome.empty_text");
  const choose = element("button", { type: "button", className: "button primary", click: () => byId("files").click() }, t("chat.choose"));
  actions.replaceChildren(...(busy ? [] : [choose]));
}

/** Suggests questions that were asked before, by the service itself, and are answered well. */
async function suggest(ready) {
  const { collection } = chat;
  const key = JSON.stringify([collection, ready.map(({ version_id: id }) => id)]);
  if (key === suggestedFor) return;
  suggestedFor = key;
  const found = await listSuggestions(collection).catch(() => []);
  if (key !== suggestedFor) return;
  byId("welcome-actions").replaceChildren(...found.map(({ question: text }) => exampleButton(text)));
}

function exampleButton(text) {
  return element("button", { type: "button", className: "example", dir: "auto", click: () => sendQuestion(text) }, text);
}

/** Asks only documents that match a filter of the list. */
function askOnly(filter) {
  narrowing.use(filter, { collection: chat.collection });
  if (document.body.classList.contains("drawer-open")) showDrawer(false);
  question.focus();
}

// The drawer of documents on a narrow screen, and Escape

const drawerHistory = new PanelHistory({ onBack: () => showDrawer(false) });

function showDrawer(open) {
  if (open) panel.close(); // it would cover the drawer
  document.body.classList.toggle("drawer-open", open);
  byId("drawer-open").setAttribute("aria-expanded", String(open));
  byId("backdrop").hidden = !open;
  byId(open ? "drawer-close" : "drawer-open").focus();
  if (open) drawerHistory.opened();
  else drawerHistory.leave();
}

function openDocument(found, opener) {
  const isDrawn = document.body.classList.contains("drawer-open");
  panel.openDocument(found, isDrawn ? byId("drawer-open") : opener);
  if (!isDrawn) return;
  showDrawer(false);
  panel.title.focus({ preventScroll: true });
}

byId("drawer-open").addEventListener("click", () => showDrawer(true));
byId("drawer-close").addEventListener("click", () => showDrawer(false));
byId("backdrop").addEventListener("click", () => showDrawer(false));
window.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (document.body.classList.contains("drawer-open")) showDrawer(false);
  else panel.dismiss();
});

/** Opens the place in a document that the address names: that of a citation here, or in another application. */
async function showLinkedPlace() {
  const place = placeIn(location.href);
  if (place === null || chat.openPlace(place)) return;
  const { document_id: documentId, version_id: versionId, start, end } = place;
  // If the document is deleted, the panel gets the same error, and shows it.
  const source = end === 0 ? null : await getText({ documentId, versionId, start, end }).catch(() => null);
  const about = source === null ? await getDocument(documentId).catch(() => null) : source;
  if (placeIn(location.href)?.document_id !== documentId) return; // the reader has gone on
  const known = { quote: source?.text ?? "", chip: null, proof: null, number: 1, source: source && { ...source, page: place.page, heading_path: [] } };
  panel.open({ items: [{ ...place, ...known, ...(source === null && about && { about }) }], at: 0, opener: question });
}

// Keys that reach the question from anywhere, and the focus at the start where no keyboard would cover the page

const hasKeyboard = matchMedia("(hover: hover) and (pointer: fine)");
window.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, [contenteditable]") !== null;
  const isSlash = event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey;
  const isCommand = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  if (!isSlash && !isCommand) return;
  event.preventDefault();
  question.focus();
});

byId("send").disabled = false; // before, the browser itself would send the form
collections.start().then(() => current.start());
showModelState({ link: byId("model-state"), notice: byId("model-notice") });
if (hasKeyboard.matches && document.activeElement === document.body) question.focus({ preventScroll: true });
