// A filter of the API in plain words. Pure, without the DOM.

const STATES = { ready: "ready", processing: "being read", failed: "failed" };
const MOST_NAMES = 3;

/** Returns a sentence that says what is asked. */
export function askedWords(filter, names = []) {
  const words = filterWords(filter, names);
  return filter.document_ids?.length > 0 ? `Asks only ${words}.` : `Asks only documents ${words}.`;
}

/** Returns what a filter asks for, as in “tagged contract, year from 2020”. `names` are those of chosen documents, where known. */
export function filterWords(filter, names = []) {
  const { document_ids: ids = [], name = "", media_types: media = [], types = [], tags = {}, fields = {}, states = [], uploaded = {} } = filter;
  return [
    ids.length > 0 && chosenWords(ids.length, names),
    name && `named “${name}”`,
    media.length > 0 && `of type ${media.map(mediaWord).join(" or ")}`,
    types.length > 0 && `of type ${types.join(" or ")}`,
    ...tagWords(tags),
    ...Object.entries(fields).map(([field, wanted]) => fieldWords(field, wanted)),
    states.length > 0 && states.map((state) => STATES[state] ?? state).join(" or "),
    Object.keys(uploaded).length > 0 && `added ${rangeWords(uploaded)}`,
  ].filter(Boolean).join(", ");
}

function chosenWords(count, names) {
  const listed = names.slice(0, MOST_NAMES).join(", ");
  const shown = count === 1 ? "1 chosen document" : `${count.toLocaleString()} chosen documents`;
  if (listed === "") return shown;
  return count > MOST_NAMES ? `${shown}: ${listed} and ${(count - MOST_NAMES).toLocaleString()} more` : `${shown}: ${listed}`;
}

function tagWords({ any = [], all = [], none = [] }) {
  return [any.length > 0 && `tagged ${any.join(" or ")}`, all.length > 0 && `tagged ${all.join(" and ")}`, none.length > 0 && `not tagged ${none.join(" or ")}`];
}

function fieldWords(field, wanted) {
  if (typeof wanted !== "object" || wanted === null) return `${field} is ${wanted}`;
  if (wanted.in) return `${field} is ${wanted.in.join(" or ")}`;
  if (wanted.contains !== undefined) return `${field} holds “${wanted.contains}”`;
  if (wanted.exists !== undefined) return wanted.exists ? `with ${field}` : `without ${field}`;
  return `${field} ${rangeWords(wanted)}`;
}

function rangeWords({ from, to, before, after }) {
  const parts = [from !== undefined && `from ${from}`, to !== undefined && `to ${to}`, after !== undefined && `after ${after}`, before !== undefined && `before ${before}`];
  return parts.filter(Boolean).join(" ");
}

const MEDIA = {
  "application/pdf": "PDF",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint",
  "application/msword": "Word 97",
  "application/vnd.ms-excel": "Excel 97",
  "application/vnd.ms-powerpoint": "PowerPoint 97",
  "application/vnd.oasis.opendocument.text": "OpenDocument text",
  "application/vnd.oasis.opendocument.spreadsheet": "OpenDocument sheet",
  "application/vnd.oasis.opendocument.presentation": "OpenDocument slides",
  "application/epub+zip": "EPUB",
  "application/vnd.ms-outlook": "Outlook mail",
  "message/rfc822": "Mail",
  "text/plain": "Text",
  "text/markdown": "Markdown",
  "text/html": "Web page",
  "text/csv": "CSV",
};

/** Returns the name of a media type for people. */
export function mediaWord(media) {
  return MEDIA[media] ?? media.slice(media.indexOf("/") + 1).replace(/^(?:x-|vnd\.)/u, "");
}
