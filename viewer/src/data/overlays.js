// What overlays of the file draw over its frames: a bit a pixel, deflated, behind the tails in the pack.
import { Cutter } from "./cutter.js";
import { Lru } from "./lru.js";
import { Lost, readRange } from "./wire.js";

// Of unpacked bits.
const MEMORY = 32 * 2 ** 20;
// One request brings those of some frames before the one shown and of the frames behind it, up to so many bytes.
const BEFORE = 8;
const MOST = 192 * 1024;

export class Overlays {
  /** @param {import("./study.js").Study} study */
  constructor(study) {
    this.study = study;
    /** A bit a pixel, by image id; null where it could not be had. @type {Lru<Uint8Array | null>} */
    this.bits = new Lru(MEMORY, { pinned: (id) => this.#isPinned(id) });
    this.coming = new Set();
  }

  /**
   * A bit for each pixel of a frame, from the first row on, the highest bit of a byte first. Null where nothing is drawn
   * on it or it could not be had, undefined while it is on its way.
   */
  of(series, index) {
    if (!series.overlay?.(index)) return null;
    const id = series.imageIds[index];
    if (this.bits.has(id)) return this.bits.get(id);
    if (!this.coming.has(id)) this.#ask(series, index);
    return undefined;
  }

  /** Whether a frame has an overlay that could not be had. */
  failed(series, index) {
    return Boolean(series.overlay?.(index)) && this.bits.peek(series.imageIds[index]) === null;
  }

  /** Whether a frame of the series has an overlay that could not be had. */
  someFailed(series) {
    return series.imageIds.some((id, index) => this.failed(series, index));
  }

  /** Of a series whose pack is another now. */
  forget(series) {
    for (const id of series.imageIds) {
      this.bits.forget(id);
      this.coming.delete(id);
    }
  }

  async #ask(series, index) {
    const { study } = this;
    const wanted = this.#run(series, index);
    for (const at of wanted) this.coming.add(series.imageIds[at]);
    const pieces = wanted.map((at) => ({ index: at, bytes: series.overlay(at)?.bytes ?? 0 }));
    const last = series.overlay(wanted.at(-1));
    const opened = [];
    const cutter = new Cutter(pieces, (at, bytes) => bytes.length && opened.push(this.#open(series, at, bytes)));
    try {
      await readRange(series.pack.url, series.overlay(wanted[0]).at, last.at + last.bytes - 1, {
        take: (bytes) => cutter.take(bytes),
        signal: study.stopped.signal,
        fetch: study.ask,
        pause: study.pause,
      });
    } catch (error) {
      await this.#missing(error, series, wanted);
    }
    await Promise.all(opened);
    for (const at of wanted) this.coming.delete(series.imageIds[at]);
  }

  /** What is on the screen, and all of a volume through which planes are cut: its size is bounded. */
  #isPinned(id) {
    const isOf = (series) => id.startsWith(`cimar:${series.uuid}/`);
    if ([...this.study.frames.held].some(isOf)) return true;
    return this.study.shown.some(({ series, index }) => series.imageIds[index] === id);
  }

  /** Frames that lie one behind the other, begin and end with an overlay, and are not here yet. */
  #run(series, index) {
    const missing = (at) => at >= 0 && at < series.frames && !this.bits.has(series.imageIds[at]) && !this.coming.has(series.imageIds[at]);
    let [first, last] = [index, index];
    while (first > index - BEFORE && missing(first - 1)) first -= 1;
    const bytes = (at) => series.overlay(at)?.bytes ?? 0;
    let total = bytes(index);
    while (missing(last + 1) && total + bytes(last + 1) <= MOST) total += bytes((last += 1));
    while (!series.overlay(first)) first += 1;
    while (!series.overlay(last)) last -= 1;
    return Array.from({ length: last - first + 1 }, (_, nth) => first + nth);
  }

  async #open(series, index, bytes) {
    const { rows, columns } = series.values(index);
    const bits = await inflated(bytes).catch(() => null);
    this.#put(series, index, bits?.length === Math.ceil((rows * columns) / 8) ? bits : null);
  }

  async #missing(error, series, wanted) {
    const { study } = this;
    if (study.stopped.signal.aborted) return;
    if (error instanceof Lost) {
      if (error.status === 401 || error.status === 403) return void study.lose(error.status);
      if (await study.reload()) return;
    }
    for (const at of wanted) if (series.overlay(at) && !this.bits.has(series.imageIds[at])) this.#put(series, at, null);
  }

  #put(series, index, bits) {
    if (!this.study.series.includes(series)) return;
    this.bits.set(series.imageIds[index], bits, bits?.length ?? 0);
    this.study.tell("overlay", { series, index });
  }
}

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
