// What a reader is told when something failed: words by the problem's code, with the service's own words folded.

import { element } from "/page/shared/dom.js";
import { hasWords, t } from "/page/shared/words.js";

/**
 * Words a problem of the service: `title` says what happened, `detail` what would help, `technical` is what the service
 * itself says. A code that the dictionary does not know gets general words.
 */
export function worded({ code = "", status = 0, detail = "", values = {} }) {
  const isRefused = status >= 400 && status < 500;
  const general = isRefused ? t("problem.refused") : t("problem.other");
  const technical = [status || "", code, detail].filter(Boolean).join(" · ");
  return { title: t(`problem_title.${kindOf(status)}`), detail: hasWords(`problem.${code}`, values) ? t(`problem.${code}`, values) : general, technical };
}

function kindOf(status) {
  if (status === 401 || status === 403) return "forbidden";
  if (status === 404 || status === 410) return "gone";
  if (status === 408 || status === 429) return "busy";
  if (status === 409) return "conflict";
  return status >= 400 && status < 500 ? "refused" : "failed";
}

/** Returns the words of an error, and its technical details, folded. */
export function failureNodes(error) {
  const technical = error.detail === undefined ? String(error) : error.technical;
  return [error.detail ?? t("problem.other"), technical && technicalDetails(technical)].filter(Boolean);
}

/** Returns why there is no answer, and what would help. Where the service says it in the question's language, that stays. */
export function abstentionWords({ reason, message, title, advice }) {
  if (hasWords(`abstention.${reason}`)) return { title: t(`abstention.${reason}`), advice: t(`abstention.${reason}_advice`) };
  return title ? { title, advice } : { title: message, advice: "" };
}

/** Returns technical details, folded. */
export function technicalDetails(words) {
  return element("details", { className: "technical" }, element("summary", {}, t("common.details")), element("p", { lang: "en", dir: "ltr" }, words));
}
