// What was not added, said once for all: a line for each reason, the names on demand, and one button that forgets it.

import { element, icon } from "/page/shared/dom.js";
import { t } from "/page/shared/words.js";

const MOST_NAMES = 200;
const MOST_ENDINGS = 12;

export class UploadFailures {
  #shown = "";

  /** `onSettle({retry})` is called to try again what may succeed, or to forget it all. */
  constructor({ node, onSettle }) {
    this.node = node;
    this.onSettle = onSettle;
    node.className = "upload-failures";
    node.hidden = true;
    node.setAttribute("role", "status");
  }

  /** Shows failures `{name, ending, code, detail, entry}`. */
  show(failures) {
    const key = JSON.stringify(failures.map(({ name, code, entry }) => [name, code, entry !== null]));
    if (key === this.#shown) return; // it would be read out again
    this.#shown = key;
    this.node.hidden = failures.length === 0;
    if (failures.length === 0) {
      this.node.replaceChildren();
      return;
    }
    const groups = Map.groupBy ? Map.groupBy(failures, ({ code }) => code) : grouped(failures);
    const canRetry = failures.some(({ entry }) => entry !== null);
    this.node.replaceChildren(
      element("p", { className: "failures-title" }, t("uploads.failed", { count: failures.length })),
      element("ul", { className: "failures-reasons" }, ...[...groups.values()].map((group) => element("li", {}, reasonOf(group)))),
      ...(failures.length > 1 ? [names(failures)] : []),
      element(
        "div",
        { className: "failures-actions" },
        canRetry && button("retry", t("uploads.try_again"), () => this.onSettle({ retry: true })),
        button("close", t("uploads.dismiss"), () => this.onSettle({ retry: false })),
      ),
    );
  }
}

function grouped(failures) {
  const groups = new Map();
  for (const failure of failures) groups.set(failure.code, [...(groups.get(failure.code) ?? []), failure]);
  return groups;
}

/** Returns why the files of one group were refused, in a sentence. */
function reasonOf(group) {
  const [{ code, detail }] = group;
  if (group.length === 1) return detail;
  const count = group.length;
  if (code === "unsupported_type") return t("uploads.types", { count, endings: endings(group) });
  if (code === "empty_document") return t("uploads.empty", { count });
  if (code === "document_too_large") return t("uploads.too_large", { count });
  if (code === "encrypted_document") return t("uploads.locked", { count });
  return t("uploads.first", { count, detail });
}

/** Returns the endings of names with their numbers, the most frequent first. */
function endings(group) {
  const counts = new Map();
  for (const { ending } of group) {
    counts.set(ending, (counts.get(ending) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, one], [, other]) => other - one);
  const words = sorted.slice(0, MOST_ENDINGS).map(([ending, count]) => `${ending} (${count})`);
  return sorted.length > MOST_ENDINGS ? t("uploads.endings_more", { endings: words.join(", ") }) : words.join(", ");
}

function names(failures) {
  const listed = failures.filter(({ name }) => name !== null).slice(0, MOST_NAMES).map(({ name }) => element("li", { dir: "auto" }, name));
  const rest = failures.length - listed.length;
  return element(
    "details",
    { className: "failures-names" },
    element("summary", {}, t("uploads.show_names")),
    element("ul", {}, ...listed, rest > 0 && element("li", {}, t("uploads.more_names", { count: rest }))),
  );
}

function button(name, label, onClick) {
  return element("button", { type: "button", className: "quiet-button", click: onClick }, icon(name), label);
}
