import assert from "node:assert/strict";
import test from "node:test";

import { lines, pointText } from "../src/view/measures.js";
import { within } from "../src/view/statistics.js";
import { angleAt, mmBetween, regionAt, scaleAt } from "../src/view/units.js";
import { chances } from "./chances.js";

const info = (more = {}) => ({ spacing: [0.5, 0.5], spacing_kind: "PixelSpacing", regions: [], padding: null, unit: "HU", ...more });

function picture(chance) {
  const [rows, columns] = [chance.whole(1, 30), chance.whole(1, 30)];
  const pixels = Int16Array.from({ length: rows * columns }, () => chance.whole(-1000, 1000));
  return { pixels, rows, columns, samples: 1, quality: "full" };
}

test("mean and deviation are those of the pixels whose middle lies within", () => {
  chances(400, (chance) => {
    const frame = picture(chance);
    const kind = chance.whole(0, 1) ? "ellipse" : "rectangle";
    const [a, b] = [0, 1].map(() => [chance.whole(-50, 350) / 10, chance.whole(-50, 350) / 10]);
    const padding = chance.whole(0, 2) === 0 ? [frame.pixels[0], frame.pixels[0] + 100] : null;

    const found = within(frame, info({ padding, slope: 1, intercept: 0 }), kind, [a, b]);

    const values = [];
    const [cx, cy, rx, ry] = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, Math.abs(a[0] - b[0]) / 2, Math.abs(a[1] - b[1]) / 2];
    for (let y = 0; y < frame.rows; y += 1) {
      for (let x = 0; x < frame.columns; x += 1) {
        const [px, py] = [x + 0.5, y + 0.5];
        const inside = kind === "ellipse"
          ? ((px - cx) / rx) ** 2 + ((py - cy) / ry) ** 2 <= 1
          : px >= Math.min(a[0], b[0]) && px <= Math.max(a[0], b[0]) && py >= Math.min(a[1], b[1]) && py <= Math.max(a[1], b[1]);
        const value = frame.pixels[y * frame.columns + x];
        if (inside && !(padding && value >= padding[0] && value <= padding[1])) values.push(value);
      }
    }
    if (!values.length) return assert.equal(found, null);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    assert.equal(found.count, values.length);
    assert.ok(Math.abs(found.mean - mean) < 1e-6 && Math.abs(found.sd - sd) < 1e-4);
    assert.deepEqual([found.least, found.most], [Math.min(...values), Math.max(...values)]);
    return undefined;
  });
});

test("a length has mm only where the image has them", () => {
  const points = [[10, 10], [40, 50]];
  const frame = { samples: 1, quality: "full" };

  assert.deepEqual(lines({ kind: "length", points }, info(), frame), ["25.0 mm"]);
  assert.deepEqual(lines({ kind: "length", points }, info({ spacing_kind: "ImagerPixelSpacing" }), frame), ["25.0 mm at the detector"]);
  for (const spacing of [null, [0, 0], [Number.NaN, 1], undefined]) {
    const [said] = lines({ kind: "length", points }, info({ spacing }), frame);
    assert.match(said, /^No length can be measured/);
  }
});

test("in ultrasound the region says the unit, and no length leads from one region to another", () => {
  const box = (x, units) => ({ box: [x, 0, x + 99, 99], units, delta: [0.02, 0.01], zero: [0, 50], value: [0, 0] });
  const us = info({ spacing: [9, 9], regions: [box(0, ["cm", "cm"]), box(200, ["s", "cm/s"]), box(400, ["cm", "cm"])] });
  const length = (a, b) => lines({ kind: "length", points: [a, b] }, us, { samples: 3, quality: "full" })[0];

  assert.equal(length([10, 20], [10, 70]), "5.00 mm");
  assert.match(length([10, 20], [150, 20]), /outside/);
  assert.match(length([10, 20], [420, 20]), /from one ultrasound region/);
  assert.match(length([210, 20], [220, 20]), /no lengths/);
  assert.equal(pointText([250, 70], us, { samples: 3, quality: "full" }), "1.00 s, 0.20 cm/s");
});

test("the smaller of two regions holds the point", () => {
  chances(200, (chance) => {
    const regions = chance.list(chance.whole(1, 5), () => {
      const [x, y] = [chance.whole(0, 80), chance.whole(0, 80)];
      return { box: [x, y, x + chance.whole(1, 60), y + chance.whole(1, 60)], units: ["cm", "cm"], delta: [1, 1] };
    });
    const point = [chance.whole(0, 140), chance.whole(0, 140)];
    const held = regionAt({ regions }, point);
    const holding = regions.filter(({ box }) => point[0] >= box[0] && point[1] >= box[1] && point[0] <= box[2] + 1 && point[1] <= box[3] + 1);
    assert.equal(Boolean(held), holding.length > 0);
    const size = ({ box }) => (box[2] - box[0]) * (box[3] - box[1]);
    if (held) assert.equal(size(held), Math.min(...holding.map(size)));
  });
});

test("lengths and angles are those of the plane, also where pixels are not square", () => {
  chances(300, (chance) => {
    const spacing = [chance.whole(1, 50) / 10, chance.whole(1, 50) / 10];
    const scale = scaleAt(info({ spacing }), [[0, 0]]);
    const [a, b, c] = chance.list(3, () => [chance.whole(-50, 50), chance.whole(-50, 50)]);
    const inMm = ([x, y]) => [x * spacing[1], y * spacing[0]];
    const [p, q, r] = [a, b, c].map(inMm);
    assert.ok(Math.abs(mmBetween(scale, a, b) - Math.hypot(p[0] - q[0], p[1] - q[1])) < 1e-9);
    const [u, v] = [[p[0] - q[0], p[1] - q[1]], [r[0] - q[0], r[1] - q[1]]];
    const sizes = Math.hypot(...u) * Math.hypot(...v);
    if (!sizes) return;
    const angle = (Math.acos(Math.min(1, Math.max(-1, (u[0] * v[0] + u[1] * v[1]) / sizes))) * 180) / Math.PI;
    assert.ok(Math.abs(angleAt(a, b, c, spacing[0] / spacing[1]) - angle) < 1e-4);
  });
});

test("a picture and a colour image have no values, and say so", () => {
  const shape = { kind: "ellipse", points: [[0, 0], [4, 4]] };
  const frame = { pixels: new Uint8Array(48), rows: 4, columns: 4, samples: 3, quality: "full" };
  assert.match(lines(shape, info(), frame).at(-1), /No values/);
  assert.match(lines(shape, info(), { ...frame, samples: 1, quality: "picture" }).at(-1), /No values/);
});
