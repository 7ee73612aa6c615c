// The login page: leads back to the page that asked for the login.

import { logIn } from "/page/people/calls.js";
import { attempt } from "/page/evals/eval_form.js";
import { byId } from "/page/shared/dom.js";

const asked = new URLSearchParams(location.search);

/** Returns the address to go on to: one of this service, whatever the link says. */
function onward() {
  const wanted = new URL(asked.get("to") ?? "/", location.origin);
  return wanted.origin === location.origin ? `${wanted.pathname}${wanted.search}${wanted.hash}` : "/";
}

byId("failed").hidden = !asked.has("failed");
byId("oidc").search = new URLSearchParams({ to: onward() });
byId("login").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt({ button: byId("send"), noteId: "note" }, async () => {
    await logIn({ name: byId("name").value, password: byId("password").value });
    location.assign(onward());
  }).then(() => byId("note").hidden || byId("password").select());
});
