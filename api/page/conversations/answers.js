// The events of answers in a conversation: as they are written, from where a connection broke, or as they were kept.

import { ApiError, problem, send, unreachable } from "/page/shared/api.js";
import { getConversation, stopAnswer } from "/page/conversations/calls.js";
import { readEvents } from "/page/shared/sse.js";
import { t } from "/page/shared/words.js";

const MOST_ATTEMPTS = 5;
const PAUSE_MILLISECONDS = 400;
const ELSEWHERE_MILLISECONDS = 2_000;
const MOST_LOOKS = 90;

/** The reason to stop reading an answer that shall be written on: the reader looks at something else. */
export const LEFT = new DOMException("The reader has left", "AbortError");

/**
 * Asks in a conversation, and yields the events of the answer as `ask` does, after `begun` with its `request_id`.
 * A stop ends the answer, `LEFT` does not.
 */
export async function* askIn({ conversationId, question, collection, searchQuery = "", documentIds = [], filter = {}, fresh = false, replaces = null, signal }) {
  const body = { question, collection, conversation_id: conversationId, filter, stream: true };
  if (replaces) body.replaces = replaces;
  if (searchQuery !== "") body.search_query = searchQuery;
  if (documentIds.length > 0) body.filter = { ...filter, document_ids: documentIds };
  const headers = { "Content-Type": "application/json", Accept: "text/event-stream", ...(fresh && { "Cache-Control": "no-cache" }) };
  let response;
  try {
    response = await send("/v1/ask", { method: "POST", headers, body: JSON.stringify(body), signal });
  } catch (error) {
    if (signal.aborted && signal.reason !== LEFT) stopRunning(conversationId);
    throw error;
  }
  yield* follow({ requestId: response.headers.get("X-Request-ID"), response, signal });
}

/** Goes on with a turn that was being written when the page was loaded. */
export async function* resume({ conversationId, turn, signal }) {
  try {
    yield* follow({ requestId: turn.request_id, response: null, signal });
  } catch (error) {
    if (error.code !== "answer_not_live") throw error;
    yield* kept(await ended({ conversationId, turn, signal }));
  }
}

/** Returns a turn once it has ended: another process of the service may be writing its answer. */
async function ended({ conversationId, turn, signal }) {
  let found = turn;
  for (let look = 0; look < MOST_LOOKS && found?.state === "running"; look += 1) {
    if (look > 0) await pause(ELSEWHERE_MILLISECONDS, signal);
    const { turns } = await getConversation(conversationId);
    found = turns.find((each) => each.request_id === turn.request_id);
  }
  if (found === undefined) throw failure(t("conversations.not_kept"), t("conversations.not_kept_why"));
  return found;
}

/** Yields the events of a turn as it was kept, and throws what ended it. */
export async function* kept({ request_id, asked_at, state, text, answer, partial, problem: reason }) {
  yield { event: "begun", data: { request_id, asked_at } };
  if (answer) {
    yield { event: "done", data: answer };
    return;
  }
  if (partial) yield { event: "sources", data: partial };
  if (partial?.text || text) yield { event: "token", data: { text: partial?.text || text } };
  for (const sentence of partial?.sentences ?? []) yield { event: "sentence", data: sentence };
  if (state === "stopped") throw new DOMException("Stopped", "AbortError");
  if (reason) throw problem(reason.status, reason);
  if (state === "answered") throw failure(t("conversations.too_large"), t("conversations.too_large_why"));
  throw failure(t("conversations.interrupted"), t("problem.answer_interrupted"));
}

async function* follow({ requestId, response, signal }) {
  const onAbort = () => signal.reason !== LEFT && stopAnswer(requestId).catch(() => {}); // it has ended by itself
  signal.addEventListener("abort", onAbort, { once: true });
  let seen = 0;
  let isDone = false;
  yield { event: "begun", data: { request_id: requestId } };
  try {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
      try {
        if (attempt > 0) await pause(PAUSE_MILLISECONDS * 2 ** attempt, signal);
        response ??= await send(`/v1/answers/${encodeURIComponent(requestId)}/events`, { headers: { "Last-Event-ID": String(seen) }, signal });
        response.clone().text().catch(() => {}); // else Chromium lists it among the requests that failed
        for await (const { event, data, id } of readEvents(response.body)) {
          if (isDone) continue; // read to its end, so that the request is not listed as cancelled
          const value = JSON.parse(data);
          if (event === "error") throw problem(value.status, value);
          yield { event, data: value };
          seen = Number(id) || seen;
          attempt = 0;
          isDone = event === "done";
        }
      } catch (error) {
        const isLost = error instanceof TypeError || error.status === 0;
        if (!isLost && !isDone) throw error;
      }
      if (isDone) return;
      response = null;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
  throw unreachable();
}

async function stopRunning(conversationId) {
  try {
    const { turns } = await getConversation(conversationId);
    for (const { request_id: id } of turns.filter(({ state }) => state === "running")) await stopAnswer(id);
  } catch {
    // It has ended by itself, or the service is gone.
  }
}

function failure(title, detail) {
  return new ApiError({ title, detail, code: "not_kept", status: 0 });
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
