// Functions that the pages of evaluations share.

import { listCollections } from "/page/shared/api.js";
import { byId, element } from "/page/shared/dom.js";
import { failureNodes } from "/page/shared/problems.js";

/** Shows `text` in the note of this id, or hides the note if there is no text. */
export function note(id, text) {
  byId(id).textContent = text;
  byId(id).hidden = text === "";
}

/** Shows an error in the note of this id. */
export function noteFailure(id, error) {
  byId(id).replaceChildren(...failureNodes(error));
  byId(id).hidden = false;
}

/** Does `work` while `button` is disabled; an error is shown in the note. */
export async function attempt({ button, noteId }, work) {
  note(noteId, "");
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    noteFailure(noteId, error);
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
  for (const link of ["evaluations", "drafts-link"].map(byId).filter(Boolean)) carryCollection(link);
}

/** Lets a link to the other page of evaluations name the collection that is chosen here. */
function carryCollection(link) {
  const path = link.getAttribute("href");
  const carry = () => link.setAttribute("href", `${path}?${new URLSearchParams({ collection: byId("collection").value })}`);
  byId("collection").addEventListener("change", carry);
  carry();
}
