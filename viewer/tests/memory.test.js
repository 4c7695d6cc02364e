import assert from "node:assert/strict";
import test from "node:test";

import { Spare } from "../src/data/memory.js";
import { chances } from "./chances.js";

test("memory is given out for the same size only, each once, and what is kept stays within the bound", () => {
  chances(300, (chance) => {
    const most = chance.whole(1, 60);
    const spare = new Spare(most);
    const given = new Set();
    for (let step = 0; step < 60; step += 1) {
      const bytes = chance.whole(0, 20);
      if (chance.whole(0, 1)) {
        const buffer = new ArrayBuffer(bytes);
        spare.give(buffer);
        given.add(buffer);
      } else {
        const buffer = spare.take(bytes);
        assert.ok(buffer === null || (buffer.byteLength === bytes && given.delete(buffer)));
      }
      assert.ok(spare.bytes <= most);
      assert.equal(spare.bytes, spare.buffers.reduce((sum, { byteLength }) => sum + byteLength, 0));
    }
  });
});
