// The page of models: who writes answers, the connected models, and the form that connects one.

import { ApiError } from "/page/shared/api.js";
import { Confirmation } from "/page/shared/confirmation.js";
import { announce, byId, element } from "/page/shared/dom.js";
import { attempt, note, noteFailure } from "/page/evals/eval_form.js";
import { addEndpoint, changeEndpoint, findServers, listEndpoints, removeEndpoint, tryEntry, tryStored } from "/page/models/model_calls.js";
import { writingWords } from "/page/models/model_state.js";
import { faultWords, trialView } from "/page/models/trial_view.js";
import { showTrials, startTrial } from "/page/models/trials.js";
import { technicalDetails } from "/page/shared/problems.js";
import { t } from "/page/shared/words.js";

const LOOK_AGAIN_MILLISECONDS = 5_000;
const STATES = { up: t("models.state.up"), down: t("models.state.down"), unknown: t("models.state.unknown"), unused: t("models.state.unused") };
let changed = null; // the endpoint that the form changes, null where it connects a new one
let shown = "";

async function showEndpoints() {
  try {
    const found = await listEndpoints();
    note("list-note", "");
    if (JSON.stringify(found) !== shown) draw(found);
    shown = JSON.stringify(found);
  } catch (error) {
    noteFailure("list-note", error);
  }
}

/** Asks again while nobody uses a row, so that a focus or a question in it is not lost. */
async function follow() {
  if (!document.hidden && !byId("endpoints").contains(document.activeElement)) await showEndpoints();
  setTimeout(follow, LOOK_AGAIN_MILLISECONDS);
}

function draw({ writing, locked, endpoints }) {
  byId("writing").textContent = writingWords(writing);
  byId("locked").hidden = !locked;
  byId("connected").hidden = endpoints.length === 0;
  byId("endpoints").replaceChildren(...endpoints.map((endpoint) => endpointRow(endpoint, { locked })));
}

function endpointRow(endpoint, { locked }) {
  const trial = element("div", { className: "row-trial" });
  const row = element(
    "li",
    { className: "endpoint", "data-state": endpoint.state },
    element("p", { className: "endpoint-title" }, endpoint.name, element("span", { className: "chip" }, endpoint.enabled ? STATES[endpoint.state] : t("models.state.off"))),
    element("p", { className: "endpoint-meta" }, facts(endpoint).join(" · ")),
    endpoint.reason && element("div", { className: "endpoint-reason" }, ...reasonNodes(endpoint, { locked })),
  );
  if (endpoint.id === null) return row;
  const confirmation = removal(endpoint);
  row.append(
    element(
      "div",
      { className: "endpoint-actions" },
      action(t("models.test"), t("models.test_name", endpoint), (button) => testStored(button, endpoint, trial)),
      action(t("models.try"), t("models.try_name", endpoint), (button) => tryModel(button, endpoint, trial)),
      action(...(endpoint.enabled ? [t("models.switch_off"), t("models.switch_off_name", endpoint)] : [t("models.switch_on"), t("models.switch_on_name", endpoint)]), (button) => change(button, endpoint)),
      action(t("models.change"), t("models.change_name", endpoint), () => edit(endpoint)),
      confirmation.opener,
    ),
    confirmation.node,
    trial,
  );
  return row;
}

/** Returns why an endpoint is not used. */
function reasonNodes({ id, enabled, state, reason }, { locked }) {
  if (!enabled) return [t("models.reason.off")];
  if (state === "unused" && locked && id !== null) return [t("models.reason.locked")];
  return [t(`models.reason.${state}`), state === "unknown" ? "" : technicalDetails(reason)];
}

function facts({ model, url, source, has_key: hasKey, prompt_price: read, completion_price: written, currency }) {
  const price = read !== null && written !== null ? t("models.prices_are", { read, written, currency }) : "";
  const from = { settings: t("models.from_settings"), "usual place": t("models.from_usual") }[source];
  return [model, url, hasKey && t("models.has_key"), price, from].filter(Boolean);
}

function action(words, label, click) {
  const properties = { className: "button", type: "button", "aria-label": label, click: (event) => click(event.target) };
  return element("button", properties, words);
}

function testStored(button, endpoint, place) {
  return attempt({ button, noteId: "list-note" }, async () => {
    place.replaceChildren(element("p", { className: "waiting" }, t("models.asking", endpoint)));
    try {
      const trial = await tryStored(endpoint.id);
      place.replaceChildren(trialView(trial));
      announce(trial.fault ? faultWords(trial) : t("models.answers", endpoint));
    } catch (error) {
      place.replaceChildren();
      throw error;
    }
  });
}

function tryModel(button, endpoint, place) {
  place.replaceChildren();
  return attempt({ button, noteId: "list-note" }, () => startTrial(endpoint, { onFault: (trial) => place.replaceChildren(trialView(trial)) }));
}

function change(button, endpoint) {
  return attempt({ button, noteId: "list-note" }, async () => {
    await changeEndpoint(endpoint.id, { enabled: !endpoint.enabled });
    await showEndpoints();
    announce(endpoint.enabled ? t("models.switched_off", endpoint) : t("models.switched_on", endpoint));
  });
}

function removal(endpoint) {
  const ask = () => confirmation.ask({ question: t("models.remove_question", endpoint), label: t("models.remove_name", endpoint) });
  const opener = action(t("models.remove"), t("models.remove_name", endpoint), ask);
  const confirmation = new Confirmation({ opener, onAgree: () => remove(endpoint) });
  return confirmation;
}

/** Returns an error, or nothing. */
async function remove(endpoint) {
  try {
    await removeEndpoint(endpoint.id);
  } catch (error) {
    return error;
  }
  announce(t("models.removed", endpoint));
  return showEndpoints();
}

// The form

function number(id) {
  return byId(id).value === "" ? null : byId(id).valueAsNumber;
}

function entered() {
  return { url: byId("url").value.trim(), model: byId("model").value.trim(), ...(byId("key").value && { api_key: byId("key").value }) };
}

function fill({ url = "", model = "", name = "", read = null, written = null, currency = "USD" }) {
  const values = { url, model, name, "prompt-price": read ?? "", "completion-price": written ?? "", currency, key: "" };
  for (const [id, value] of Object.entries(values)) byId(id).value = value;
  byId("entry-trial").replaceChildren();
  note("entry-note", "");
}

function edit(endpoint) {
  changed = endpoint;
  fill({ ...endpoint, read: endpoint.prompt_price, written: endpoint.completion_price });
  byId("key").placeholder = endpoint.has_key ? t("models.key_stays") : "";
  byId("connect").textContent = t("common.save");
  byId("cancel").hidden = false;
  byId("url").focus();
}

function stopEditing() {
  changed = null;
  fill({});
  byId("key").placeholder = "";
  byId("connect").textContent = t("models.connect");
  byId("cancel").hidden = true;
}

async function test() {
  byId("entry-trial").replaceChildren(element("p", { className: "waiting" }, t("models.asking_server")));
  try {
    // A stored key is never sent to this page: where nothing else was entered, the service tests with its own.
    const isAsStored = changed && byId("key").value === "" && entered().url === changed.url && entered().model === changed.model;
    const trial = isAsStored ? await tryStored(changed.id) : await tryEntry(entered());
    byId("offered").replaceChildren(...trial.offered.map((model) => element("option", { value: model })));
    byId("entry-trial").replaceChildren(trialView(trial));
    announce(trial.fault ? faultWords(trial) : t("models.answers", { name: trial.model }));
    return trial;
  } catch (error) {
    byId("entry-trial").replaceChildren();
    throw error;
  }
}

async function connect() {
  const prices = { prompt_price: number("prompt-price"), completion_price: number("completion-price"), currency: byId("currency").value.trim() || "USD" };
  if ((prices.prompt_price === null) !== (prices.completion_price === null)) throw new ApiError({ title: "", detail: t("models.both_prices"), code: "one_price", status: 0 });
  const name = byId("name").value.trim();
  if (changed) {
    await changeEndpoint(changed.id, { ...entered(), ...(name && { name }), ...prices });
    announce(t("models.saved", { name: name || changed.name }));
  } else {
    const trial = await test();
    if (trial.fault) return; // it is shown below the form; nothing is stored that does not work
    await addEndpoint({ ...entered(), url: trial.url, model: trial.model, name: name || trial.model.slice(0, 64), ...prices });
    announce(t("models.connected_now", { name: trial.model }));
  }
  const result = byId("entry-trial").firstElementChild;
  stopEditing();
  if (result) byId("entry-trial").replaceChildren(result);
  await showEndpoints();
}

// Servers on this machine

async function find() {
  const { found } = await findServers();
  byId("found").replaceChildren(...found.map(foundRow));
  const nothing = t("models.none_found");
  if (found.length === 0) byId("found").append(element("li", { className: "empty" }, nothing));
  announce(found.length === 0 ? nothing : t("models.found_count", { count: found.length }));
}

function foundRow({ url, kind, models }) {
  const choice = element("select", { "aria-label": t("models.model_of", { kind }) }, ...models.map((model) => element("option", { value: model }, model)));
  const use = () => {
    stopEditing();
    fill({ url, model: choice.value, name: choice.value.slice(0, 64) });
    byId("offered").replaceChildren(...models.map((model) => element("option", { value: model })));
    byId("test").focus();
  };
  return element(
    "li",
    {},
    element("span", { className: "found-kind" }, kind),
    element("span", { className: "endpoint-meta" }, url),
    choice,
    element("button", { className: "button", type: "button", "aria-label": t("models.use_name", { kind }), click: use }, t("models.use")),
  );
}

byId("find").addEventListener("click", (event) => attempt({ button: event.target, noteId: "find-note" }, find));
byId("test").addEventListener("click", (event) => {
  if (byId("entry").reportValidity()) attempt({ button: event.target, noteId: "entry-note" }, test);
});
byId("entry").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt({ button: byId("connect"), noteId: "entry-note" }, connect);
});
byId("cancel").addEventListener("click", stopEditing);
showEndpoints().then(() => setTimeout(follow, LOOK_AGAIN_MILLISECONDS));
showTrials();
