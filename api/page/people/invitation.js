// The page of a link: its user chooses a password, and is logged in. The token stands behind # in the address.

import { acceptInvitation, getInvited } from "/page/people/calls.js";
import { attempt, noteFailure } from "/page/evals/eval_form.js";
import { byId } from "/page/shared/dom.js";
import { t } from "/page/shared/words.js";

const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname); // so that it stays in no history

async function show() {
  try {
    const { name, display_name: displayName } = await getInvited(token || "-");
    byId("lead").textContent = t("invitation.lead", { name: displayName || name });
    byId("name").value = name;
    byId("choice").hidden = false;
    byId("password").focus();
  } catch (error) {
    noteFailure("note", error);
  }
}

byId("choice").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt({ button: byId("send"), noteId: "note" }, async () => {
    await acceptInvitation({ token, password: byId("password").value });
    location.assign("/");
  });
});
show();
