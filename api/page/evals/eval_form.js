// Functions that the pages of evaluations share.

import { listCollections } from "/page/shared/api.js";
import { byId, element } from "/page/shared/dom.js";

/** Sentences for the one who runs the service: they name a variable, a command or an address of the API. */
const TECHNICAL = /CITEWELL_|\bcitewell [a-z]|\/v1\/|openapi\.json|\bJSON object\b/;

/** Returns a message in two parts: what everybody understands, and what only the one who runs the service does. */
export function inTwoParts(text) {
  const sentences = text.split(/(?<=[.!?])\s+(?=\p{Lu})/u);
  const technical = sentences.filter((sentence) => TECHNICAL.test(sentence));
  const plain = sentences.filter((sentence) => !TECHNICAL.test(sentence));
  return plain.length > 0 ? { plain: plain.join(" "), details: technical.join(" ") } : { plain: text, details: "" };
}

/** Shows `text` in the note of this id, its technical sentences folded, or hides the note if there is no text. */
export function note(id, text) {
  const { plain, details } = inTwoParts(text);
  const folded = details && element("details", {}, element("summary", {}, "Details"), element("p", {}, details));
  byId(id).replaceChildren(plain, folded);
  byId(id).hidden = text === "";
}

/** Does `work` while `button` is disabled; an error is shown in the note. */
export async function attempt({ button, noteId }, work) {
  note(noteId, "");
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    note(noteId, error.detail || error.message);
  } finally {
    button.disabled = false;
  }
}

/** Fills the select `collection`; the collection in the address is selected. */
export async function showCollections() {
  const names = (await listCollections()).map((each) => each.name);
  const options = (names.length ? names : ["default"]).map((name) => element("option", { value: name }, name));
  byId("collection").replaceChildren(...options);
  const wanted = new URLSearchParams(location.search).get("collection");
  if (names.includes(wanted)) byId("collection").value = wanted;
  for (const link of ["runs-link", "drafts-link"].map(byId).filter(Boolean)) carryCollection(link);
}

/** Lets a link to the other page of evaluations name the collection that is chosen here. */
function carryCollection(link) {
  const path = link.getAttribute("href");
  const carry = () => link.setAttribute("href", `${path}?${new URLSearchParams({ collection: byId("collection").value })}`);
  byId("collection").addEventListener("change", carry);
  carry();
}
