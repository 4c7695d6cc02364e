// Reads a range of a pack as it arrives, and goes on where a dropped connection left off.

import { release } from "./memory.js";

export class Lost extends Error {
  /** @param {number} status 401, 403 or 404: the right to these bytes has ended, or they are no longer there */
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15000;

/**
 * @param {string} url
 * @param {number} from first byte
 * @param {number} to last byte
 * @param {object} how
 * @param {(bytes: Uint8Array) => void} how.take gets the bytes in their order, each once
 * @param {AbortSignal} how.signal
 * @param {(waiting: boolean) => void} [how.waiting] told when the connection is down, and when it is back
 * @param {typeof fetch} [how.fetch]
 * @param {(ms: number, signal: AbortSignal) => Promise<void>} [how.pause]
 */
export async function readRange(url, from, to, { take, signal, waiting = () => {}, fetch: ask = fetch, pause = paused }) {
  let at = from;
  let failures = 0;
  const arrived = (bytes) => {
    if (failures) waiting(false);
    failures = 0;
    const wanted = bytes.subarray(0, to + 1 - at);
    at += wanted.length;
    if (wanted.length) take(wanted);
  };
  while (at <= to) {
    let answer = null;
    try {
      // Two ranges of one URL would wait for each other at the browser's cache, which has no use for them anyway.
      answer = await ask(url, {
        headers: { Range: `bytes=${at}-${to}` },
        cache: "no-store",
        credentials: "same-origin",
        redirect: "manual",
        signal,
      });
      ended(answer);
      if (answer.status === 206 || answer.status === 200) {
        await drained(answer, answer.status === 200 ? at : 0, arrived, () => at > to);
      }
    } catch (error) {
      if (signal.aborted || error instanceof Lost) throw error;
    }
    if (at > to) return;
    failures += 1;
    waiting(true);
    await pause(waitFor(failures, answer), signal);
  }
}

/** Throws where the answer says that the right has ended; a redirect leads to the sign-in page. */
export function ended(answer) {
  if (answer.type === "opaqueredirect" || answer.redirected) throw new Lost(401);
  if ([401, 403, 404, 410, 416].includes(answer.status)) throw new Lost(answer.status);
}

/**
 * A server that ignores the range sends everything: what lies before it is skipped, and what follows is not waited for. Of
 * one that sends the range the end is waited for: a request that is stopped just before it loses its connection.
 */
async function drained(answer, skip, arrived, enough) {
  const reader = answer.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const bytes = value.subarray(Math.min(skip, value.length));
      skip -= value.length - bytes.length;
      if (bytes.length) arrived(bytes);
      // Whoever wanted the bytes has copied them.
      release(value);
      if (enough() && answer.status !== 206) return;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function waitFor(failures, answer) {
  const asked = Number(answer?.headers?.get("Retry-After")) * 1000;
  const grown = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 1));
  return Math.max(asked || 0, grown * (0.75 + Math.random() / 2));
}

/** A while, cut short when the browser says that the network is back. */
export function paused(ms, signal) {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", done);
      signal.removeEventListener("abort", stop);
      resolve();
    };
    const stop = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", done);
      reject(signal.reason);
    };
    const timer = setTimeout(done, ms);
    globalThis.addEventListener?.("online", done, { once: true });
    signal.addEventListener("abort", stop, { once: true });
  });
}
