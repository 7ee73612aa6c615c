// On a phone the panel and the drawer cover the page, so that Back closes what is open instead of leaving the page.

const NARROW = "(max-width: 760px)";

let holder = null; // the one that Back closes: there is one step for all

if (history.state?.panel) history.replaceState(null, ""); // of before a reload

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

  /** Adds a step to go back from, or takes over that of what was open before. */
  opened() {
    if (!window.matchMedia(NARROW).matches) return;
    if (holder === null || !history.state?.panel) history.pushState({ ...history.state, panel: true }, "");
    holder = this;
  }

  /** Goes back over the step: the reader has closed what was open by its button. */
  leave() {
    if (holder !== this) return;
    holder = null;
    if (!history.state?.panel) return; // the page shows something else already
    const address = location.href; // the collection may have been changed since
    window.addEventListener("popstate", () => history.replaceState(history.state, "", address), { once: true });
    history.back();
  }
}
