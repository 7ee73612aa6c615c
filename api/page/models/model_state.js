// Says on the chat page who writes answers, and how to connect a model when nobody does.

import { listEndpoints } from "/page/models/model_calls.js";
import { element } from "/page/shared/dom.js";

/** Shows the state in `link`, and in `notice` that answers are quotes. Where the caller may not know it, nothing. */
export async function showModelState({ link, notice }) {
  let found;
  try {
    found = await listEndpoints();
  } catch {
    return;
  }
  const { writing, locked, endpoints } = found;
  link.textContent = writing.model ? `Model: ${writing.model}` : "Model: none, quotes only";
  link.title = writing.message;
  notice.hidden = writing.model !== null;
  const failing = endpoints.some((each) => each.enabled);
  const words = failing ? "See what is wrong" : "Connect a model";
  notice.replaceChildren(writing.message, " ", locked && !failing ? "" : element("a", { href: "/models" }, words));
}
