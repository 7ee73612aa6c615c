// Sets up the page: the collection picker, adding files, the question box, and the keys.

import { getDocument, getText, listCollections } from "/page/shared/api.js";
import { Chat } from "/page/chat/chat.js";
import { CurrentConversation } from "/page/conversations/current.js";
import { sideTabs } from "/page/conversations/side_tabs.js";
import { showModelState } from "/page/models/model_state.js";
import { DocumentList } from "/page/documents/documents.js";
import { placeIn } from "/page/proof/addresses.js";
import { byId, element, shorten } from "/page/shared/dom.js";
import { PanelHistory } from "/page/chat/panel_history.js";
import { SourcePanel } from "/page/chat/source_panel.js";
import { pieces, t } from "/page/shared/words.js";

const NEW_COLLECTION = "\u0000new"; // no collection can have this name

const panel = new SourcePanel({
  node: byId("source-panel"),
  onToggle: (open) => document.body.classList.toggle("source-open", open),
});
let readyDocuments = [];
const tabs = sideTabs(byId("side-tabs"));
const current = new CurrentConversation({
  node: byId("conversation-side"),
  chat: () => chat,
  useCollection: (name) => useCollection(name),
  onOpen: () => document.body.classList.contains("drawer-open") && showDrawer(false),
  onKept: (isKept) => isKept || tabs.remove(),
  onShown: showLinkedPlace,
});
const chat = new Chat({
  log: byId("conversation"),
  scroller: byId("scroller"),
  panel,
  documents: () => readyDocuments,
  ask: (request) => current.ask(request),
  onBusy: showBusy,
  onTurns: (count) => document.body.classList.toggle("has-turns", count > 0),
});
const documents = new DocumentList({
  list: byId("document-list"),
  note: byId("documents-note"),
  onChange: showWelcome,
  onOpen: openDocument,
});
const question = byId("question");
const picker = byId("collection");
const files = byId("files");

// Collections

function useCollection(name) {
  const known = [...picker.options].some((option) => option.value === name);
  if (!known) picker.options[picker.options.length - 1].before(new Option(name, name));
  picker.value = name;
  const address = new URL(location.href);
  if (name === "default") address.searchParams.delete("collection");
  else address.searchParams.set("collection", name);
  history.replaceState(history.state, "", address); // so that a bookmark or a reload opens the same collection
  byId("drop-words").replaceChildren(...pieces("chat.drop", { collection: element("strong", {}, name) }));
  byId("evaluations-link").href = `/evals?${new URLSearchParams({ collection: name })}`;
  chat.use(name);
  documents.load(name);
}

async function startCollections() {
  let names = [];
  try {
    names = (await listCollections()).map((collection) => collection.name);
  } catch {
    // The list of documents fails likewise and shows the error; the default collection can still be chosen.
  }
  const all = [...new Set(["default", ...names])];
  picker.replaceChildren(...all.map((name) => new Option(name, name)), new Option(t("chat.collection_new"), NEW_COLLECTION));
  useCollection(new URLSearchParams(location.search).get("collection") || "default");
}

picker.addEventListener("change", () => {
  const isNew = picker.value === NEW_COLLECTION;
  byId("new-collection").hidden = !isNew;
  if (isNew) byId("collection-name").focus();
  else useCollection(picker.value);
});

byId("new-collection").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = byId("collection-name").value.trim();
  if (name === "") return;
  byId("new-collection").hidden = true;
  byId("collection-name").value = "";
  useCollection(name);
  byId("choose").focus();
});

// Files

byId("choose").addEventListener("click", () => files.click());
files.addEventListener("change", () => {
  documents.add([...files.files]);
  files.value = ""; // so that the same file can be chosen again after it was corrected
});

const dropZone = byId("drop-zone");
const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;
window.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
  dropZone.hidden = false;
});
window.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) dropZone.hidden = true;
});
window.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  dropZone.hidden = true;
  documents.add([...event.dataTransfer.files]);
});

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

function showWelcome({ ready, count }) {
  readyDocuments = ready;
  const actions = byId("welcome-actions");
  if (ready.length > 0) {
    byId("welcome-title").textContent = t("welcome.ready");
    byId("welcome-text").textContent = t("welcome.ready_text");
    actions.replaceChildren(...examples(ready).map(exampleButton));
    return;
  }
  const busy = count > 0;
  byId("welcome-title").textContent = busy ? t("welcome.soon") : t("welcome.empty");
  byId("welcome-text").textContent = busy
    ? t("welcome.soon_text")
    : t("welcome.empty_text");
  const choose = element("button", { type: "button", className: "button primary", click: () => files.click() }, t("chat.choose"));
  actions.replaceChildren(...(busy ? [] : [choose]));
}

/** Returns three questions that fit any documents, made from the titles of those that are no tables. */
function examples(ready) {
  const texts = ready.filter((document) => !/\.(?:csv|tsv|xls[xmb]?|ods)$/i.test(document.name));
  const from = texts.length > 0 ? texts : ready;
  const title = (at) => shorten(from[at % from.length].title || from[at % from.length].name, 60);
  return [t("welcome.example_about", { title: title(0) }), t("welcome.example_sections", { title: title(1) }), t("welcome.example_documents")];
}

function exampleButton(text) {
  return element("button", { type: "button", className: "example", click: () => sendQuestion(text) }, text);
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

startCollections().then(() => current.start());
showModelState({ link: byId("model-state"), notice: byId("model-notice") });
if (hasKeyboard.matches && document.activeElement === document.body) question.focus({ preventScroll: true });
