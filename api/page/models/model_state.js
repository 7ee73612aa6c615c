// Says on the chat page who writes answers, and how to connect a model when nobody does.

import { listEndpoints } from "/page/models/model_calls.js";
import { element } from "/page/shared/dom.js";
import { t } from "/page/shared/words.js";

/** Says who writes answers. */
export function writingWords({ model, why }) {
  return t(`models.writing.${why}`, { model });
}

/** Shows the state in `link`, and in `notice` that answers are quotes. Where the caller may not know it, nothing. */
export async function showModelState({ link, notice }) {
  if (link.hidden) return;
  let found;
  try {
    found = await listEndpoints();
  } catch {
    return;
  }
  const { writing, locked, endpoints } = found;
  link.textContent = writing.model ? t("models.state_link", { model: writing.model }) : t("models.state_none");
  const message = writingWords(writing);
  link.title = message;
  notice.hidden = writing.model !== null;
  const failing = endpoints.some((each) => each.enabled);
  const words = failing ? t("models.see") : t("models.add_title");
  notice.replaceChildren(message, " ", locked && !failing ? "" : element("a", { href: "/models" }, words));
}
