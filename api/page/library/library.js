// The page of documents: a collection as a list to search, sort, filter and change, several at once.

import { CollectionPicker } from "/page/collections/collection_picker.js";
import { CollectionSettings } from "/page/collections/collection_settings.js";
import { CollectionDocuments } from "/page/documents/collection_documents.js";
import { countDocuments, dismissFailed } from "/page/documents/calls.js";
import { FilterBar } from "/page/library/filter_bar.js";
import { Grid } from "/page/library/grid.js";
import { SelectionBar } from "/page/library/selection_bar.js";
import { announce, byId, element } from "/page/shared/dom.js";
import { carryCollection } from "/page/shared/menu.js";
import { pieces, t } from "/page/shared/words.js";
import { addFilesOfPage } from "/page/uploads/adding.js";
import { UploadFailures } from "/page/uploads/upload_failures.js";

const note = byId("documents-note");
let counts = null; // of the whole collection
let counting = 0;

const documents = new CollectionDocuments({
  onList: showList,
  onEntry: (entry) => grid.refresh(entry),
  onTell: announce,
});
const grid = new Grid({
  onSort: ({ sort, order }) => load({ sort, order }),
  onSelect: (entries) => bar.show(entries),
  onDelete: () => bar.askToDelete(),
  onCancel: (entry) => documents.remove(entry),
});
const filters = new FilterBar({ form: byId("filters"), onFilter: (filter) => load({ filter }) });
const failures = new UploadFailures({ node: byId("upload-failures"), onSettle: (how) => documents.settleFailures(how) });
const settings = new CollectionSettings({
  node: byId("settings"),
  opener: byId("settings-open"),
  onChange: (before, changed) => collections.changed(before, changed),
  onDelete: (name) => collections.deleted(name),
});
const bar = new SelectionBar({
  node: byId("selection-bar"),
  collection: () => documents.collection,
  collections: () => collections.names,
  onMade: (collection) => collections.made(collection),
  tags: () => Object.keys(counts?.tags ?? {}),
  filter: () => documents.wanted.filter,
  isAll: (entries) => grid.isWhole && entries.length === grid.entries.length,
  onClear: () => grid.clear(),
  onChanged: (change) => documents.apply(change),
  onReload: () => documents.load(),
});
const collections = new CollectionPicker({ onUse: useCollection, onDescribe: showCollection });

function useCollection(name) {
  carryCollection(name);
  byId("drop-words").replaceChildren(...pieces("chat.drop", { collection: element("strong", {}, name) }));
  showCollection({ name, description: "" });
  settings.close();
  grid.clear();
  filters.reset();
  counts = null;
  documents.load({ collection: name, filter: filters.filter }).then(countAgain);
}

function showCollection({ name, description }) {
  document.title = t("library.page_title_of", { name });
  byId("title").textContent = name;
  byId("description").textContent = description;
  byId("description").hidden = !description;
  settings.use(name);
}

function load(change) {
  grid.clear();
  return documents.load(change);
}

function showList({ failure, isWhole, isChange }) {
  const { entries, wanted } = documents;
  grid.show(entries, { isWhole, sort: wanted.sort, order: wanted.order });
  failures.show(documents.failures);
  const isFiltered = Object.keys(wanted.filter).length > 0;
  const nothing = isFiltered ? t("library.none_match") : t("library.none");
  note.textContent = failure || (isWhole && entries.length === 0 ? nothing : "");
  note.hidden = note.textContent === "";
  note.classList.toggle("is-failure", failure !== "");
  byId("documents").hidden = entries.length === 0;
  filters.found(isFiltered && isWhole ? entries.length : null);
  if (isChange) countAgain();
}

/** Counts the collection, once for several changes that come together. */
async function countAgain() {
  counting += 1;
  const own = counting;
  await new Promise((resolve) => setTimeout(resolve, 150));
  if (own !== counting) return;
  const { collection } = documents;
  const found = await countDocuments({ collection }).catch(() => null);
  if (collection !== documents.collection) return;
  counts = found;
  filters.offer(counts);
  const { ready = 0, processing = 0, failed = 0 } = counts?.states ?? {};
  const parts = [t("library.documents", { count: counts?.documents ?? 0 }), processing > 0 && t("library.count_reading", { count: processing }), failed > 0 && t("library.count_failed", { count: failed })];
  byId("counts").textContent = ready === counts?.documents ? parts[0] : parts.filter(Boolean).join(" · ");
  showFailed(failed);
}

function showFailed(failed) {
  const node = byId("failed-documents");
  node.hidden = failed === 0;
  if (failed === 0) return;
  node.replaceChildren(
    element("span", {}, t("library.failed", { count: failed })),
    element("button", { type: "button", className: "quiet-button", click: () => filters.use({ state: "failed" }) }, t("library.failed_show")),
    element("button", { type: "button", className: "quiet-button", click: dismissAllFailed }, failed === 1 ? t("library.failed_remove_one") : t("library.failed_remove_all")),
  );
}

async function dismissAllFailed() {
  try {
    const dismissed = await dismissFailed(documents.collection);
    announce(t("library.failed_removed", { count: dismissed }));
    documents.changes.tell(documents.collection);
    filters.use({ state: "" });
    await documents.load();
  } catch (error) {
    announce(error.detail ?? String(error));
  }
}

addFilesOfPage((files) => collections.whenNamed(files, (chosen) => documents.add(chosen)));
window.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input:not([type=checkbox]), textarea, select") !== null;
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  filters.focus();
});
collections.start();
