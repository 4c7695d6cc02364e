/** Planes through a stack of slices: cut from the slices as they are in memory, nothing is copied. */

import { arrayOf } from "../data/values.js";
import { columnOf, normalOf, rowOf, vectors } from "./geometry.js";

const { cross, dot, length, minus } = vectors;
const MB = 2 ** 20;
const FEWEST = 5;

/** How large a volume this device takes, in bytes. */
export function mostBytes(memory = globalThis.navigator?.deviceMemory) {
  return (memory >= 8 ? 540 : memory >= 4 || memory === undefined ? 280 : 140) * MB;
}

/**
 * Whether the images of a series are a regular volume.
 *
 * @returns {{refused: string, size?: number, most?: number} | {orientation: number[], step: number[], distance: number}}
 */
export function regular(series, most = mostBytes()) {
  const first = series.group(0);
  if (series.frames < FEWEST) return { refused: "mpr-few" };
  if (!series.packed || first.samples > 1) return { refused: "mpr-colour" };
  if (!first.orientation || !first.spacing || !series.position(0)) return { refused: "mpr-unplaced" };
  const same = series.groups.filter((_, i) => series.groupOf.includes(i));
  if (!same.every((group) => alike(group, first))) return { refused: "mpr-irregular" };
  const start = series.position(0);
  const end = series.position(series.frames - 1);
  if (!end) return { refused: "mpr-unplaced" };
  const step = minus(end, start).map((value) => value / (series.frames - 1));
  const distance = length(step);
  const straight = Math.abs(dot(step, normalOf(first.orientation))) / distance;
  if (!(distance > 0.01) || straight < 0.9999) return { refused: "mpr-irregular" };
  const tolerance = Math.max(0.05, distance * 0.05);
  for (let i = 1; i < series.frames; i += 1) {
    const place = series.position(i);
    if (!place) return { refused: "mpr-unplaced" };
    if (length(minus(minus(place, start), step.map((value) => value * i))) > tolerance) return { refused: "mpr-irregular" };
  }
  const each = Math.max(...same.map((group) => arrayOf(group).BYTES_PER_ELEMENT));
  const size = series.frames * first.rows * first.columns * each;
  if (size > most) return { refused: "mpr-large", size: Math.round(size / MB), most: Math.round(most / MB) };
  return { orientation: first.orientation, step, distance };
}

function alike(a, b) {
  const near = (p, q, by) => p?.every((value, i) => Math.abs(value - q[i]) <= by);
  return a.rows === b.rows && a.columns === b.columns && a.samples === b.samples
    && near(a.orientation, b.orientation, 1e-3) && near(a.spacing, b.spacing, 1e-3);
}

/** Direction on the screen: heads up, backs and left sides to the right or down, as planes are read. */
function downwards(direction) {
  const sizes = direction.map(Math.abs);
  const axis = sizes.indexOf(Math.max(...sizes));
  return axis === 2 ? direction[2] < 0 : direction[axis] > 0;
}

/**
 * A series of planes across the slices of a series, for a pane.
 *
 * @param {object} series @param {"rows" | "columns"} along the row or the column of each slice that lies across
 * @param {(index: number) => object | null} slice the pixels of a slice
 * @param {(index: number) => Uint8Array | null | undefined} drawn its overlay: a bit a pixel, none, or still on its way
 */
export function planes(series, along, slice, { orientation, step, distance }, drawn = () => null) {
  const first = series.group(0);
  const { rows, columns } = first;
  const [down, across] = first.spacing;
  const wide = along === "rows" ? columns : rows;
  const count = along === "rows" ? rows : columns;
  const across_ = along === "rows" ? rowOf(orientation) : columnOf(orientation);
  const deep = along === "rows" ? columnOf(orientation) : rowOf(orientation);
  const unit = step.map((value) => value / distance);
  const mirrored = Math.abs(across_[2]) < 0.7 && !downwards(across_);
  const flipped = !downwards(unit);
  const row = mirrored ? across_.map((value) => -value) : across_;
  const column = flipped ? unit.map((value) => -value) : unit;
  const spacing = [distance, along === "rows" ? across : down];
  const start = series.position(0);
  const info = (index) => {
    const corner = start.map((value, i) => value + deep[i] * index * (along === "rows" ? down : across)
      + (mirrored ? across_[i] * (wide - 1) * spacing[1] : 0)
      + (flipped ? step[i] * (series.frames - 1) : 0));
    return {
      ...first, rows: series.frames, columns: wide, orientation: [...row, ...column], spacing, position: corner,
      thickness: null, window: null, windows: series.info(0).windows, number: null, failed: null, instance: "", frame: 1,
    };
  };

  let made = { index: -1, frame: null, slices: 0 };
  const cut = (index) => {
    const here = Array.from({ length: series.frames }, (_, k) => slice(k));
    const full = here.filter((each) => each && each.columns === columns).length;
    if (made.index === index && made.full === full) return made.frame;
    const sample = here.find((each) => each && each.columns === columns);
    if (!sample) return null;
    const pixels = new (kindOfAll(here))(wide * series.frames);
    for (let k = 0; k < series.frames; k += 1) {
      const each = here[flipped ? series.frames - 1 - k : k];
      if (!each || each.columns !== columns) continue;
      const from = along === "rows" ? index * columns : index;
      const by = along === "rows" ? 1 : columns;
      for (let i = 0; i < wide; i += 1) {
        pixels[k * wide + (mirrored ? wide - 1 - i : i)] = each.pixels[from + i * by];
      }
    }
    const quality = full === series.frames ? "full" : "reduced";
    made = { index, full, frame: { pixels, rows: series.frames, columns: wide, samples: 1, quality } };
    return made.frame;
  };

  let cutBits = { index: -1, bits: null };
  /** What overlays of the slices draw on a plane: undefined while one of them is on its way. */
  const cutOverlay = (index) => {
    const here = Array.from({ length: series.frames }, (_, k) => drawn(k));
    if (here.includes(undefined)) return undefined;
    if (here.every((each) => each === null)) return null;
    if (cutBits.index === index) return cutBits.bits;
    const bits = new Uint8Array(Math.ceil((wide * series.frames) / 8));
    for (let k = 0; k < series.frames; k += 1) {
      const each = here[flipped ? series.frames - 1 - k : k];
      if (!each) continue;
      for (let i = 0; i < wide; i += 1) {
        const from = along === "rows" ? index * columns + i : i * columns + index;
        if (!((each[from >> 3] >> (7 - (from & 7))) & 1)) continue;
        const to = k * wide + (mirrored ? wide - 1 - i : i);
        bits[to >> 3] |= 128 >> (to & 7);
      }
    }
    cutBits = { index, bits };
    return bits;
  };

  return {
    uuid: `${series.uuid}:${along}`, plane: along, of: series, number: series.number, modality: series.modality,
    description: series.description, frames: count, kind: "pixels", state: "ready", notes: [], groups: [first],
    failures: new Map(), packed: true, info, cut, cutOverlay, group: () => first, position: (index) => info(index).position,
  };
}

/** An array that holds the values of all slices: groups of them may need different ones. */
function kindOfAll(slices) {
  const kinds = new Set(slices.filter(Boolean).map(({ pixels }) => pixels.constructor));
  return kinds.size === 1 ? [...kinds][0] : Float32Array;
}

/** The name of the plane a normal looks along: "axial", "coronal", "sagittal". */
export function planeName(orientation) {
  const normal = cross(rowOf(orientation), columnOf(orientation)).map(Math.abs);
  return ["sagittal", "coronal", "axial"][normal.indexOf(Math.max(...normal))];
}
