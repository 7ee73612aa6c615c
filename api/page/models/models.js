// The page of models: who writes answers, the connected models, and the form that connects one.

import { listEvaluations } from "/page/shared/api.js";
import { Confirmation } from "/page/shared/confirmation.js";
import { announce, byId, element } from "/page/shared/dom.js";
import { attempt, note } from "/page/evals/eval_form.js";
import { addEndpoint, changeEndpoint, findServers, getCard, listEndpoints, removeEndpoint, tryEntry, tryStored } from "/page/models/model_calls.js";
import { cardView, trialView } from "/page/models/trial_view.js";

const LOOK_AGAIN_MILLISECONDS = 5_000;
const MOST_CARDS = 6;
const STATES = { up: "answers", down: "does not answer", unknown: "asked now", unused: "not used" };
let changed = null; // the endpoint that the form changes, null where it connects a new one
let shown = "";

async function showEndpoints() {
  try {
    const found = await listEndpoints();
    note("list-note", "");
    if (JSON.stringify(found) !== shown) draw(found);
    shown = JSON.stringify(found);
  } catch (error) {
    note("list-note", error.detail || error.message);
  }
}

/** Asks again while nobody uses a row, so that a focus or a question in it is not lost. */
async function follow() {
  if (!document.hidden && !byId("endpoints").contains(document.activeElement)) await showEndpoints();
  setTimeout(follow, LOOK_AGAIN_MILLISECONDS);
}

function draw({ writing, locked, endpoints }) {
  byId("writing").textContent = writing.message;
  byId("locked").hidden = !locked;
  byId("connected").hidden = endpoints.length === 0;
  byId("endpoints").replaceChildren(...endpoints.map(endpointRow));
}

function endpointRow(endpoint) {
  const trial = element("div", { className: "row-trial" });
  const row = element(
    "li",
    { className: "endpoint", "data-state": endpoint.state },
    element("p", { className: "endpoint-title" }, endpoint.name, element("span", { className: "chip" }, endpoint.enabled ? STATES[endpoint.state] : "off")),
    element("p", { className: "endpoint-meta" }, facts(endpoint).join(" · ")),
    endpoint.reason && element("p", { className: "endpoint-reason" }, endpoint.reason),
  );
  if (endpoint.id === null) return row;
  const confirmation = removal(endpoint);
  row.append(
    element(
      "div",
      { className: "endpoint-actions" },
      action("Test", endpoint, (button) => testStored(button, endpoint, trial)),
      action(endpoint.enabled ? "Switch off" : "Switch on", endpoint, (button) => change(button, endpoint)),
      action("Change", endpoint, () => edit(endpoint)),
      confirmation.opener,
    ),
    confirmation.node,
    trial,
  );
  return row;
}

function facts({ model, url, source, has_key: hasKey, prompt_price: read, completion_price: written, currency }) {
  const price = read !== null && written !== null ? `${read} / ${written} ${currency} a million tokens` : "";
  const from = { settings: "from the settings", "usual place": "found in its usual place" }[source];
  return [model, url, hasKey && "with a key", price, from].filter(Boolean);
}

function action(words, endpoint, click) {
  const properties = { className: "button", type: "button", "aria-label": `${words} ${endpoint.name}`, click: (event) => click(event.target) };
  return element("button", properties, words);
}

function testStored(button, endpoint, place) {
  return attempt({ button, noteId: "list-note" }, async () => {
    place.replaceChildren(element("p", { className: "waiting" }, `Asking ${endpoint.name}`));
    try {
      const trial = await tryStored(endpoint.id);
      place.replaceChildren(trialView(trial));
      announce(trial.fault ? trial.fault.message : `${endpoint.name} answers.`);
    } catch (error) {
      place.replaceChildren();
      throw error;
    }
  });
}

function change(button, endpoint) {
  return attempt({ button, noteId: "list-note" }, async () => {
    await changeEndpoint(endpoint.id, { enabled: !endpoint.enabled });
    await showEndpoints();
    announce(`${endpoint.name} is ${endpoint.enabled ? "switched off" : "switched on"}.`);
  });
}

function removal(endpoint) {
  const ask = () => confirmation.ask({ question: `Remove ${endpoint.name}, with its key?`, label: `Remove ${endpoint.name}?` });
  const opener = action("Remove", endpoint, ask);
  const confirmation = new Confirmation({ opener, onAgree: () => remove(endpoint) });
  return confirmation;
}

/** Returns an error message, or nothing. */
async function remove(endpoint) {
  try {
    await removeEndpoint(endpoint.id);
  } catch (error) {
    return error.detail || error.message;
  }
  announce(`${endpoint.name} is removed.`);
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
  byId("key").placeholder = endpoint.has_key ? "the stored key stays" : "";
  byId("connect").textContent = "Save";
  byId("cancel").hidden = false;
  byId("url").focus();
}

function stopEditing() {
  changed = null;
  fill({});
  byId("key").placeholder = "";
  byId("connect").textContent = "Connect";
  byId("cancel").hidden = true;
}

async function test() {
  byId("entry-trial").replaceChildren(element("p", { className: "waiting" }, "Asking the server"));
  try {
    // A stored key is never sent to this page: where nothing else was entered, the service tests with its own.
    const isAsStored = changed && byId("key").value === "" && entered().url === changed.url && entered().model === changed.model;
    const trial = isAsStored ? await tryStored(changed.id) : await tryEntry(entered());
    byId("offered").replaceChildren(...trial.offered.map((model) => element("option", { value: model })));
    byId("entry-trial").replaceChildren(trialView(trial));
    announce(trial.fault ? trial.fault.message : `${trial.model} answers.`);
    return trial;
  } catch (error) {
    byId("entry-trial").replaceChildren();
    throw error;
  }
}

async function connect() {
  const prices = { prompt_price: number("prompt-price"), completion_price: number("completion-price"), currency: byId("currency").value.trim() || "USD" };
  if ((prices.prompt_price === null) !== (prices.completion_price === null)) throw new Error("Enter both prices, or none.");
  const name = byId("name").value.trim();
  if (changed) {
    await changeEndpoint(changed.id, { ...entered(), ...(name && { name }), ...prices });
    announce(`${name || changed.name} is saved.`);
  } else {
    const trial = await test();
    if (trial.fault) return; // it is shown below the form; nothing is stored that does not work
    await addEndpoint({ ...entered(), url: trial.url, model: trial.model, name: name || trial.model.slice(0, 64), ...prices });
    announce(`${trial.model} is connected.`);
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
  const nothing = "No model server was found on this machine. Start one, such as Ollama or LM Studio, or enter an address below.";
  if (found.length === 0) byId("found").append(element("li", { className: "empty" }, nothing));
  announce(found.length === 0 ? nothing : `${found.length} found.`);
}

function foundRow({ url, kind, models }) {
  const choice = element("select", { "aria-label": `Model of ${kind}` }, ...models.map((model) => element("option", { value: model }, model)));
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
    element("button", { className: "button", type: "button", "aria-label": `Use ${kind}`, click: use }, "Use"),
  );
}

// Trials

async function showCards() {
  const tried = (await listEvaluations()).filter((run) => run.beside && run.state === "finished").slice(0, MOST_CARDS);
  const cards = await Promise.all(tried.map(async (run) => getCard(run.id).then((card) => cardView(run, card), () => null)));
  byId("cards").replaceChildren(...cards.filter(Boolean));
  byId("trials").hidden = byId("cards").childElementCount === 0;
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
showCards().catch(() => {}); // without evaluations there are no cards
