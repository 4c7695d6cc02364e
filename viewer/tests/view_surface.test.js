import assert from "node:assert/strict";
import { test } from "node:test";

import { reduction } from "../src/view/reduction.js";
import { drawOnCpu } from "../src/view/surface_cpu.js";
import { flipped, inverse, matrix, plainView, rotated } from "../src/view/transform.js";
import { brightness } from "../src/view/voi.js";
import { chances } from "./chances.js";

/** A point of the canvas by the formula alone: the four pixels around it, mixed, and then the window. */
function expected({ frame, shape, matrix: at, window, kind, invert }, u, v) {
  const [a, b, c, d, e, f] = inverse(at);
  const [px, py] = [a * (u + 0.5) + c * (v + 0.5) + e, b * (u + 0.5) + d * (v + 0.5) + f];
  if (px < 0 || py < 0 || px > shape.columns || py > shape.rows) return [0, 0, 0];
  const { ratio, offset } = reduction(frame, shape);
  const x = Math.max(0, Math.min(frame.columns - 1, (px - offset) / ratio[0] + offset - 0.5));
  const y = Math.max(0, Math.min(frame.rows - 1, (py - offset) / ratio[1] + offset - 0.5));
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const value = (column, row, sample) =>
    frame.pixels[(Math.min(row, frame.rows - 1) * frame.columns + Math.min(column, frame.columns - 1)) * frame.samples + sample];
  return [0, 1, 2].map((place) => {
    const sample = frame.samples === 1 ? 0 : place;
    const mix = (row) => value(left, row, sample) * (1 - x + left) + value(left + 1, row, sample) * (x - left);
    const bright = brightness(mix(top) * (1 - y + top) + mix(top + 1) * (y - top), window, kind) * 255;
    return invert ? 255 - bright : bright;
  });
}

function canvas(width, height) {
  const context = { canvas: { width, height }, put: null };
  context.createImageData = () => ({ width, height, data: new Uint8ClampedArray(width * height * 4) });
  context.putImageData = (picture) => (context.put = picture.data);
  return context;
}

test("every point of the canvas is as the formula says, however the image is turned, moved, windowed or reduced", () => {
  let compared = 0;
  chances(200, (chance) => {
    const among = (list) => list[chance.whole(0, list.length - 1)];
    const samples = among([1, 1, 3]);
    const [rows, columns] = [chance.whole(2, 9), chance.whole(2, 9)];
    const level = among([0, 0, 1, 2]);
    const frame = { rows, columns, samples, level, pixels: Float32Array.from({ length: rows * columns * samples }, () => chance.whole(-900, 900)) };
    const shape = level ? { rows: rows * 2 ** level, columns: columns * 2 ** level, aspect: 1 } : { rows, columns, aspect: among([1, 1, 1.5]) };
    let view = { ...plainView(), zoom: among([0.5, 1, 2.3]), pan: [chance.whole(-2, 2), chance.whole(-2, 2)] };
    view = rotated(view, chance.whole(0, 3));
    if (chance.whole(0, 1)) view = flipped(view, Boolean(chance.whole(0, 1)));
    const size = [chance.whole(1, 24), chance.whole(1, 24)];
    const drawing = {
      frame, shape,
      matrix: matrix(view, shape, size),
      window: { center: chance.whole(-400, 400), width: among([3, 80, 1500]) },
      kind: among(["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
      invert: Boolean(chance.whole(0, 1)),
    };
    const context = canvas(...size);
    // Twice: the second picture is drawn over the first.
    drawOnCpu(context, { ...drawing, invert: !drawing.invert });
    drawOnCpu(context, drawing);
    for (let v = 0; v < size[1]; v += 1) {
      for (let u = 0; u < size[0]; u += 1) {
        const wanted = expected(drawing, u, v);
        const got = [...context.put.slice((v * size[0] + u) * 4, (v * size[0] + u) * 4 + 3)];
        wanted.forEach((grey, i) => assert.ok(Math.abs(grey - got[i]) <= 1, `${wanted} and ${got}`));
        compared += 1;
      }
    }
  });
  assert.ok(compared > 10_000);
});
