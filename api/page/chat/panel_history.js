// What is opened beside the conversation, or over it on a phone, has a step in the history: Back closes it instead of
// leaving the page. The place that is shown stands in the address, so that it can be copied and is there after a reload.

import { atPlace } from "/page/proof/addresses.js";

let holder = null; // the one that Back closes: there is one step for all

window.addEventListener("popstate", () => {
  const left = holder;
  holder = null;
  left?.onBack();
});

export class PanelHistory {
  /** `onBack()` is called when the reader goes back from what was opened. */
  constructor({ onBack }) {
    this.onBack = onBack;
  }

  /** Adds a step to go back from, or takes over that of what was open before; the address names the place, or none. */
  opened(place = null) {
    holder = this;
    const address = atPlace(location.href, place);
    if (history.state?.panel) {
      history.replaceState(history.state, "", address);
      return;
    }
    history.replaceState(history.state, "", atPlace(location.href, null)); // a link may have named a place already
    history.pushState({ panel: true }, "", address);
  }

  /** Goes back over the step: the reader has closed what was open by its button. */
  leave() {
    if (holder !== this) return;
    holder = null;
    const address = atPlace(location.href, null); // the collection may have been changed since
    if (!history.state?.panel) { // the page shows something else already
      history.replaceState(history.state, "", address);
      return;
    }
    window.addEventListener("popstate", () => history.replaceState(history.state, "", address), { once: true });
    history.back();
  }
}
