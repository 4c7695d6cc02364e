import assert from "node:assert/strict";
import test from "node:test";
import { deflateSync } from "node:zlib";

import { openStudy } from "../src/data/study.js";
import { paint, runs } from "../src/view/overlay.js";
import { apply, flipped, inverse, matrix, plainView, rotated } from "../src/view/transform.js";
import { chances, chancesLater } from "./chances.js";
import { Codec, madeStudy, Server, soon, until } from "./hospital.js";

const MANIFEST = "https://hospital.example/placements/p/viewer/manifest.json";
const MUCH = { pixels: 1 << 24, packed: 1 << 24 };
const [ROWS, COLUMNS] = [16, 16];

/** A study, and of each of its frames what is drawn over it, or nothing. */
function overlaid(chance) {
  const made = madeStudy(chance);
  const drawn = made.manifest.series.map((series) => {
    const bits = chance.list(series.frames, () => (chance.whole(0, 2) ? Uint8Array.from({ length: (ROWS * COLUMNS) / 8 }, () => chance.whole(0, 255)) : null));
    const deflated = bits.map((each) => (each ? new Uint8Array(deflateSync(each)) : new Uint8Array(0)));
    const before = made.packs.get(series.pack.url);
    const pack = Buffer.concat([before, ...deflated]);
    made.packs.set(series.pack.url, new Uint8Array(pack));
    Object.assign(series, { overlay: deflated.map(({ length }) => length), pack: { ...series.pack, bytes: pack.length } });
    return bits;
  });
  return { made, drawn };
}

test("whatever the line does, every frame gets the overlay that is its own, and those without one get none", async () => {
  await chancesLater(40, async (chance) => {
    const { made, drawn } = overlaid(chance);
    const server = new Server(made, chance, { drops: chance.whole(0, 1) * 15 });
    const study = await openStudy(MANIFEST, { fetch: server.fetch, pause: soon, decoder: new Codec(), budget: MUCH });
    for (const [nth, series] of study.series.entries()) {
      for (let turn = 0; turn < 6; turn += 1) study.overlays.of(series, chance.whole(0, series.frames - 1));
      const all = () => series.imageIds.map((_, index) => study.overlays.of(series, index));
      await until(() => all().every((bits) => bits !== undefined), "all overlays");
      assert.deepEqual(all(), drawn[nth]);
    }
    study.close();
  });
});

test("of a pack that was made anew the overlays are those of the new pack", async () => {
  await chancesLater(20, async (chance) => {
    const { made, drawn } = overlaid(chance);
    const server = new Server(made, chance);
    const study = await openStudy(MANIFEST, { fetch: server.fetch, pause: soon, decoder: new Codec(), budget: MUCH });
    const all = () => study.series[0].imageIds.map((_, index) => study.overlays.of(study.series[0], index));
    const [series] = study.series;
    study.focus(series, 0);
    await until(() => all().every((bits) => bits !== undefined), "all overlays");

    const deflated = drawn[0].map((bits) => (bits ? new Uint8Array(deflateSync(bits.map((byte) => byte ^ 255))) : new Uint8Array(0)));
    const raw = made.manifest.series[0];
    const before = made.packs.get(raw.pack.url).slice(0, series.at(3 * series.frames));
    const pack = new Uint8Array(Buffer.concat([before, ...deflated]));
    made.packs.set("/pixels/anew", pack);
    made.manifest.series[0] = { ...raw, overlay: deflated.map(({ length }) => length), pack: { ...raw.pack, url: "/pixels/anew", bytes: pack.length } };
    await study.reload();

    assert.notEqual(study.series[0], series);
    await until(() => all().every((bits) => bits !== undefined), "all overlays of the new pack");
    assert.deepEqual(all(), drawn[0].map((bits) => bits && bits.map((byte) => byte ^ 255)));
    study.close();
  });
});

test("an overlay that cannot be unpacked is none, and is said to have failed", async () => {
  await chancesLater(5, async (chance) => {
    const { made } = overlaid(chance);
    for (const [url, pack] of made.packs) made.packs.set(url, pack.map(() => 7));
    const study = await openStudy(MANIFEST, { fetch: new Server(made, chance).fetch, pause: soon, decoder: new Codec(), budget: MUCH });
    const [series] = study.series;
    const has = (index) => series.overlay(index) !== null;
    await until(() => series.imageIds.every((_, index) => study.overlays.of(series, index) === null), "all overlays");
    assert.deepEqual(series.imageIds.map((_, index) => study.overlays.failed(series, index)), series.imageIds.map((_, index) => has(index)));
    study.close();
  });
});

test("the dots of the screen are those whose middle lies on a set pixel, where the image is shown larger than it is", () => {
  let lit = 0;
  chances(200, (chance) => {
    const shape = { rows: chance.whole(1, 9), columns: chance.whole(1, 9), aspect: 1 };
    const bits = Uint8Array.from({ length: Math.ceil((shape.rows * shape.columns) / 8) }, () => chance.whole(0, 255));
    let view = rotated(plainView(), chance.whole(0, 3));
    if (chance.whole(0, 1)) view = flipped(view, Boolean(chance.whole(0, 1)));
    const size = [chance.whole(30, 60), chance.whole(30, 60)];
    const at = matrix(view, shape, size);
    const seen = new Uint32Array(size[0] * size[1]);

    paint(seen, size, runs(bits, shape), at, 1);

    const back = inverse(at);
    seen.forEach((dot, place) => {
      const point = apply(back, [(place % size[0]) + 0.5, Math.floor(place / size[0]) + 0.5]);
      // On the edge of two pixels either is right.
      if (point.some((value) => Math.abs(value - Math.round(value)) < 1e-6)) return;
      const [x, y] = point.map(Math.floor);
      const inside = x >= 0 && y >= 0 && x < shape.columns && y < shape.rows;
      const pixel = y * shape.columns + x;
      const wanted = inside ? (bits[pixel >> 3] >> (7 - (pixel & 7))) & 1 : 0;
      lit += wanted;
      assert.equal(dot, wanted, `${[x, y]}`);
    });
  });
  assert.ok(lit > 10_000);
});

test("however small the image is shown, each set pixel has a dot of its row", () => {
  chances(100, (chance) => {
    const shape = { rows: chance.whole(40, 90), columns: chance.whole(40, 90), aspect: 1 };
    const bits = new Uint8Array(Math.ceil((shape.rows * shape.columns) / 8));
    const pixel = chance.whole(0, shape.rows * shape.columns - 1);
    bits[pixel >> 3] = 128 >> (pixel & 7);
    const size = [chance.whole(8, 20), chance.whole(8, 20)];
    const seen = new Uint32Array(size[0] * size[1]);

    paint(seen, size, runs(bits, shape), matrix(rotated(plainView(), chance.whole(0, 3)), shape, size), 1);

    assert.equal(seen.reduce((sum, dot) => sum + dot, 0), 1);
  });
});
