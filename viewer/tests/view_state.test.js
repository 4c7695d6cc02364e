import assert from "node:assert/strict";
import test from "node:test";

import { outline, shownPart, State } from "../src/view/state.js";
import { apply, flipped, matrix, plainView, rotated } from "../src/view/transform.js";
import { chances } from "./chances.js";

const RAW = { uuid: "s", name: "LUNG", is_in_part: false, images: { a: [], b: [2] }, windows: [], areas: [], drawings: [], shutter: null, rescale: [1, 0], is_inverted: true, turn: 0, is_flipped: false };

test("a state is applied to the images and the frames that it names, and to no others", () => {
  const state = new State(RAW);
  const of = (instance, frame) => state.of({ instance, frame, slope: 1, intercept: 0 });
  assert.equal(of("a", 7).inverted, true);
  assert.equal(of("b", 2).inverted, true);
  assert.equal(of("b", 1), null);
  assert.equal(of("c", 1), null);
  assert.equal(state.of(null), null);
});

test("each image has the window and the drawings that are meant for it", () => {
  const drawings = [{ images: { b: [] }, value: [{ point: [1, 2] }] }, { images: null, value: [{ point: [3, 4] }] }];
  const windows = [{ images: { b: [] }, value: [40, 400, "LINEAR"] }, { images: { a: [] }, value: [50, 100, "SIGMOID"] }];
  const state = new State({ ...RAW, drawings, windows });
  const [a, b] = ["a", "b"].map((instance) => state.of({ instance, frame: 2 }));
  assert.deepEqual(a.window, { center: 50, width: 100, kind: "SIGMOID" });
  assert.deepEqual(b.window, { center: 40, width: 400, kind: "LINEAR" });
  assert.deepEqual([a.shapes.length, b.shapes.length], [1, 2]);
});

test("a window after another conversion of values than the image's is said to be applied in part", () => {
  const state = new State({ ...RAW, windows: [{ images: null, value: [40, 400, "LINEAR"] }] });
  assert.equal(state.of({ instance: "a", frame: 1, slope: 1, intercept: 0 }).inPart, false);
  assert.equal(state.of({ instance: "a", frame: 1, slope: 1, intercept: -1024 }).inPart, true);
});

test("the shown part is in the middle of the pane and as large as fits, however the image is turned", () => {
  chances(100, (chance) => {
    const shape = { rows: chance.whole(50, 300), columns: chance.whole(50, 300), aspect: chance.whole(5, 20) / 10 };
    const size = [chance.whole(100, 900), chance.whole(100, 900)];
    const left = chance.whole(0, 20);
    const top = chance.whole(0, 20);
    const part = [[left, top], [left + chance.whole(10, 30), top + chance.whole(10, 30)]];
    let view = rotated(plainView(), chance.whole(0, 3));
    if (chance.whole(0, 1)) view = flipped(view, true);
    const to = matrix(shownPart(view, shape, size, part), shape, size);
    const [one, other] = part.map((point) => apply(to, point));
    [0, 1].forEach((axis) => assert.ok(Math.abs((one[axis] + other[axis]) / 2 - size[axis] / 2) < 0.01));
    const filled = [0, 1].map((axis) => Math.abs(one[axis] - other[axis]) / size[axis]);
    assert.ok(Math.abs(Math.max(...filled) - 1) < 0.01);
  });
});

test("a circle is round as the image is seen, and goes through its second point", () => {
  chances(50, (chance) => {
    const aspect = chance.whole(5, 20) / 10;
    const ring = [[50, 40], [chance.whole(-20, 20) || 1, chance.whole(-20, 20)], null];
    const radius = Math.hypot(ring[1][0], ring[1][1] * aspect);
    const points = outline({ ring }, aspect);
    for (const [x, y] of points) assert.ok(Math.abs(Math.hypot(x - 50, (y - 40) * aspect) - radius) < 1e-6);
    assert.deepEqual(points[0], [50 + ring[1][0], 40 + ring[1][1]]);
  });
});
