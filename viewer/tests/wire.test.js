import assert from "node:assert/strict";
import test from "node:test";

import { Lost, readRange } from "../src/data/wire.js";
import { chancesLater } from "./chances.js";

const pack = Uint8Array.from({ length: 5000 }, (_, at) => (at * 7) % 256);

/** A server that drops connections, refuses for a while, or forgets about ranges. */
function unsteady(chance) {
  const asked = [];
  const fetch = async (_, { headers, signal }) => {
    signal.throwIfAborted();
    const [from, to] = headers.Range.slice("bytes=".length).split("-").map(Number);
    asked.push(from);
    const mood = chance.whole(0, 5);
    if (mood === 0) throw new TypeError("network");
    if (mood === 1) return new Response("", { status: chance.whole(0, 1) ? 503 : 429 });
    const whole = mood === 2;
    const bytes = whole ? pack : pack.subarray(from, to + 1);
    const upto = chance.whole(0, 2) === 0 ? chance.whole(0, bytes.length) : bytes.length;
    return new Response(stream(bytes, upto, chance), { status: whole ? 200 : 206 });
  };
  return { fetch, asked };
}

function stream(bytes, upto, chance) {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= upto) return upto < bytes.length ? controller.error(new TypeError("dropped")) : controller.close();
      const size = Math.min(upto - at, chance.whole(1, 900));
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
      return undefined;
    },
  });
}

test("every byte arrives once and in order, whatever the connection does", async () => {
  await chancesLater(150, async (chance) => {
    const from = chance.whole(0, 4000);
    const to = chance.whole(from, 4999);
    const taken = [];
    const states = [];

    await readRange("pack", from, to, {
      take: (bytes) => taken.push(...bytes),
      signal: new AbortController().signal,
      waiting: (is) => states.push(is),
      fetch: unsteady(chance).fetch,
      pause: async () => {},
    });

    assert.deepEqual(taken, [...pack.subarray(from, to + 1)]);
    assert.ok(!states.length || states[0] === true);
  });
});

for (const status of [401, 403, 404]) {
  test(`an answer of ${status} ends the reading`, async () => {
    let asked = 0;
    const fetch = async () => ((asked += 1), new Response("", { status }));

    const reading = readRange("pack", 0, 10, { take() {}, signal: new AbortController().signal, fetch, pause: async () => {} });

    await assert.rejects(reading, (error) => error instanceof Lost && error.status === status);
    assert.equal(asked, 1);
  });
}

test("each further try waits longer, within bounds", async () => {
  const waits = [];
  let asked = 0;
  const fetch = async () => {
    asked += 1;
    if (asked <= 8) throw new TypeError("network");
    return new Response(pack.slice(0, 11), { status: 206 });
  };

  await readRange("pack", 0, 10, { take() {}, signal: new AbortController().signal, fetch, pause: async (ms) => waits.push(ms) });

  assert.equal(waits.length, 8);
  assert.ok(waits[0] >= 375 && waits[0] <= 625);
  assert.ok(waits[5] > waits[1] && Math.max(...waits) <= 15000 * 1.25);
});
