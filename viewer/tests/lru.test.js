import assert from "node:assert/strict";
import test from "node:test";

import { Lru } from "../src/data/lru.js";
import { chances } from "./chances.js";

test("the bound holds whatever is put in, but for what is pinned and what has just come", () => {
  chances(300, (chance) => {
    const most = chance.whole(1, 200);
    const pinned = new Set(chance.list(3, () => String(chance.whole(0, 20))));
    const gone = [];
    const lru = new Lru(most, { pinned: (key) => pinned.has(key), dropped: (key) => gone.push(key) });
    const sizes = new Map();
    for (let step = 0; step < 80; step += 1) {
      const key = String(chance.whole(0, 20));
      if (chance.whole(0, 3) === 0) {
        const here = lru.has(key);
        assert.equal(lru.get(key), here ? key : undefined);
        continue;
      }
      const bytes = chance.whole(1, 60);
      sizes.set(key, bytes);
      lru.set(key, key, bytes);
      const kept = [...lru.entries.keys()];
      assert.equal(lru.bytes, kept.reduce((sum, each) => sum + sizes.get(each), 0));
      const stays = (each) => pinned.has(each) || each === key;
      assert.ok(lru.bytes <= most || kept.every(stays), "something that may go is kept over the bound");
    }
    assert.ok(gone.every((key) => !pinned.has(key)));
  });
});

test("what was used longest ago goes first", () => {
  const lru = new Lru(3);
  for (const key of ["a", "b", "c"]) lru.set(key, key, 1);

  lru.get("a");
  lru.set("d", "d", 1);

  assert.deepEqual([...lru.entries.keys()], ["c", "a", "d"]);
});
