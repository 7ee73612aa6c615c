// The words of the page in the reader's language. The service puts the dictionary of that language, one of
// /page/words/*.json, into the page itself, so that the words are there at once and without a request.

const page = globalThis.document;
const words = JSON.parse(page.getElementById("words").content.textContent);
export const LANGUAGE = page.documentElement.lang;
/** The English words for what readers of files say, by key, on pages in another language. */
export const ENGLISH = words.english ?? {};
// The region of the reader says how dates and numbers look: 30/11/2026 in Britain, 11/30/2026 in the USA.
export const LOCALE = globalThis.navigator?.languages?.find((each) => each.split("-")[0] === LANGUAGE) ?? LANGUAGE;
const plurals = new Intl.PluralRules(LOCALE);
const PLACE = /\{(\w+)\}/gu;
const YEAR_SECONDS = 31_536_000;

/**
 * Returns the words under a key, with `values` in the places of their {names}. Numbers are written as in the reader's
 * language. Words that depend on a number are chosen by the value `count`.
 */
export function t(key, values = {}) {
  return phrase(key, values).replace(PLACE, (_, name) => written(name, values[name]));
}

/** Returns the words under a key as pieces for an element: strings, and the nodes of `values` in their places. */
export function pieces(key, values) {
  const isNode = (name) => typeof values[name] === "object";
  return phrase(key, values).split(PLACE).map((piece, at) => (at % 2 === 0 ? piece : isNode(piece) ? values[piece] : written(piece, values[piece])));
}

/** Returns whether the dictionary has words under a key, for keys that the service names, and `values` are all they need. */
export function hasWords(key, values = {}) {
  return Object.hasOwn(words, key) && [...phrase(key, values).matchAll(PLACE)].every(([, name]) => values[name] !== undefined);
}

function phrase(key, { count }) {
  const found = words[key] ?? key;
  return typeof found === "string" ? found : found[plurals.select(count)] ?? found.other;
}

/** Units stand in names: `limit_bytes` is a size, `removed_at` a point in time. */
function written(name, value) {
  if (name.endsWith("_bytes")) return size(value);
  if (name.endsWith("_at")) return date(value);
  return typeof value === "number" ? number(value) : String(value);
}

export function number(value, options = {}) {
  return value.toLocaleString(LOCALE, options);
}

/** Returns a share, 0 to 1, as a percentage. */
export function percent(share) {
  return number(share, { style: "percent" });
}

/** Returns a size of a file. */
export function size(bytes) {
  if (bytes < 1024) return number(bytes, { style: "unit", unit: "byte", unitDisplay: "long" });
  const [value, unit] = bytes < 1_048_576 ? [bytes / 1024, "kilobyte"] : [bytes / 1_048_576, "megabyte"];
  return number(value, { style: "unit", unit, maximumFractionDigits: value < 10 ? 1 : 0 });
}

/** Returns a point in time in words; `options` are those of Intl.DateTimeFormat. */
export function date(value, options = { dateStyle: "medium" }) {
  return new Date(value).toLocaleString(LOCALE, options);
}

/** Returns a list in words, such as "a, b and c"; with "disjunction" it is "a, b or c". */
export function list(items, type = "conjunction") {
  return new Intl.ListFormat(LOCALE, { type }).format(items);
}

function chooseLanguage({ target }) {
  page.cookie = `citewell_language=${target.value}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax`;
  location.reload();
}

page.getElementById("language")?.addEventListener("change", chooseLanguage);
