// Finds what must not be broken over two lines: dates, numbers with their units, part numbers. Pure, without the DOM.

const LONGEST = 28;
const UNITS =
  "%|‰|[°º][CF]?|[kmµn]?g|[kcmµn]?m[²³]?|km/h|[mc]?l|[kMG]?Wh?|[mk]?V|m?A|[kMGT]i?B|[kMG]?Hz|k?Pa|bar|kt|t|h|min|ms|s|" +
  "EUR|USD|GBP|CHF|NOK|SEK|DKK|JPY|CNY|Mio\\.?|Mrd\\.?|[€$£¥]";
const WHOLE = new RegExp(
  `(?:[€$£¥] ?)?(?<![\\p{L}\\p{N}])(?:[A-Z]{1,6}-)?\\d(?:[\\d.,:/–-]{0,20}\\d)?(?:[ \\u00a0]?(?:${UNITS})(?![\\p{L}\\p{N}])|-[A-Za-z]{1,12}(?![\\p{L}\\p{N}-]))?`,
  "gu",
);

/** Cuts `text` into stretches `{from, to, isWhole}`; one that is whole has a place at which a line might break. */
export function wholeStretches(text) {
  const stretches = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(WHOLE)) {
    if (found.length > LONGEST || !/[-–/ \u00a0]/.test(found)) continue;
    if (index > from) stretches.push({ from, to: index, isWhole: false });
    stretches.push({ from: index, to: index + found.length, isWhole: true });
    from = index + found.length;
  }
  if (from < text.length) stretches.push({ from, to: text.length, isWhole: false });
  return stretches;
}
