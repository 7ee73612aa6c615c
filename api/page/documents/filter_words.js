// A filter of the API in plain words. Pure, without the DOM.

import { hasWords, list, number, t } from "/page/shared/words.js";

const MOST_NAMES = 3;

/** Returns a sentence that says what is asked. */
export function askedWords(filter, names = []) {
  const words = filterWords(filter, names);
  return filter.document_ids?.length > 0 ? t("filter.asks_chosen", { what: words }) : t("filter.asks_documents", { what: words });
}

/** Returns what a filter asks for, as in “tagged contract, year from 2020”. `names` are those of chosen documents, where known. */
export function filterWords(filter, names = []) {
  const { document_ids: ids = [], name = "", media_types: media = [], types = [], tags = {}, fields = {}, states = [], uploaded = {} } = filter;
  return [
    ids.length > 0 && chosenWords(ids.length, names),
    name && t("filter.named", { name }),
    media.length > 0 && t("filter.type", { types: anyOf(media.map(mediaWord)) }),
    types.length > 0 && t("filter.type", { types: anyOf(types) }),
    ...tagWords(tags),
    ...Object.entries(fields).map(([field, wanted]) => fieldWords(field, wanted)),
    states.length > 0 && anyOf(states.map((state) => (hasWords(`filter.state.${state}`) ? t(`filter.state.${state}`) : state))),
    Object.keys(uploaded).length > 0 && t("filter.added", { range: rangeWords(uploaded) }),
  ].filter(Boolean).join(", ");
}

function chosenWords(count, names) {
  const listed = names.slice(0, MOST_NAMES).join(", ");
  const chosen = t("filter.chosen", { count });
  if (listed === "") return chosen;
  if (count <= MOST_NAMES) return t("filter.chosen_names", { chosen, names: listed });
  return t("filter.chosen_names_more", { chosen, names: listed, count: count - MOST_NAMES });
}

function tagWords({ any = [], all = [], none = [] }) {
  return [any.length > 0 && t("filter.tagged", { tags: anyOf(any) }), all.length > 0 && t("filter.tagged", { tags: list(all) }), none.length > 0 && t("filter.not_tagged", { tags: anyOf(none) })];
}

function fieldWords(field, wanted) {
  if (typeof wanted !== "object" || wanted === null) return t("filter.field_is", { field, value: String(wanted) });
  if (wanted.in) return t("filter.field_is", { field, value: anyOf(wanted.in.map(String)) });
  if (wanted.contains !== undefined) return t("filter.field_holds", { field, value: wanted.contains });
  if (wanted.exists !== undefined) return wanted.exists ? t("filter.with_field", { field }) : t("filter.without_field", { field });
  return `${field} ${rangeWords(wanted)}`;
}

function rangeWords({ from, to, before, after }) {
  const said = (value) => (typeof value === "number" ? number(value, { useGrouping: false, maximumFractionDigits: 20 }) : value);
  const parts = [
    from !== undefined && t("filter.from", { value: said(from) }),
    to !== undefined && t("filter.to", { value: said(to) }),
    after !== undefined && t("filter.after", { value: said(after) }),
    before !== undefined && t("filter.before", { value: said(before) }),
  ];
  return parts.filter(Boolean).join(" ");
}

function anyOf(items) {
  return list(items, "disjunction");
}

const MEDIA = {
  "application/pdf": "PDF",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint",
  "application/msword": "Word 97",
  "application/vnd.ms-excel": "Excel 97",
  "application/vnd.ms-powerpoint": "PowerPoint 97",
  "application/vnd.oasis.opendocument.text": t("type.odt"),
  "application/vnd.oasis.opendocument.spreadsheet": t("type.ods"),
  "application/vnd.oasis.opendocument.presentation": t("type.odp"),
  "application/epub+zip": "EPUB",
  "application/vnd.ms-outlook": t("type.outlook"),
  "message/rfc822": t("type.mail"),
  "text/plain": t("type.text"),
  "text/markdown": "Markdown",
  "text/html": t("type.web"),
  "text/csv": "CSV",
};

/** Returns the name of a media type for people. */
export function mediaWord(media) {
  return MEDIA[media] ?? media.slice(media.indexOf("/") + 1).replace(/^(?:x-|vnd\.)/u, "");
}
