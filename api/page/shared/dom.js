// Builds all elements of the page. Strings become text nodes only, so markup in a document's name or in an answer is
// shown as text.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Builds an element. `properties` are DOM properties; names with a dash, and `role`, are attributes; a function is a
 * listener for the event of that name. Children are nodes or strings; null and false are left out.
 */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (name.includes("-") || name === "role") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Returns the icon that index.html defines under `#icon-NAME`. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

export function byId(id) {
  return document.getElementById(id);
}

/** Announces a text to screen readers without showing it. */
export function announce(text) {
  byId("announcer").textContent = text;
}

/** Returns `text` cut to about `limit` characters, at a space if there is one near. */
export function shorten(text, limit) {
  const flat = text.replace(/\s+/gu, " ").trim();
  const points = Array.from(flat);
  if (points.length <= limit) return flat;
  const cut = points.slice(0, limit).join("");
  const space = cut.lastIndexOf(" ");
  return `${space > cut.length * 0.7 ? cut.slice(0, space) : cut}…`;
}
