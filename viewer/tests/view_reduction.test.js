import assert from "node:assert/strict";
import test from "node:test";

import { reduction } from "../src/view/reduction.js";
import { chances } from "./chances.js";

const lead = ({ ratio, offset }, point) => point.map((value, i) => (value - offset) / ratio[i] + offset);

test("the middle of a reduced pixel lies on the middle of the full pixel it is", () => {
  chances(200, (chance) => {
    const level = chance.whole(1, 6);
    const [rows, columns] = [chance.whole(1, 4000), chance.whole(1, 4000)];
    const frame = { rows: Math.ceil(rows / 2 ** level), columns: Math.ceil(columns / 2 ** level), level };
    const k = chance.whole(0, frame.columns - 1);
    assert.deepEqual(lead(reduction(frame, { rows, columns }), [k * 2 ** level + 0.5, 0.5]), [k + 0.5, 0.5]);
  });
});

test("a full image is as it is, and a picture of another size is stretched", () => {
  assert.deepEqual(lead(reduction({ rows: 10, columns: 20, level: 0 }, { rows: 10, columns: 20 }), [3.5, 7.5]), [3.5, 7.5]);
  assert.deepEqual(lead(reduction({ rows: 5, columns: 10 }, { rows: 10, columns: 20 }), [20, 10]), [10, 5]);
});
