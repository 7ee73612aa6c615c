// The links to a document as it was uploaded: to open it in a new tab, where a browser can show it safely, or to download it.

import { originalAddress } from "/page/shared/api.js";
import { element, icon } from "/page/shared/dom.js";
import { t } from "/page/shared/words.js";

export class OriginalLinks {
  constructor() {
    this.opened = link("open", { target: "_blank", rel: "noopener" });
    this.download = link("download", { download: "" });
    this.kind = element("span", { className: "original-kind" });
    this.download.append(this.kind);
    label(this.opened, t("source.open"));
    this.nodes = [this.opened, this.download];
  }

  /** Leads to a version of a document; `place` is the service's answer on it, null where it cannot be read. */
  show(place) {
    for (const node of this.nodes) node.hidden = place === null;
    if (place === null) return;
    const ending = place.name.match(/\.([\p{L}\p{N}]{1,8})$/u)?.[1].toUpperCase() ?? "";
    this.opened.hidden = !place.opens_in_browser;
    this.opened.href = originalAddress(place, { inline: true });
    this.download.href = originalAddress(place, { inline: false });
    this.kind.textContent = place.opens_in_browser ? "" : ending;
    label(this.download, place.opens_in_browser || !ending ? t("source.download") : t("source.download_only", { ending }));
  }
}

function label(node, words) {
  node.title = words;
  node.setAttribute("aria-label", words);
}

function link(name, properties) {
  return element("a", { className: `icon-button source-${name}`, hidden: true, ...properties }, icon(name));
}
