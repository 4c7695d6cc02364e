import assert from "node:assert/strict";
import test from "node:test";

import { Cutter } from "../src/data/cutter.js";
import { chances } from "./chances.js";

test("frames come out whole and in order, however the stream is cut", () => {
  chances(400, (chance) => {
    const pieces = chance.list(chance.whole(1, 12), () => ({ bytes: chance.whole(0, 20) })).map((piece, index) => ({ ...piece, index }));
    const total = pieces.reduce((sum, { bytes }) => sum + bytes, 0);
    const stream = Uint8Array.from({ length: total }, (_, at) => at % 251);
    const delivered = [];

    const cutter = new Cutter(pieces, (index, bytes) => delivered.push([index, [...bytes]]));
    for (let at = 0; at < total; ) {
      const size = chance.whole(1, 30);
      cutter.take(stream.subarray(at, at + size));
      at += size;
    }

    let at = 0;
    const expected = pieces.map(({ index, bytes }) => [index, [...stream.subarray(at, (at += bytes))]]);
    assert.deepEqual(delivered, expected);
    assert.equal(cutter.current, null);
  });
});
