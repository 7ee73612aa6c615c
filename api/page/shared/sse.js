// Server-sent events, read from a fetch body: EventSource cannot send a POST. Pure, without the DOM.
// The grammar is that of the WHATWG HTML standard, section 9.2.6; `retry` is not used here.

/** Parses pieces of text, cut anywhere, into events `{event, data}`, with the `id` of those that have one. */
export class SseParser {
  #rest = "";
  #event = "";
  #data = [];
  #id = null;
  #started = false;

  /** Adds the next piece and returns the events that it completes, in order. */
  push(piece) {
    let text = this.#rest + piece;
    if (!this.#started && text !== "") {
      this.#started = true;
      if (text.startsWith("\uFEFF")) text = text.slice(1);
    }
    const events = [];
    let from = 0;
    for (;;) {
      const match = nextLineEnd(text, from);
      if (match === null) break;
      const event = this.#line(text.slice(from, match.at));
      if (event !== null) events.push(event);
      from = match.next;
    }
    this.#rest = text.slice(from);
    return events;
  }

  #line(line) {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return null; // a comment; servers send them to keep the connection open
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /u, "");
    if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id") this.#id = value;
    return null;
  }

  #dispatch() {
    const event = this.#data.length > 0 ? { event: this.#event || "message", data: this.#data.join("\n"), ...(this.#id !== null && { id: this.#id }) } : null;
    this.#event = "";
    this.#data = [];
    this.#id = null;
    return event;
  }
}

/** Finds the next CRLF, LF or CR. A CR at the very end may be half of a CRLF, so it waits for the next piece. */
function nextLineEnd(text, from) {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\n") return { at, next: at + 1 };
    if (text[at] === "\r") {
      if (at + 1 === text.length) return null;
      return { at, next: text[at + 1] === "\n" ? at + 2 : at + 1 };
    }
  }
  return null;
}

/** Yields the events of a response body, as they arrive; the decoder joins characters that were split between packets. */
export async function* readEvents(body) {
  const parser = new SseParser();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    reader.cancel().catch(() => {}); // closed or aborted already: nothing to release
  }
}
