// Tests of sse.js.

import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./load.mjs";

const { SseParser, readEvents } = await load("/page/shared/sse.js");

const STREAM = 'event: token\r\ndata: {"text":"价格：€5"}\r\n\r\n: still here\n\ndata: a\ndata: b\n\nevent:done\rdata:1\r\r\n';
const EVENTS = [
  { event: "token", data: '{"text":"价格：€5"}' },
  { event: "message", data: "a\nb" },
  { event: "done", data: "1" },
];

const body = (chunks) =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });

async function collect(stream) {
  const events = [];
  for await (const event of readEvents(stream)) events.push(event);
  return events;
}

test("all line ends, comments and several data lines", () => {
  assert.deepEqual(new SseParser().push(STREAM), EVENTS);
});

test("any cut of the text gives the same events", () => {
  for (let at = 0; at <= STREAM.length; at += 1) {
    const parser = new SseParser();
    assert.deepEqual([...parser.push(STREAM.slice(0, at)), ...parser.push(STREAM.slice(at))], EVENTS, `cut at ${at}`);
  }
});

test("one character at a time gives the same events", () => {
  const parser = new SseParser();
  assert.deepEqual([...STREAM].flatMap((character) => parser.push(character)), EVENTS);
});

test("an event without data is none, and its name does not stick", () => {
  assert.deepEqual(new SseParser().push("event: x\n\ndata: y\n\n"), [{ event: "message", data: "y" }]);
});

test("an event that its blank line has not ended is not given out", () => {
  assert.deepEqual(new SseParser().push("data: half\n"), []);
});

test("one space after the colon is dropped, a second is kept", () => {
  assert.deepEqual(new SseParser().push("data:  two\n\n"), [{ event: "message", data: " two" }]);
});

test("a byte order mark at the start is dropped", () => {
  assert.deepEqual(new SseParser().push("\uFEFFdata: x\n\n"), [{ event: "message", data: "x" }]);
});

test("bytes cut inside a character are put together", async () => {
  const bytes = new TextEncoder().encode(STREAM);
  assert.deepEqual(await collect(body([...bytes].map((byte) => Uint8Array.of(byte)))), EVENTS);
});

test("a reader that stops early cancels the stream", async () => {
  let cancelled = false;
  const stream = new ReadableStream({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode("data: x\n\n"));
    },
    cancel() {
      cancelled = true;
    },
  });
  for await (const event of readEvents(stream)) {
    assert.equal(event.data, "x");
    break;
  }
  assert.equal(cancelled, true);
});
