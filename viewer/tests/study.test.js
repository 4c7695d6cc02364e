import assert from "node:assert/strict";
import test from "node:test";

import { TAIL } from "../src/data/series.js";
import { openStudy } from "../src/data/study.js";
import { Lost } from "../src/data/wire.js";
import { Chance, chancesLater } from "./chances.js";
import { Codec, codestream, largeStudy, madeStudy, Server, soon, until } from "./hospital.js";

const MANIFEST = "https://hospital.example/placements/p/viewer/manifest.json";
const MUCH = { pixels: 1 << 24, packed: 1 << 24 };

async function opened(made, server, budget = MUCH) {
  const codec = new Codec();
  const study = await openStudy(MANIFEST, { fetch: server.fetch, pause: soon, decoder: codec, budget });
  return { study, codec };
}

const idle = (study, codec) => () => study.fetching.runs.size === 0 && codec.waiting.length === 0 && study.frames.decoding.size === 0;

test("whatever the line does, every frame of a series that fits becomes full, from the bytes that are its own", async () => {
  await chancesLater(60, async (chance) => {
    const made = madeStudy(chance);
    const server = new Server(made, chance, { drops: chance.whole(0, 1) * 15 });
    const { study, codec } = await opened(made, server);
    const nth = chance.whole(0, study.series.length - 1);
    const series = study.series[nth];

    study.focus(series, chance.whole(0, series.frames - 1), chance.whole(-1, 1));
    await until(() => series.imageIds.every((_, at) => study.quality(series, at) === "full"), "all full");

    series.imageIds.forEach((_, at) => {
      const parts = study.frames.best(series, at).parts.filter(({ length }) => length);
      assert.deepEqual(parts.map((part) => [...part]), codestream(made, nth, at).filter(({ length }) => length).map((part) => [...part]));
    });
    assert.ok(server.most <= 3, `${server.most} requests at a time`);
    study.close();
  });
});

test("in whatever order somebody jumps about, what is shown becomes full and the memory stays within its bound", async () => {
  await chancesLater(60, async (chance) => {
    const made = madeStudy(chance);
    const server = new Server(made, chance, { drops: chance.whole(0, 1) * 10 });
    const budget = { pixels: chance.whole(2000, 6000), packed: chance.whole(1200, 6000) };
    const { study, codec } = await opened(made, server, budget);
    const anywhere = () => {
      const series = study.series[chance.whole(0, study.series.length - 1)];
      return { series, index: chance.whole(0, series.frames - 1) };
    };

    for (let step = 0; step < 12; step += 1) {
      const { series, index } = anywhere();
      study.focus(series, index, chance.whole(-1, 1), chance.list(chance.whole(0, 2), anywhere));
      for (let turn = chance.whole(0, 40); turn > 0; turn -= 1) await soon();
    }
    await until(() => study.shown.every(({ series, index }) => study.quality(series, index) === "full"), "what is shown is full");
    await until(idle(study, codec), "idle");

    const { pixels, reduced, packed } = study.frames;
    for (const lru of [pixels, reduced, packed]) {
      const loose = [...lru.entries.keys()].filter((key) => !study.frames.pinned(key));
      // What has come last stays, be it as large as it likes.
      assert.ok(lru.bytes <= lru.most || loose.length <= 1, `${lru.bytes} of ${lru.most}`);
    }
    study.close();
  });
});

test("coarse parts and heads come in one request, after the tail of the frame shown", async () => {
  await chancesLater(20, async (chance) => {
    const made = madeStudy(chance, { series: 1 });
    const server = new Server(made, chance);
    const { study, codec } = await opened(made, server);
    const [series] = study.series;

    study.focus(series, 0);
    await until(() => series.imageIds.every((_, at) => study.quality(series, at) !== "none"), "all reduced");

    const { head_bytes: heads } = series.pack;
    const tail = { from: heads, to: heads + series.bytes(series.piece(TAIL, 0)) - 1 };
    const first = [...(tail.to < tail.from ? [] : [tail]), { from: 0, to: heads - 1 }];
    assert.deepEqual(server.asked.slice(0, first.length).map(({ from, to }) => ({ from, to })), first);
    assert.equal(server.asked.filter(({ from }) => from < heads).length, 1);
    await until(idle(study, codec), "idle");
    study.close();
  });
});

test("of a large series the coarse parts come first, then the heads, each in one request, and no more before either", async () => {
  const made = largeStudy({ frames: 200, coarse: 4000, head: 9000, tail: 40000 });
  const server = new Server(made, new Chance(4));
  const { study, codec } = await opened(made, server, { pixels: 1 << 24, packed: 1 << 26 });
  const [series] = study.series;
  const reduced = new Map();
  study.addEventListener("quality", ({ detail: { index } }) => {
    const { level } = study.frames.best(series, index);
    reduced.set(index, [...(reduced.get(index) ?? []), level]);
  });

  study.focus(series, 0);
  await until(() => series.imageIds.every((_, at) => study.quality(series, at) !== "none"), "all coarse");
  const before = server.asked.map(({ from, to }) => [from, to]);
  await until(() => study.frames.hasHeads(series), "all heads");
  const until_heads = server.asked.map(({ from, to }) => [from, to]);
  await until(idle(study, codec), "idle");

  const [heads, tails] = [200 * 4000, 200 * 13000];
  assert.deepEqual(before.slice(0, 3), [[heads, heads + 8999], [tails, tails + 39999], [0, heads - 1]]);
  assert.ok(before.length <= 4);
  assert.deepEqual(until_heads.slice(3), [[heads + 9000, tails - 1]]);
  assert.deepEqual(reduced.get(0).at(-1), 0);
  for (const levels of reduced.values()) assert.deepEqual(levels, levels.toSorted((a, b) => b - a));
  study.close();
});

test("where somebody scrolls, the reduced pictures that come next are decoded before a full one", async () => {
  const made = largeStudy({ frames: 200, coarse: 20, head: 40, tail: 200 });
  const { study, codec } = await opened(made, new Server(made, new Chance(1)));
  const [series] = study.series;
  const isFull = (at) => () => study.quality(series, at) === "full";
  study.focus(series, 0);
  await until(isFull(0), "the first is full");
  const after = codec.done.length;
  study.focus(series, 100, 1);
  await until(isFull(100), "the one shown is full");

  const between = codec.done.slice(after).map(({ level }) => level);
  assert.equal(between.at(-1), 0);
  assert.ok(between.filter((level) => level > 0).length >= 40, `${between}`);
  await until(idle(study, codec), "idle");
  study.close();
});

test("other series' heads come once what is shown is full", async () => {
  await chancesLater(20, async (chance) => {
    const made = madeStudy(chance, { series: 3 });
    const { study } = await opened(made, new Server(made, chance));

    study.focus(study.series[1], 0);
    await until(() => study.series.every((series) => study.frames.hasHeads(series)), "all heads");

    const [, series] = study.series;
    assert.ok(series.imageIds.every((_, at) => study.frames.has(series, series.piece(TAIL, at))));
    study.close();
  });
});

for (const status of [401, 403, 404]) {
  test(`a right that ends (${status}) is told once, and nothing is asked for again`, async () => {
    const made = madeStudy(new Chance(5));
    const server = new Server(made, new Chance(6));
    const { study, codec } = await opened(made, server);
    const told = [];
    study.addEventListener("lost", ({ detail }) => told.push(detail.status));

    server.gone = status;
    study.focus(study.series[0], 0);
    await until(() => told.length, "told");
    const asked = server.asked.length;
    study.focus(study.series[0], 0, 1);
    for (let turn = 0; turn < 50; turn += 1) await soon();

    assert.deepEqual(told, [status]);
    assert.equal(server.asked.length, asked);
    assert.equal(study.fetching.runs.size, 0);
    assert.equal(codec.waiting.length, 0);
  });

  test(`a study that may not be opened (${status}) says so`, async () => {
    const made = madeStudy(new Chance(5));
    const server = new Server(made, new Chance(6));
    server.gone = status;

    await assert.rejects(opened(made, server), (error) => error instanceof Lost && error.status === status);
  });
}

test("a pack that was replaced is read again under its new name", async () => {
  const made = madeStudy(new Chance(8), { series: 1 });
  const { study } = await opened(made, new Server(made, new Chance(9)));
  const changed = [];
  study.addEventListener("changed", ({ detail }) => changed.push(detail.series));
  const [series] = made.manifest.series;
  made.packs.set("/pixels/new", made.packs.get(series.pack.url));
  made.packs.delete(series.pack.url);
  made.manifest.series = [{ ...series, pack: { ...series.pack, url: "/pixels/new" } }];

  study.focus(study.series[0], 0);
  await until(() => changed.length, "changed");
  await until(() => study.quality(study.series[0], 0) === "full", "full");

  assert.deepEqual(changed, study.series);
  study.close();
});

test("bytes that are not there although the study is make their frames fail, with a sentence, and no others", async () => {
  const made = madeStudy(new Chance(10), { series: 2 });
  const { study } = await opened(made, new Server(made, new Chance(11)));
  const failed = new Set();
  study.addEventListener("failed", ({ detail }) => failed.add(detail.series));
  made.packs.delete(made.manifest.series[0].pack.url);

  study.focus(study.series[0], 0, 0, [{ series: study.series[1], index: 0 }]);
  await until(() => failed.size, "failed");
  await until(() => study.quality(study.series[1], 0) === "full", "the other series");

  assert.deepEqual([...failed], [study.series[0]]);
  assert.ok(study.series[0].failure(0));
  study.close();
});

test("studies side by side share the memory, and one alone has all of it", async () => {
  const made = madeStudy(new Chance(12));
  const server = new Server(made, new Chance(13));
  const { study } = await opened(made, server);
  const { study: prior } = await opened(made, server);

  assert.equal(study.frames.packed.most, MUCH.packed / 2);
  prior.close();
  assert.equal(study.frames.packed.most, MUCH.packed);
  study.close();
});
