// Who may read or change a document or a collection: the rights there are, each to change or to take, and one to add.

import { getRights, setRights } from "/page/documents/calls.js";
import { announce, element } from "/page/shared/dom.js";
import { failureNodes } from "/page/shared/problems.js";
import { t } from "/page/shared/words.js";

const KINDS = { user: t("rights.user"), group: t("rights.group") };
const LEVELS = { read: t("rights.read"), write: t("rights.write") };

export class Rights {
  #path = "";

  constructor() {
    this.list = element("ul", { className: "field-list", "aria-label": t("rights.title") });
    this.state = element("p", { className: "side-hint" });
    this.note = element("p", { className: "field-note", role: "alert", hidden: true });
    this.kind = choice(KINDS, t("rights.kind"));
    this.name = element("input", { type: "text", maxLength: 254, required: true, autocomplete: "off", spellcheck: false, placeholder: t("rights.name"), "aria-label": `${t("rights.kind")}: ${t("rights.name")}` });
    this.level = choice(LEVELS, t("rights.level"));
    this.node = element(
      "section",
      { className: "rights", hidden: true, "aria-label": t("rights.title") },
      element("h2", { className: "side-heading" }, t("rights.title")),
      this.state,
      this.list,
      element(
        "form",
        { className: "add-form", submit: (event) => this.#add(event) },
        this.kind,
        this.name,
        this.level,
        element("button", { type: "submit", className: "button" }, t("rights.give")),
      ),
      this.note,
    );
  }

  /** Shows the rights of what `path` is the address of. They stay hidden from those who cannot change them. */
  async open(path) {
    this.#path = path;
    try {
      this.#show(await getRights(path));
    } catch {
      this.node.hidden = true; // it was deleted, or is not there yet
    }
  }

  #show({ grants, inherited = [], may_change: mayChange }) {
    this.node.hidden = !mayChange;
    this.grants = grants.map(({ kind, id, name, level }) => ({ kind, name: name ?? id, level, isGone: name === null }));
    const others = inherited.map(({ kind, id, name, level }) => t("rights.one", { kind: KINDS[kind], name: name ?? id, level: LEVELS[level] }));
    if (grants.length > 0) this.state.textContent = t("rights.those");
    else this.state.textContent = others.length > 0 ? t("rights.inherited", { rights: others.join(", ") }) : t("rights.open");
    this.list.replaceChildren(...this.grants.map((grant) => this.#item(grant)));
  }

  #item(grant) {
    const label = t("rights.one", { kind: KINDS[grant.kind], name: grant.name, level: LEVELS[grant.level] });
    const level = choice(LEVELS, `${t("rights.level")}: ${grant.name}`);
    level.value = grant.level;
    level.disabled = grant.isGone;
    level.addEventListener("change", () => this.#save(this.grants.map((each) => (each === grant ? { ...each, level: level.value } : each))));
    const take = element("button", { type: "button", className: "button", "aria-label": `${t("rights.take")}: ${label}`, click: () => this.#save(this.grants.filter((each) => each !== grant)) }, t("rights.take"));
    const name = grant.isGone ? t("rights.removed") : grant.name;
    return element("li", { className: "field-item" }, element("span", { dir: "auto" }, `${KINDS[grant.kind]} `, element("b", {}, name)), level, take);
  }

  #add(event) {
    event.preventDefault();
    this.#save([...this.grants, { kind: this.kind.value, name: this.name.value.trim(), level: this.level.value }]);
  }

  async #save(grants) {
    const kept = grants.filter(({ isGone }) => !isGone).map(({ kind, name, level }) => ({ kind, name, level }));
    try {
      this.#show(await setRights(this.#path, kept));
      this.name.value = "";
      this.note.hidden = true;
      this.name.focus();
      announce(t("rights.saved"));
    } catch (error) {
      this.note.replaceChildren(...failureNodes(error));
      this.note.hidden = false;
    }
  }
}

function choice(words, label) {
  return element("select", { "aria-label": label }, ...Object.entries(words).map(([value, said]) => new Option(said, value)));
}
