// The menu that all pages have, and other links between them: those to pages of a collection carry its name.

const OF_A_COLLECTION = new Set(["/", "/documents", "/evals"]);

/** Lets the links of the page lead to this collection. */
export function carryCollection(collection) {
  const search = `?${new URLSearchParams({ collection })}`;
  for (const link of document.querySelectorAll(".site-menu a, a[data-carries]")) {
    if (OF_A_COLLECTION.has(link.pathname) || "carries" in link.dataset) link.search = search;
  }
}
