import assert from "node:assert/strict";
import { test } from "node:test";

import { brightness, firstWindow, kindOf, throughTable } from "../src/view/voi.js";
import { chances } from "./chances.js";

const plain = (more) => ({ samples: 1, bits: 16, slope: 1, intercept: 0, voi_function: "LINEAR", windows: [], window: null, range: null, padding: null, ...more });
const frameOf = (values) => ({ pixels: Int16Array.from(values), least: Math.min(...values), most: Math.max(...values), samples: 1, quality: "full" });

test("an image of more than one value never opens in a single grey, and the file's window is taken wherever it shows something", () => {
  const met = { own: 0, instead: 0, padded: 0 };
  chances(2000, (chance) => {
    const padding = chance.whole(0, 1) ? [-2000, -2000] : null;
    const values = chance.list(chance.whole(2, 6), () => chance.whole(-300, 300));
    const filled = padding && chance.whole(0, 1) ? [...values, -2000] : values;
    const window = [chance.whole(-900, 900), chance.whole(1, 400)];
    const kind = ["LINEAR", "LINEAR_EXACT", "SIGMOID"][chance.whole(0, 2)];
    // The image is one of several, which reach further.
    const far = chance.whole(0, 3) ? 0 : 60_000;
    const range = [Math.min(...values), Math.max(...values) + far];
    const info = plain({ padding, range, window, windows: [[...window, ""]], voi_function: kind });

    const opened = firstWindow(info, frameOf(filled));

    const greys = (by, how) => new Set(values.map((value) => Math.round(brightness(value, by, how) * 255)));
    const own = { center: window[0], width: window[1] };
    const isFlat = new Set(values).size > 1 && greys(own, kind).size === 1;
    assert.equal(Boolean(opened.instead), isFlat);
    if (!isFlat) assert.deepEqual(opened, own);
    if (new Set(values).size > 1) assert.ok(greys(opened, kindOf(opened, info)).size > 1);
    met[isFlat ? "instead" : "own"] += 1;
    met.padded += isFlat && filled !== values ? 1 : 0;
  });
  assert.ok(Object.values(met).every((times) => times > 50), JSON.stringify(met));
});

test("without a window an image of fractions, however near each other, has its least value black and its greatest white", () => {
  chances(500, (chance) => {
    const slope = [0.5, 0.01, 0.0001][chance.whole(0, 2)];
    const stored = chance.list(chance.whole(2, 9), () => chance.whole(0, 400));
    const values = stored.map((value) => value * slope);
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const info = plain({ slope, range: [Math.min(...stored), Math.max(...stored)] });

    const opened = firstWindow(info, { pixels: values, least, most, samples: 1, quality: "full" });

    const grey = (value) => Math.round(brightness(value, opened, kindOf(opened, info)) * 255);
    if (least < most) assert.deepEqual([grey(least), grey(most)], [0, 255]);
  });
});

test("a value has the grey of the last step of the table that it has reached", () => {
  chances(300, (chance) => {
    let at = chance.whole(-500, 500);
    const lut = chance.list(chance.whole(1, 9), () => [(at += chance.whole(1, 40)), chance.whole(0, 255)]);
    const values = chance.list(40, () => chance.whole(-700, 1200));
    const info = plain({ lut });

    const { pixels } = throughTable(frameOf(values), info);

    const wanted = values.map((value) => (lut.filter(([from]) => from <= value).at(-1) ?? lut[0])[1]);
    assert.deepEqual([...pixels], wanted);
    const opened = firstWindow(info, frameOf(values));
    assert.equal(new Set(wanted).size > 1 ? opened.table : opened.instead, true);
    assert.equal(firstWindow({ ...info, window: [40, 400], windows: [[40, 400, ""]] }, frameOf([0, 100])).table, undefined);
  });
});
