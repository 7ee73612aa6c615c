// On a phone the panel covers the answer, so that Back closes it instead of leaving the page.

const NARROW = "(max-width: 760px)";

export class PanelHistory {
  #isIn = false;

  /** `onBack()` is called when the reader goes back from the panel. */
  constructor({ onBack }) {
    window.addEventListener("popstate", () => {
      if (!this.#isIn) return;
      this.#isIn = false;
      onBack();
    });
  }

  /** Adds a step to go back from. */
  opened() {
    if (this.#isIn || !window.matchMedia(NARROW).matches) return;
    this.#isIn = true;
    history.pushState({ ...history.state, panel: true }, "");
  }

  /** Goes back over the step: the reader has closed the panel by its button. */
  leave() {
    if (!this.#isIn) return;
    this.#isIn = false;
    if (history.state?.panel) history.back(); // else the page shows something else already
  }
}
