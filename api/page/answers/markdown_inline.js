// Reads the marks within a line of Markdown: emphasis, code, links. Pure, without the DOM.

const MOST_OPEN = 20;
const ESCAPED = "*_`|[]#<>~";
const WORD = /[\p{L}\p{N}]/u;
const LATIN_WORD = /[A-Za-z0-9]/;
const ADDRESS = /https?:\/\/[^\s<>"'`|\\^{}]{1,2000}/y;
const DESTINATION = /\(\s{0,9}<?([^\s<>()]{1,2000}(?:\([^\s<>()]{0,200}\)[^\s<>()]{0,2000})?)>?(?:\s{1,9}(?:"[^"\n]{0,200}"|'[^'\n]{0,200}'))?\s{0,9}\)/y;
const BREAK = /<br ?\/?>/iy;
const SAFE = /^(?:https?:\/\/|mailto:)/i;
const TYPES = { "**": "strong", __: "strong", "*": "emphasis", _: "emphasis", "~~": "struck" };

/**
 * Returns the inline nodes of `segments`, the places of the lines of one block. A mark that has no partner is text; if
 * the block is the last of a text that is `growing`, its partner is still to come.
 */
export function parseInline({ text, growing }, segments) {
  const isLast = growing && segments.length > 0 && segments.at(-1).end >= text.trimEnd().length;
  const reader = new InlineReader(text, isLast);
  segments.forEach((segment, at) => {
    if (at > 0) reader.addBreak();
    reader.read(segment);
  });
  return reader.finish();
}

class InlineReader {
  #frames = [{ mark: "", start: 0, children: [] }];

  constructor(text, isGrowing) {
    this.text = text;
    this.isGrowing = isGrowing;
  }

  addBreak() {
    this.#top.children.push({ type: "break" });
  }

  read({ start, end }) {
    const { text } = this;
    const unclosed = new Set(); // lengths of backticks that no others of this line close
    let at = start;
    while (at < end) {
      const character = text[at];
      if (character === "\\" && ESCAPED.includes(text[at + 1] ?? " ") && at + 1 < end) {
        this.#addText(at + 1, at + 2);
        at += 2;
      } else if (character === "`") {
        at = this.#code(at, end, unclosed);
      } else if (character === "*" || character === "_" || character === "~") {
        at = this.#marks(at, start, end);
      } else if (character === "[" || (character === "!" && text[at + 1] === "[" && at + 1 < end)) {
        at = this.#bracket(at);
      } else if (character === "]") {
        at = this.#link(at, end);
      } else if (character === "h") {
        at = this.#address(at, start, end);
      } else if (character === "<" && this.#matches(BREAK, at, end)) {
        this.addBreak();
        at = BREAK.lastIndex;
      } else {
        this.#addText(at, at + 1);
        at += 1;
      }
    }
  }

  finish() {
    while (this.#frames.length > 1) {
      const frame = this.#frames.pop();
      if (this.isGrowing && TYPES[frame.mark] && frame.children.length > 0) this.#top.children.push(this.#node(frame));
      else if (!this.isGrowing || frame.children.length > 0) this.#demote(frame);
    }
    return this.#frames[0].children;
  }

  get #top() {
    return this.#frames.at(-1);
  }

  #node({ mark, children }) {
    return { type: TYPES[mark], children };
  }

  #addText(start, end) {
    const last = this.#top.children.at(-1);
    if (last?.type === "text" && last.end === start) last.end = end;
    else this.#top.children.push({ type: "text", start, end });
  }

  /** Shows a mark without a partner as the text that it is, and what follows it as before. */
  #demote({ mark, start, children }) {
    this.#addText(start, start + mark.length);
    for (const child of children) {
      if (child.type === "text") this.#addText(child.start, child.end);
      else this.#top.children.push(child);
    }
  }

  #matches(pattern, at, end) {
    pattern.lastIndex = at;
    return pattern.test(this.text) && pattern.lastIndex <= end;
  }

  #runLength(at, end) {
    let to = at;
    while (to < end && this.text[to] === this.text[at]) to += 1;
    return to - at;
  }

  #code(at, end, unclosed) {
    const length = this.#runLength(at, end);
    const from = at + length;
    for (let to = unclosed.has(length) ? end : from; to < end; ) {
      const found = this.text.indexOf("`", to);
      if (found < 0 || found >= end) break;
      const closing = this.#runLength(found, end);
      if (closing === length) {
        this.#addCode(from, found);
        return found + length;
      }
      to = found + closing;
    }
    unclosed.add(length);
    if (this.isGrowing && length < 3) {
      if (from < end) this.#addCode(from, end);
      return end;
    }
    this.#addText(at, from);
    return from;
  }

  #addCode(start, end) {
    const isPadded = end - start > 2 && this.text[start] === " " && this.text[end - 1] === " ";
    this.#top.children.push(isPadded ? { type: "code", start: start + 1, end: end - 1 } : { type: "code", start, end });
  }

  /** Reads a run of `*`, `_` or `~`: it closes what is open, and opens the rest. */
  #marks(at, lineStart, lineEnd) {
    const character = this.text[at];
    let length = this.#runLength(at, lineEnd);
    const next = at + length;
    if (length > 3 || (character === "~" && length !== 2)) {
      this.#addText(at, next);
      return next;
    }
    const before = at > lineStart ? this.text[at - 1] : " ";
    const after = next < lineEnd ? this.text[next] : " ";
    const isWord = character === "_" ? WORD : LATIN_WORD;
    if (!/\s/.test(before) && !isWord.test(after)) {
      while (length > 0) {
        const closed = this.#close(character, length);
        if (closed === 0) break;
        length -= closed;
      }
    }
    let from = next - length;
    const canOpen = !/\s/.test(after) && !isWord.test(before) && !this.#isName(from, length, lineEnd);
    if (canOpen && this.#frames.length + 1 < MOST_OPEN) {
      for (; length > 0; ) {
        const taken = Math.min(2, length);
        this.#frames.push({ mark: character.repeat(taken), start: from, children: [] });
        from += taken;
        length -= taken;
      }
    } else if (length > 0 && !(this.isGrowing && next === this.text.length)) {
      this.#addText(from, next);
    }
    return next;
  }

  /** Closes the innermost open mark of a character; returns how many characters of a run of `length` that takes. */
  #close(character, length) {
    for (let at = this.#frames.length - 1; at > 0; at -= 1) {
      const frame = this.#frames[at];
      if (frame.mark[0] !== character || frame.mark.length > length) continue;
      if (at === this.#frames.length - 1 && frame.children.length === 0) return 0;
      while (this.#frames.length - 1 > at) this.#demote(this.#frames.pop());
      this.#frames.pop();
      this.#top.children.push(this.#node(frame));
      return frame.mark.length;
    }
    return 0;
  }

  /** Returns whether two underscores belong to a name of code, such as `__init__`. */
  #isName(at, length, end) {
    if (this.text[at] !== "_" || length !== 2) return false;
    return /^__[a-z0-9_]{1,60}__(?![A-Za-z0-9])/.test(this.text.slice(at, Math.min(end, at + 70)));
  }

  #bracket(at) {
    const mark = this.text[at] === "!" ? "![" : "[";
    if (this.#frames.length + 1 < MOST_OPEN) this.#frames.push({ mark, start: at, children: [] });
    else this.#addText(at, at + mark.length);
    return at + mark.length;
  }

  /** Reads the end of a link's words with its address; brackets without an address are text. */
  #link(at, end) {
    const opened = this.#frames.findLastIndex(({ mark }) => mark.endsWith("["));
    if (opened < 0) {
      this.#addText(at, at + 1);
      return at + 1;
    }
    while (this.#frames.length - 1 > opened) this.#demote(this.#frames.pop());
    const frame = this.#frames.pop();
    if (at + 1 < end && this.#matches(DESTINATION, at + 1, end)) {
      DESTINATION.lastIndex = at + 1;
      const [whole, address] = DESTINATION.exec(this.text);
      const start = at + 1 + whole.indexOf(address);
      const isLink = frame.mark === "[" && SAFE.test(address);
      this.#top.children.push({ type: "link", href: isLink ? address : null, address: { start, end: start + address.length }, children: frame.children });
      return at + 1 + whole.length;
    }
    this.#demote(frame);
    this.#addText(at, at + 1);
    return at + 1;
  }

  #address(at, start, end) {
    const isInWord = at > start && LATIN_WORD.test(this.text[at - 1]);
    ADDRESS.lastIndex = at;
    const found = isInWord || this.#frames.some(({ mark }) => mark.endsWith("[")) ? null : ADDRESS.exec(this.text);
    if (found === null) {
      this.#addText(at, at + 1);
      return at + 1;
    }
    let length = Math.min(found[0].length, end - at);
    while (length > 0 && /[.,;:!?)\]*_~]/.test(found[0][length - 1])) length -= 1;
    const children = [{ type: "text", start: at, end: at + length }];
    this.#top.children.push({ type: "link", href: found[0].slice(0, length), address: null, children });
    return at + length;
  }
}
