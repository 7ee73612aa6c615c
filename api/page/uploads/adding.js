// Files come by the buttons of the page, or are dropped anywhere on it.

import { filesOfDrop, filesOfInput } from "/page/uploads/chosen_files.js";
import { byId } from "/page/shared/dom.js";

/** Calls `add(files)` with what is chosen or dropped. The page has inputs `files` and `folder`, their buttons, and a `drop-zone`. */
export function addFilesOfPage(add) {
  for (const [button, input] of [["choose", byId("files")], ["choose-folder", byId("folder")]]) {
    byId(button).addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      const files = filesOfInput(input);
      input.value = ""; // so that the same file can be chosen again after it was corrected
      if (files.length > 0) add(files);
    });
  }
  const zone = byId("drop-zone");
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;
  window.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    zone.hidden = false;
  });
  window.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) zone.hidden = true;
  });
  window.addEventListener("drop", async (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    zone.hidden = true;
    const files = await filesOfDrop(event.dataTransfer);
    if (files.length > 0) add(files);
  });
}
