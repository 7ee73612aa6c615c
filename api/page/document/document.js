// The page of one document: the document itself, and beside it what is known of it, its outline and its passages.

import { activateVersion, deleteDocument, getDocument, getJob, originalAddress } from "/page/shared/api.js";
import { About } from "/page/document/about.js";
import { Outline } from "/page/document/outline.js";
import { Passages } from "/page/document/passages.js";
import { Changes } from "/page/documents/changes.js";
import { handOver } from "/page/documents/narrowing.js";
import { DocumentPane } from "/page/proof/document_pane.js";
import { sideTabs } from "/page/conversations/side_tabs.js";
import { Confirmation } from "/page/shared/confirmation.js";
import { announce, byId, element, icon } from "/page/shared/dom.js";
import { carryCollection } from "/page/shared/menu.js";
import { failureNodes } from "/page/shared/problems.js";
import { t } from "/page/shared/words.js";

const POLL_MILLISECONDS = 1_000;
const ENDED = new Set(["succeeded", "failed", "cancelled"]);
const id = decodeURIComponent(location.pathname.split("/").at(-1));
let shown = null; // the version in the viewer
let found = null;

const opened = link("open", t("source.open"), { target: "_blank", rel: "noopener" });
const download = link("download", t("source.download"), { download: "" });
const pane = new DocumentPane({
  onPlace: (place) => {
    for (const node of [opened, download]) node.hidden = place === null;
    if (place === null) return;
    opened.hidden = !place.opens_in_browser;
    opened.href = originalAddress(place, { inline: true });
    download.href = originalAddress(place, { inline: false });
  },
});
const isNarrow = matchMedia("(max-width: 900px)");
const about = new About({ node: byId("about-side"), onChange: (changed) => show(changed), onRestore: restore });
const outline = new Outline({ node: byId("outline-side"), onOpen: openBelow });
const passages = new Passages({ node: byId("passages-side"), onOpen: openBelow });
const ask = element("button", { type: "button", className: "button primary", click: askOnly }, icon("ask"), t("document.ask_only"));
const remove = element("button", { type: "button", className: "icon-button", "aria-label": t("document.delete"), title: t("document.delete"), click: askToDelete }, icon("delete"));
const confirmation = new Confirmation({ opener: remove, onAgree: deleteIt });
const changes = new Changes({ collection: () => found?.collection ?? "", onChange: load });

byId("viewer").append(pane.node);
byId("actions").append(ask, opened, download, remove);
byId("confirmation-place").append(confirmation.node);
sideTabs(byId("side-tabs"), { key: "citewell.document-side" });
byId("viewer").addEventListener("keydown", (event) => {
  if (!event.altKey && !event.ctrlKey && !event.metaKey && pane.key(event)) event.preventDefault();
});
load();

async function load() {
  try {
    show(await getDocument(id));
  } catch (error) {
    fail(error);
  }
}

function show(now) {
  const isOther = found !== null && found.collection !== now.collection;
  found = now;
  document.title = `${now.title} – Citewell`;
  byId("title").textContent = now.title;
  byId("where").textContent = now.name === now.title ? t("document.in", { collection: now.collection }) : t("document.name_in", { name: now.name, collection: now.collection });
  carryCollection(now.collection);
  byId("document-body").hidden = false;
  const isReady = now.state === "ready" || now.chunk_count > 0;
  ask.hidden = !isReady;
  about.show(now);
  say(now.state === "processing" ? [t("document.version_read")] : [], { isFailure: false });
  byId("viewer").hidden = !isReady;
  if (isReady && shown !== now.version_id) {
    shown = now.version_id;
    open({ start: 0, end: 0 });
    outline.load(now);
    passages.load(now);
  }
  if (isOther) announce(t("document.moved", { collection: now.collection }));
  if (now.state === "processing") setTimeout(load, POLL_MILLISECONDS);
}

/** Shows a span of the text in the document. */
function open({ start, end }) {
  return pane.show({ document_id: id, version_id: shown, start, end, quote: "", source: null });
}

/** Shows a span; on a narrow screen the document is below. */
function openBelow(span) {
  if (isNarrow.matches) byId("viewer").scrollIntoView({ block: "start" });
  return open(span);
}

async function restore(versionId) {
  let job = await activateVersion({ documentId: id, versionId });
  say([t("document.version_prepared")], { isFailure: false });
  while (!ENDED.has(job.state)) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    job = await getJob(job.id);
  }
  changes.tell(found.collection);
  await load();
  announce(job.state === "succeeded" ? t("document.version_active") : t("document.version_failed"));
}

function askOnly() {
  handOver({ collection: found.collection, filter: { document_ids: [id] }, names: [found.name] });
  location.assign(`/?${new URLSearchParams({ collection: found.collection })}`);
}

function askToDelete() {
  confirmation.ask({ question: t("documents.delete_question"), label: t("documents.delete_question_name", { name: found.name }) });
}

async function deleteIt() {
  try {
    await deleteDocument(id);
  } catch (error) {
    if (error.status !== 404) return error;
  }
  changes.tell(found.collection);
  location.assign(`/documents?${new URLSearchParams({ collection: found.collection })}`);
  return null;
}

function fail(error) {
  if (error.status !== 404 && found !== null) {
    say(failureNodes(error), { isFailure: true });
    return;
  }
  document.title = t("document.none_title");
  byId("title").textContent = error.status === 404 ? t("document.gone") : error.title ?? t("document.failed");
  byId("where").textContent = "";
  byId("document-body").hidden = true;
  byId("actions").hidden = true;
  say(error.status === 404 ? [t("document.gone_why")] : failureNodes(error), { isFailure: false });
}

function say(words, { isFailure }) {
  const note = byId("document-note");
  note.replaceChildren(...words);
  note.hidden = words.length === 0;
  note.classList.toggle("is-failure", isFailure);
}

function link(name, label, properties) {
  return element("a", { className: "icon-button", "aria-label": label, title: label, hidden: true, ...properties }, icon(name));
}
