// One document in the grid.

import { extension } from "/page/documents/document_row.js";
import { element, icon } from "/page/shared/dom.js";
import { date, number, t } from "/page/shared/words.js";

const CHIPS = { uploading: t("documents.state.uploading"), processing: t("documents.state.reading"), ready: t("documents.state.ready"), failed: t("documents.state.failed") };
const MOST_TAGS = 3;

export class GridRow {
  /** `onToggle({extend})` selects or not; `onFocus()` when the focus comes in; `onCancel()` cancels what is under way. */
  constructor({ onToggle, onFocus, onCancel }) {
    this.check = element("input", { type: "checkbox", tabIndex: -1, click: (event) => {
      event.preventDefault(); // the grid decides
      event.stopPropagation();
      setTimeout(() => onToggle({ extend: event.shiftKey }));
    } });
    this.kind = element("span", { className: "kind", "aria-hidden": "true" });
    this.name = element("a", { className: "row-name", tabIndex: -1, dir: "auto" });
    this.line = element("span", { className: "row-meta", dir: "auto" });
    this.tags = element("span", { role: "gridcell", className: "cell-tags" });
    this.chip = element("span", { className: "chip" });
    this.meta = element("span", { className: "row-meta" });
    this.pages = element("span", { role: "gridcell", className: "cell-pages" });
    this.date = element("span", { role: "gridcell", className: "cell-date" });
    this.cancel = element("button", { type: "button", className: "icon-button", tabIndex: -1, click: onCancel }, icon("close"));
    this.node = element(
      "div",
      { role: "row", className: "row grid-row", tabIndex: -1, focusin: onFocus },
      element("span", { role: "gridcell", className: "cell-check" }, this.check),
      element("span", { role: "gridcell", className: "cell-name" }, this.kind, element("span", { className: "row-main" }, this.name, this.line)),
      this.tags,
      element("span", { role: "gridcell", className: "cell-state" }, this.chip, this.meta, this.cancel),
      this.pages,
      this.date,
    );
  }

  show({ view, document: found }) {
    const { name, meta, state, reason = "", warning = "", removable = "delete" } = view;
    this.node.dataset.state = state;
    this.kind.textContent = extension(name);
    this.name.textContent = name;
    this.name.title = name;
    if (found === null) this.name.removeAttribute("href");
    else this.name.href = `/documents/${encodeURIComponent(found.id)}`;
    this.line.textContent = reason || warning || (found && found.title !== found.name ? found.title : "");
    this.line.title = this.line.textContent;
    this.line.dataset.kind = (reason && "reason") || (warning && "warning") || "title";
    this.#showTags(found?.tags ?? []);
    this.chip.textContent = CHIPS[state];
    this.meta.textContent = state === "processing" || state === "uploading" ? meta : "";
    this.pages.textContent = found?.page_count ? number(found.page_count) : "";
    this.date.textContent = found ? dayOf(found.updated_at) : "";
    this.date.title = found ? date(found.updated_at, { dateStyle: "long", timeStyle: "short" }) : "";
    this.check.disabled = found === null;
    this.check.setAttribute("aria-label", t("library.select_name", { name }));
    this.cancel.hidden = removable !== "cancel";
    this.cancel.setAttribute("aria-label", t("documents.cancel_name", { name }));
    this.cancel.title = t("common.cancel");
  }

  mark({ isSelected, isCurrent }) {
    this.check.checked = isSelected;
    this.node.setAttribute("aria-selected", String(isSelected));
    this.node.tabIndex = isCurrent ? 0 : -1;
  }

  open() {
    this.name.click();
  }

  #showTags(tags) {
    const rest = tags.length - MOST_TAGS;
    this.tags.replaceChildren(...tags.slice(0, MOST_TAGS).map((tag) => element("span", { className: "tag", dir: "auto" }, tag)), ...(rest > 0 ? [`+${rest}`] : []));
    this.tags.title = tags.join(", ");
  }
}

function dayOf(time) {
  const isToday = new Date(time).toDateString() === new Date().toDateString();
  return date(time, isToday ? { timeStyle: "short" } : { dateStyle: "medium" });
}
