// Makes the children of an element what descriptions say, and keeps the nodes that are right already: what was read,
// selected or focused stays where it is while the rest of an answer arrives.

const placed = new WeakSet(); // nodes that were given, not made here

/** `wanted` are descriptions as in answer_nodes.js; `live(at)` returns the node of `{live: at}`. */
export function patch(parent, wanted, live) {
  for (const each of wanted) if (isLive(each)) placed.add(live(each.live));
  let at = parent.firstChild;
  for (const each of wanted) {
    const node = isLive(each) ? live(each.live) : kept(at, each) ?? created(each);
    if (node === at) at = at.nextSibling;
    else parent.insertBefore(node, at);
    if (typeof each === "string") write(node, each);
    else if (!isLive(each)) patchElement(node, each, live);
  }
  while (at !== null) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

const isLive = (wanted) => wanted.live !== undefined;

/** Returns the node at this place if it can become what is wanted. */
function kept(node, wanted) {
  if (node === null || placed.has(node)) return null;
  if (typeof wanted === "string") return node.nodeType === Node.TEXT_NODE ? node : null;
  return node.localName === wanted.tag ? node : null;
}

function created(wanted) {
  return typeof wanted === "string" ? document.createTextNode("") : document.createElement(wanted.tag);
}

function write(node, text) {
  if (text === node.data) return;
  if (text.startsWith(node.data)) node.appendData(text.slice(node.data.length));
  else node.data = text;
}

function patchElement(node, { className, attributes, children }, live) {
  const wanted = className === "" ? attributes : { ...attributes, class: className };
  for (const { name } of [...node.attributes]) if (!(name in wanted)) node.removeAttribute(name);
  for (const [name, value] of Object.entries(wanted)) if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  patch(node, children, live);
}
