// Loads a module of the page in node. Its text is loaded, because older releases of node take a .js file for CommonJS, and
// because addresses such as /page/shared/sse.js are those of the service.

import { readFile } from "node:fs/promises";

const loaded = new Map();
const words = await readFile(`${process.env.PAGE_ROOT}/page/words/en.json`, "utf8");
globalThis.document = { documentElement: { lang: "en" }, getElementById: (id) => (id === "words" ? { content: { textContent: words } } : null) };

/**
 * Returns the exports of a module by its address. Modules that need a document can be loaded, but not run; the words are
 * the English ones. Each `edition` is a module of its own.
 */
export async function load(address, edition = "") {
  return import((await asData(address)) + (edition && `#${edition}`));
}

async function asData(address) {
  if (loaded.has(address)) return loaded.get(address);
  let source = (await readFile(`${process.env.PAGE_ROOT}${address}`)).toString();
  for (const [, imported] of source.matchAll(/^import .* from "(\/page\/[^"]+)";$/gm)) {
    source = source.replaceAll(`"${imported}"`, JSON.stringify(await asData(imported)));
  }
  const data = `data:text/javascript;base64,${Buffer.from(source).toString("base64")}`;
  loaded.set(address, data);
  return data;
}
