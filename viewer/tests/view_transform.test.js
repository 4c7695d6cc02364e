import assert from "node:assert/strict";
import test from "node:test";

import { apply, fit, flipped, inverse, matrix, moved, plainView, rotated, zoomed } from "../src/view/transform.js";
import { chances } from "./chances.js";

const near = (a, b, by = 1e-6) => a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) < by, `${a} is not ${b}`));

function any(chance) {
  const shape = { rows: chance.whole(1, 3000), columns: chance.whole(1, 3000), aspect: chance.whole(1, 40) / 10 };
  const size = [chance.whole(50, 2000), chance.whole(50, 2000)];
  let view = plainView();
  for (let step = chance.whole(0, 6); step > 0; step -= 1) {
    const turns = [
      () => rotated(view, chance.whole(0, 3)),
      () => flipped(view, chance.whole(0, 1) === 0),
      () => moved(view, shape, size, [chance.whole(-90, 90), chance.whole(-90, 90)]),
      () => zoomed(view, shape, size, chance.whole(2, 80) / 10, [chance.whole(0, 50), chance.whole(0, 50)]),
    ];
    view = turns[chance.whole(0, turns.length - 1)]();
  }
  return { shape, size, view, point: [chance.whole(0, 3000), chance.whole(0, 3000)] };
}

test("a point goes to the screen and back", () => {
  chances(400, (chance) => {
    const { shape, size, view, point } = any(chance);
    const there = matrix(view, shape, size);
    near(apply(inverse(there), apply(there, point)), point, 1e-4);
  });
});

test("all of the image is seen until it is zoomed or moved", () => {
  chances(300, (chance) => {
    const { shape, size } = any(chance);
    const view = rotated(chance.whole(0, 1) ? flipped(plainView(), true) : plainView(), chance.whole(0, 3));
    const there = matrix(view, shape, size);
    for (const corner of [[0, 0], [shape.columns, 0], [0, shape.rows], [shape.columns, shape.rows]]) {
      apply(there, corner).forEach((value, i) => assert.ok(value > -1e-6 && value < size[i] + 1e-6));
    }
    assert.ok(fit(shape, size, view.turn) > 0);
  });
});

test("what is under the pointer stays there while it zooms", () => {
  chances(300, (chance) => {
    const { shape, size, view } = any(chance);
    const at = [chance.whole(0, size[0]), chance.whole(0, size[1])];
    const point = apply(inverse(matrix(view, shape, size)), at);
    const next = zoomed(view, shape, size, chance.whole(2, 100) / 10, at);
    near(apply(matrix(next, shape, size), point), at, 1e-3);
  });
});

test("four quarters, or a flip and the flip back, change nothing", () => {
  chances(200, (chance) => {
    const { view } = any(chance);
    near(rotated(rotated(view, 3)).turn, view.turn);
    near(rotated(rotated(view, 3)).pan, view.pan);
    for (const across of [true, false]) near(flipped(flipped(view, across), across).pan, view.pan);
  });
});
