import assert from "node:assert/strict";
import test from "node:test";

import { edges, nearest, pointInImage, pointInPatient, scaleBar } from "../src/view/geometry.js";
import { hang } from "../src/view/mammo.js";
import { planes, regular } from "../src/view/reslice.js";
import { plainView, rotated } from "../src/view/transform.js";
import { brightness, firstWindow } from "../src/view/voi.js";
import { chances } from "./chances.js";

const AXIAL = [1, 0, 0, 0, 1, 0];

test("the letters are those of the patient's sides as the image lies on the screen", () => {
  assert.deepEqual(edges(AXIAL, plainView().turn), { left: "R", right: "L", top: "A", bottom: "P" });
  assert.deepEqual(edges(AXIAL, rotated(plainView()).turn), { left: "P", right: "A", top: "R", bottom: "L" });
  assert.deepEqual(edges([0, 1, 0, 0, 0, -1], plainView().turn), { left: "A", right: "P", top: "H", bottom: "F" });
  assert.equal(edges(null, plainView().turn), null);
});

test("opposite edges have opposite letters", () => {
  const opposite = { L: "R", R: "L", A: "P", P: "A", H: "F", F: "H" };
  chances(200, (chance) => {
    const turn = chance.whole(0, 628) / 100;
    const tilt = chance.whole(0, 628) / 100;
    const row = [Math.cos(turn), Math.sin(turn), 0];
    const column = [-Math.sin(turn) * Math.cos(tilt), Math.cos(turn) * Math.cos(tilt), Math.sin(tilt)];
    const { left, right, top, bottom } = edges([...row, ...column], rotated(plainView(), chance.whole(0, 3)).turn);
    assert.equal([...left].map((letter) => opposite[letter]).join(""), right);
    assert.equal([...top].map((letter) => opposite[letter]).join(""), bottom);
  });
});

test("a point of the image is a point of the patient, and the other way", () => {
  chances(200, (chance) => {
    const plane = { position: [chance.whole(-90, 90), chance.whole(-90, 90), 5], orientation: [0, 1, 0, 0, 0, -1], spacing: [chance.whole(1, 9) / 3, chance.whole(1, 9) / 3] };
    const point = [chance.whole(0, 500), chance.whole(0, 500)];
    pointInImage(plane, pointInPatient(plane, point)).forEach((value, i) => assert.ok(Math.abs(value - point[i]) < 1e-6));
  });
});

test("the nearest image is the nearest, whatever the order", () => {
  chances(200, (chance) => {
    const places = chance.list(chance.whole(1, 40), () => (chance.whole(0, 9) ? chance.whole(-100, 100) : null));
    const place = chance.whole(-120, 120);
    const found = nearest(places, place);
    const known = places.filter((value) => value !== null);
    if (!known.length) return assert.equal(found, null);
    return assert.equal(Math.abs(places[found] - place), Math.min(...known.map((value) => Math.abs(value - place))));
  });
});

test("the bar is a round number of mm and not longer than asked", () => {
  chances(200, (chance) => {
    const scale = chance.whole(1, 5000) / 100;
    const bar = scaleBar(scale, 150);
    assert.ok(bar.pixels <= 150.001 && bar.pixels > 50);
    assert.match(bar.mm.toExponential(), /^[125]e/);
  });
  assert.equal(scaleBar(null, 150), null);
});

function stack({ frames = 12, rows = 7, columns = 9, step = [0, 0, -2], jitter = () => 0, more = {} } = {}) {
  const group = { rows, columns, samples: 1, orientation: AXIAL, spacing: [1, 1.5], unit: "HU", ...more };
  const position = (index) => [10, 20, 30].map((value, i) => value + step[i] * index + (i === 2 ? jitter(index) : 0));
  const series = { uuid: "s", frames, packed: true, groups: [group], groupOf: new Uint32Array(frames), group: () => group, position };
  series.info = (index) => ({ ...group, position: position(index), windows: [] });
  const slices = Array.from({ length: frames }, (_, k) => ({
    pixels: Int16Array.from({ length: rows * columns }, (_each, at) => k * 1000 + at), rows, columns, samples: 1, quality: "full",
  }));
  return { series, slices };
}

test("a plane across the slices holds, at each point of the patient, the value of the slice there", () => {
  chances(60, (chance) => {
    const { series, slices } = stack({ frames: chance.whole(5, 14), rows: chance.whole(2, 9), columns: chance.whole(2, 9), step: [0, 0, chance.whole(0, 1) ? 2 : -2] });
    const shape = regular(series);
    for (const along of ["rows", "columns"]) {
      const cut = planes(series, along, (k) => slices[k], shape);
      const index = chance.whole(0, cut.frames - 1);
      const frame = cut.cut(index);
      const [x, y] = [chance.whole(0, frame.columns - 1), chance.whole(0, frame.rows - 1)];
      const place = pointInPatient(cut.info(index), [x + 0.5, y + 0.5]);
      const k = Math.round((place[2] - series.position(0)[2]) / shape.step[2]);
      const [px, py] = pointInImage(series.info(k), place).map((value) => Math.round(value - 0.5));
      assert.equal(frame.pixels[y * frame.columns + x], slices[k].pixels[py * slices[k].columns + px]);
      assert.equal(frame.quality, "full");
    }
  });
});

test("a plane has, at each point of the patient, the overlay of the slice there", () => {
  chances(60, (chance) => {
    const { series, slices } = stack({ frames: chance.whole(5, 14), rows: chance.whole(2, 9), columns: chance.whole(2, 9), step: [0, 0, chance.whole(0, 1) ? 2 : -2] });
    const { rows, columns } = series.group(0);
    const drawn = chance.list(series.frames, () => (chance.whole(0, 2) ? Uint8Array.from({ length: Math.ceil((rows * columns) / 8) }, () => chance.whole(0, 255)) : null));
    drawn[0] ??= new Uint8Array(Math.ceil((rows * columns) / 8));
    const shape = regular(series);
    const bit = (bits, at) => (bits ? (bits[at >> 3] >> (7 - (at & 7))) & 1 : 0);
    for (const along of ["rows", "columns"]) {
      const cut = planes(series, along, (k) => slices[k], shape, (k) => drawn[k]);
      const index = chance.whole(0, cut.frames - 1);
      const { rows: high, columns: wide } = cut.info(index);
      const [x, y] = [chance.whole(0, wide - 1), chance.whole(0, high - 1)];
      const place = pointInPatient(cut.info(index), [x + 0.5, y + 0.5]);
      const k = Math.round((place[2] - series.position(0)[2]) / shape.step[2]);
      const [px, py] = pointInImage(series.info(k), place).map((value) => Math.round(value - 0.5));
      assert.equal(bit(cut.cutOverlay(index), y * wide + x), bit(drawn[k], py * columns + px));
    }
  });
});

test("a plane's overlay follows while one of its slices' is on its way, and there is none where no slice has one", () => {
  const { series, slices } = stack();
  const cut = (drawn) => planes(series, "rows", (k) => slices[k], regular(series), drawn).cutOverlay(2);
  assert.equal(cut((k) => (k === 5 ? undefined : new Uint8Array(8))), undefined);
  assert.equal(cut(() => null), null);
});

test("slices whose values lie in different arrays keep them in a plane", () => {
  const { series, slices } = stack({ frames: 6 });
  slices[0] = { ...slices[0], pixels: Uint8Array.from(slices[0].pixels) };
  const plane = planes(series, "rows", (k) => slices[k], regular(series)).cut(1);
  const values = [...new Set([...plane.pixels].map((value) => Math.floor(value / 1000)))].sort();
  assert.deepEqual(values, [0, 1, 2, 3, 4, 5]);
});

test("heads are up in the planes across axial slices", () => {
  for (const step of [[0, 0, -2], [0, 0, 2]]) {
    const { series, slices } = stack({ step });
    const shape = regular(series);
    const coronal = planes(series, "rows", (k) => slices[k], shape).info(0);
    const sagittal = planes(series, "columns", (k) => slices[k], shape).info(0);
    assert.deepEqual(edges(coronal.orientation, plainView().turn), { left: "R", right: "L", top: "H", bottom: "F" });
    assert.deepEqual(edges(sagittal.orientation, plainView().turn), { left: "A", right: "P", top: "H", bottom: "F" });
  }
});

test("what is no regular volume, or too large, is refused by name", () => {
  const refusal = (made, most) => regular(stack(made).series, most).refused;
  assert.equal(refusal({}), undefined);
  // 12 slices of 63 values: of two bytes each, and of four where they are fractions.
  assert.equal(refusal({}, 12 * 63 * 2), undefined);
  assert.equal(refusal({ more: { slope: 0.5 } }, 12 * 63 * 2), "mpr-large");
  assert.equal(refusal({ frames: 3 }), "mpr-few");
  assert.equal(refusal({ step: [0, 1, -2] }), "mpr-irregular");
  assert.equal(refusal({ step: [0, 0, 0] }), "mpr-irregular");
  assert.equal(refusal({ jitter: (index) => (index === 4 ? 1 : 0) }), "mpr-irregular");
  assert.equal(refusal({ more: { samples: 3 } }), "mpr-colour");
  assert.equal(refusal({ more: { spacing: null } }), "mpr-unplaced");
  assert.equal(refusal({ more: { orientation: null } }), "mpr-unplaced");
  assert.equal(refusal({}, 100), "mpr-large");
});

test("mammograms have their places; of two the first", () => {
  const series = (uuid, ...images) => ({ uuid, kind: "pixels", frames: images.length, group: (i) => ({ laterality: images[i][0], view: images[i][1] }) });
  const study = { series: [series("a", ["L", "MLO"], ["R", "cranio-caudal"]), series("b", ["L", "MLO"], ["R", "XCCL"], ["L", "CC"])] };
  const places = hang(study).map((place) => place && [place.series.uuid, place.index]);
  assert.deepEqual(places, [["a", 1], ["b", 2], null, ["a", 0]]);
});

test("brightness follows the standard's functions and never leaves the range", () => {
  assert.equal(brightness(40, { center: 40, width: 400 }, "LINEAR_EXACT"), 0.5);
  assert.equal(brightness(-160.5, { center: 40, width: 401 }), 0);
  assert.equal(brightness(1000, { center: 40, width: 1 }), 1);
  chances(300, (chance) => {
    const window = { center: chance.whole(-500, 500), width: chance.whole(1, 3000) };
    const [low, high] = [chance.whole(-3000, 3000), chance.whole(-3000, 3000)].sort((a, b) => a - b);
    for (const kind of ["LINEAR", "LINEAR_EXACT", "SIGMOID"]) {
      const [a, b] = [brightness(low, window, kind), brightness(high, window, kind)];
      assert.ok(a >= 0 && b <= 1 && a <= b);
    }
  });
});

test("without a window of its own an image shows all of its values but the padding", () => {
  const frame = { pixels: Int16Array.of(-2000, 10, 30), samples: 1 };
  assert.deepEqual(firstWindow({ windows: [], window: null, padding: [-1000, -990], slope: 2, intercept: 0 }, frame), { center: 20.5, width: 21 });
  assert.deepEqual(firstWindow({ windows: [[40, 400, "A"]], window: [40, 400] }, frame), { center: 40, width: 400 });
  assert.deepEqual(firstWindow({ windows: [[40, 0]], window: [40, 0] }, { pixels: Int16Array.of(1, 1), samples: 1 }), { center: 1.5, width: 2 });
});
