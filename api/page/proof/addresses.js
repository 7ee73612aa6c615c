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

/** Returns the address that opens the page at a place in one version of a document. */
export function placeAddress({ document_id: id, version_id: version, page, start, end }) {
  return `/?${new URLSearchParams({ document: id, version, start: String(start), end: String(end), ...(page && { page: String(page) }) })}`;
}
