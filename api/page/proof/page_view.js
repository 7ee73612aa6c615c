// Shows a page as an image, with a box around each line of the cited words.

import { element } from "/page/shared/dom.js";
import { pageAddress } from "/page/shared/api.js";
import { t } from "/page/shared/words.js";

const WIDTH_STEP = 200;
const MOST_WIDTH = 2000;

/** Shows one page of `place`, the service's answer on where the words stand. */
export class PageView {
  #loading = null;

  constructor() {
    this.image = element("img", { className: "page-image", draggable: false });
    this.boxes = element("div", { className: "page-boxes", "aria-hidden": "true" });
    this.sheet = element("div", { className: "page-sheet" }, this.image, this.boxes);
    this.node = element("div", { className: "page-view" }, this.sheet);
  }

  /** Resolves when the page is drawn; rejects if it cannot be shown. `shownWidth` is in CSS pixels. */
  show({ place, page, shownWidth }) {
    const marked = place.pages.find((each) => each.page === page);
    const about = { page, name: place.name };
    this.image.alt = marked?.boxes.length ? t("pane.page_image_marked", about) : t("pane.page_image", about);
    this.boxes.replaceChildren(...(marked?.boxes ?? []).map((box) => boxNode(box, marked)));
    this.node.setAttribute("data-state", "loading");
    this.sheet.style.aspectRatio = marked ? `${marked.width} / ${marked.height}` : "";
    return this.#load(pageAddress({ place, page, width: pixels(shownWidth) }));
  }

  /** Asks for more pixels where the page is now shown wider; the page that is there stays until they have come. */
  async sharpen({ place, page, shownWidth }) {
    const address = pageAddress({ place, page, width: pixels(shownWidth) });
    if (this.image.getAttribute("src") === address) return;
    const larger = new Image();
    larger.src = address;
    await larger.decode().catch(() => null);
    if (larger.naturalWidth > this.image.naturalWidth && this.#loading === null) this.image.src = address;
  }

  /** The first box, or the page. */
  get target() {
    return this.boxes.firstElementChild ?? this.sheet;
  }

  zoom(factor) {
    this.sheet.style.width = `${factor * 100}%`;
  }

  async #load(address) {
    this.image.src = address;
    const loading = this.image.decode();
    this.#loading = loading;
    await loading.finally(() => {
      if (this.#loading === loading) this.#loading = null;
    });
    this.sheet.style.aspectRatio = "";
    this.node.removeAttribute("data-state");
  }
}

function pixels(shownWidth) {
  const wanted = Math.ceil((shownWidth * window.devicePixelRatio) / WIDTH_STEP) * WIDTH_STEP;
  return Math.min(MOST_WIDTH, Math.max(800, wanted));
}

/** Boxes are in points from the lower left of the page. */
function boxNode([left, bottom, right, top], { width, height }) {
  const node = element("div", { className: "page-box" });
  node.style.left = `${(100 * left) / width}%`;
  node.style.top = `${(100 * (height - top)) / height}%`;
  node.style.width = `${(100 * (right - left)) / width}%`;
  node.style.height = `${(100 * (top - bottom)) / height}%`;
  return node;
}
