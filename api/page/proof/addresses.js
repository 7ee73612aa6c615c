// The permanent addresses of proofs, and of places in a document.

/**
 * Returns the address of the proof of a citation of an answer, or null while there is none. `written` are the answer's
 * sentences, once as they came and once as they ended: a citation is one of theirs.
 */
export function proofAddress({ requestId, written, citation }) {
  if (!requestId) return null;
  for (const sentences of written) {
    const at = sentences.findIndex((sentence) => sentence.citations.includes(citation));
    if (at < 0) continue;
    const number = sentences[at].citations.indexOf(citation) + 1;
    return `/proof/${encodeURIComponent(requestId)}/${at + 1}${number > 1 ? `?citation=${number}` : ""}`;
  }
  return null;
}

const NAMES = ["document", "version", "start", "end", "page"];

/** Returns the address that opens the page at a place in one version of a document. */
export function placeAddress(place) {
  const { pathname, search } = atPlace(new URL("/", location.href), place);
  return pathname + search;
}

/** Returns an address of the page with a place in a document in it, in place of another; null for none. */
export function atPlace(address, place) {
  const changed = new URL(address);
  for (const name of NAMES) changed.searchParams.delete(name);
  if (place === null) return changed;
  const { document_id: id, version_id: version, start, end, page } = place;
  const named = { document: id, version, ...(end > 0 && { start, end }), page };
  for (const name of NAMES) if (named[name] !== null && named[name] !== undefined) changed.searchParams.set(name, String(named[name]));
  return changed;
}

/** Returns the place in a document that an address names, or null. */
export function placeIn(address) {
  const given = new URL(address).searchParams;
  const id = given.get("document");
  if (id === null) return null;
  const number = (name) => Number(given.get(name)) || 0;
  return { document_id: id, version_id: given.get("version"), page: number("page") || null, start: number("start"), end: number("end") };
}
