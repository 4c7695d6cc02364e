import assert from "node:assert/strict";
import test from "node:test";

import { givesWay, nextRun, wanted } from "../src/data/plan.js";
import { chances } from "./chances.js";

test("each frame is named once, the one shown first, the near before the far", () => {
  chances(500, (chance) => {
    const frames = chance.whole(1, 60);
    const index = chance.whole(0, frames - 1);
    const direction = chance.whole(-1, 1);
    const most = chance.whole(1, 80);

    const order = wanted(frames, index, direction, most);

    assert.equal(order[0], index);
    assert.equal(order.length, Math.min(most, frames));
    assert.equal(new Set(order).size, order.length);
    assert.ok(order.every((at) => at >= 0 && at < frames));
    for (const side of [1, -1]) {
      const distances = order.map((at) => (at - index) * side).filter((distance) => distance > 0);
      assert.deepEqual(distances, distances.toSorted((a, b) => a - b));
    }
  });
});

test("most of what is wanted lies ahead", () => {
  assert.deepEqual(wanted(100, 50, 1, 7), [50, 51, 52, 53, 54, 49, 55]);
  assert.deepEqual(wanted(100, 50, -1, 7), [50, 49, 48, 47, 46, 51, 45]);
  assert.deepEqual(wanted(100, 50, 0, 5), [50, 51, 49, 52, 48]);
});

test("a request begins at what is wanted most, and asks for nothing that is here, unwanted or too much", () => {
  chances(500, (chance) => {
    const frames = chance.whole(1, 60);
    const sizes = chance.list(frames, () => chance.whole(1, 50));
    const here = new Set(chance.list(chance.whole(0, frames), () => chance.whole(0, frames - 1)));
    const direction = chance.whole(-1, 1);
    const order = wanted(frames, chance.whole(0, frames - 1), direction, chance.whole(1, frames));
    const bounds = { most: chance.whole(1, 300), frames: chance.whole(1, 12), direction };
    const missing = (at) => !here.has(at);

    const run = nextRun(order, missing, (at) => sizes[at], bounds);

    const first = order.find(missing);
    if (first === undefined) return assert.equal(run, null);
    const asked = Array.from({ length: run.last - run.first + 1 }, (_, nth) => run.first + nth);
    assert.ok(asked.includes(first));
    assert.ok(asked.every((at) => missing(at) && order.includes(at)));
    assert.ok(asked.length <= bounds.frames);
    assert.ok(asked.length === 1 || asked.reduce((sum, at) => sum + sizes[at], 0) <= bounds.most);
    return undefined;
  });
});

test("asking on and on brings every wanted frame, each once", () => {
  chances(200, (chance) => {
    const frames = chance.whole(1, 60);
    const order = wanted(frames, chance.whole(0, frames - 1), chance.whole(-1, 1), chance.whole(1, frames));
    const here = new Set();
    const bounds = { most: chance.whole(1, 100), frames: chance.whole(1, 8), direction: chance.whole(-1, 1) };
    for (;;) {
      const run = nextRun(order, (at) => !here.has(at), () => 10, bounds);
      if (!run) break;
      for (let at = run.first; at <= run.last; at += 1) {
        assert.ok(!here.has(at));
        here.add(at);
      }
    }
    assert.deepEqual([...here].toSorted((a, b) => a - b), order.toSorted((a, b) => a - b));
  });
});

test("a request gives way only where the frame shown waits and none of its frames is wanted soon", () => {
  assert.equal(givesWay({ done: 10, last: 20 }, [80, 81, 82], true), true);
  assert.equal(givesWay({ done: 10, last: 20 }, [80, 81, 82], false), false);
  assert.equal(givesWay({ done: 10, last: 20 }, [19, 20, 21], true), false);
  assert.equal(givesWay({ done: 20, last: 20 }, [10, 11, 19], true), true);
});
