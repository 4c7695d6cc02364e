// What of each frame is here, and its way from bytes to values: coarse from its first part, reduced with its head, full with its tail.
import { Lru } from "./lru.js";
import { release } from "./memory.js";
import { wanted } from "./plan.js";
import { COARSE, HEAD, TAIL } from "./series.js";
import { arrayOf } from "./values.js";

// The share of the memory for values that reduced ones have, and of the rest the share that is decoded ahead.
const REDUCED = 0.2;
const AHEAD = 0.9;
// So many reduced pictures in the direction of scrolling are decoded before the full one of the frame shown.
const NEXT = 64;

/** @typedef {{pixels: ArrayLike<number>, least: number, most: number, columns: number, rows: number, samples: number, level: number}} Pixels */

export class Frames {
  /** @param {import("./study.js").Study} study */
  constructor(study, decoder) {
    this.study = study;
    this.decoder = decoder;
    /** Full values by image id. @type {Lru<Pixels>} */
    this.pixels = new Lru(study.budget.pixels * (1 - REDUCED), {
      pinned: (key) => this.pinned(key),
      dropped: (id) => this.#dropped(id),
      freed: ({ pixels }) => decoder.reuse(pixels),
    });
    /** Reduced values by image id: apart, or the many small would be the first to go. @type {Lru<Pixels>} */
    this.reduced = new Lru(study.budget.pixels * REDUCED, {
      pinned: (key) => this.pinned(key),
      dropped: (id) => this.#dropped(id),
      freed: ({ pixels }) => release(pixels),
    });
    /** Bytes as they came: `<image id>/coarse`, `<image id>/head` and `<image id>/tail`. @type {Lru<Uint8Array>} */
    this.packed = new Lru(study.budget.packed, {
      // Bytes of what is decoded can go: a volume is not kept twice.
      pinned: (key) => this.pinned(key) && !this.pixels.has(key.slice(0, key.lastIndexOf("/"))),
      dropped: (key) => this.#countHead(key, -1),
      freed: release,
    });
    /** How many coarse parts and heads of each series are here, by its uuid. @type {Map<string, number>} */
    this.heads = new Map();
    this.decoding = new Set();
    this.waiters = new Map();
    /** Series kept whole: a volume is made of all their frames. @type {Set<import("./series.js").Series>} */
    this.held = new Set();
    /** Told when the full values of a frame go. */
    this.released = () => {};
  }

  bound(pixels, packed) {
    this.pixels.most = pixels * (1 - REDUCED);
    this.reduced.most = pixels * REDUCED;
    this.packed.most = packed;
    for (const lru of [this.pixels, this.reduced, this.packed]) lru.shrink();
  }

  quality(series, index) {
    if (this.pixels.has(series.imageIds[index])) return "full";
    return this.reduced.has(series.imageIds[index]) ? "reduced" : "none";
  }

  /** The best there is of a frame. @returns {Pixels | undefined} */
  best(series, index) {
    const id = series.imageIds[index];
    return this.pixels.get(id) ?? this.reduced.get(id);
  }

  /** The best there is of a frame, as soon as there is any; null where the frame cannot be shown. */
  async await(series, index) {
    while (!series.failures.has(index)) {
      const best = this.best(series, index);
      if (best) return best;
      await new Promise((resolve) => {
        const id = series.imageIds[index];
        this.waiters.set(id, [...(this.waiters.get(id) ?? []), resolve]);
        this.study.fetching.pump();
        this.#decode(series, index);
      });
    }
    return null;
  }

  /** Frames that somebody waits for. @returns {number[]} */
  awaited(series) {
    const indexes = [];
    for (const id of this.waiters.keys()) {
      const [uuid, index] = place(id);
      if (uuid === series.uuid) indexes.push(index);
    }
    return indexes;
  }

  settle(series, index) {
    const id = series.imageIds[index];
    const waiting = this.waiters.get(id) ?? [];
    this.waiters.delete(id);
    for (const resolve of waiting) resolve();
  }

  /** Whether a piece is here; one without bytes always is. */
  has(series, piece) {
    return series.bytes(piece) === 0 || this.packed.has(series.keyOf(piece));
  }

  hasHeads(series) {
    return (this.heads.get(series.uuid) ?? 0) >= series.headed;
  }

  put(series, piece, bytes) {
    const key = series.keyOf(piece);
    if (!this.packed.has(key)) this.#countHead(key, 1);
    this.packed.set(key, bytes, bytes.length);
    this.#decode(series, series.frameOf(piece));
  }

  /** Values that came whole: a picture. */
  putFull(series, index, image) {
    this.pixels.set(series.imageIds[index], image, image.pixels.byteLength);
    this.settle(series, index);
    this.study.tell("quality", { series, index, quality: "full" });
  }

  /** Frames of what is shown whose bytes are here are decoded, as many as fit. */
  decodeAhead() {
    const { shown, direction } = this.study;
    shown.forEach(({ series, index: from }, nth) => {
      if (!series.packed) return;
      for (const index of wanted(series.frames, from, nth ? 0 : direction, this.#window(series))) this.#decode(series, index);
    });
    for (const series of this.held) for (let index = 0; index < series.frames; index += 1) this.#decode(series, index);
  }

  forget(series) {
    this.heads.delete(series.uuid);
    for (const [index, id] of series.imageIds.entries()) {
      this.pixels.forget(id);
      this.reduced.forget(id);
      for (const part of [COARSE, HEAD, TAIL]) this.packed.forget(series.keyOf(series.piece(part, index)));
      this.released(id);
      for (const resolve of this.waiters.get(id) ?? []) resolve();
      this.waiters.delete(id);
    }
  }

  /** What is on the screen never goes, nor what a volume is made of or somebody waits for. */
  pinned(key) {
    const [uuid, index] = place(key);
    if (this.waiters.has(`cimar:${uuid}/${index}`)) return true;
    for (const series of this.held) if (series.uuid === uuid) return true;
    return this.study.shown.some(({ series, index: at }) => series.uuid === uuid && at === index);
  }

  /** How many frames of a series fit into the memory for values. */
  #window(series) {
    if (this.held.has(series)) return series.frames;
    const { rows = 512, columns = 512, samples = 1, ...values } = series.values(0);
    const each = rows * columns * samples * arrayOf({ ...values, samples }).BYTES_PER_ELEMENT;
    return Math.max(3, Math.floor((this.pixels.most * AHEAD) / this.study.shown.length / each));
  }

  #countHead(key, change) {
    if (key.endsWith("/tail")) return;
    const [uuid] = place(key);
    this.heads.set(uuid, (this.heads.get(uuid) ?? 0) + change);
  }

  async #decode(series, index) {
    const id = series.imageIds[index];
    if (this.pixels.has(id) || series.failures.has(index)) return;
    const level = this.#reach(series, index);
    if (level === 0 || level < (this.reduced.peek(id)?.level ?? Infinity)) await this.#run(series, index, id, level);
  }

  /** How often the best picture is halved that the bytes here give, of those halved `least` times or oftener; else Infinity. */
  #reach(series, index, least = 0) {
    let reached = Infinity;
    for (let part = COARSE; part <= TAIL; part += 1) {
      const piece = series.piece(part, index);
      if (series.bytes(piece) === 0) continue;
      if (series.level(piece) < least || !this.packed.has(series.keyOf(piece))) break;
      reached = series.level(piece);
    }
    return reached;
  }

  /** The codestream of a frame, in pieces; null where its bytes have gone meanwhile, or give a better reduced picture. */
  #parts(series, index, level) {
    if (this.#reach(series, index, Math.min(level, 1)) !== level) return null;
    const pieces = [COARSE, HEAD, TAIL].map((part) => series.piece(part, index));
    const wanted = pieces.filter((piece) => series.bytes(piece) > 0 && series.level(piece) >= level);
    return wanted.map((piece) => this.packed.peek(series.keyOf(piece)));
  }

  async #run(series, index, id, level) {
    const key = `${id}/${level}`;
    if (this.decoding.has(key)) return;
    this.decoding.add(key);
    const frame = series.values(index);
    try {
      const parts = () => this.#parts(series, index, level);
      const image = await this.decoder.decode({ parts, level, frame: plain(frame), rank: () => this.#rank(series, index, level) });
      this.decoding.delete(key);
      if (!image || !this.study.series.includes(series)) return;
      image.samples = frame.samples ?? 1;
      image.level = level;
      (level === 0 ? this.pixels : this.reduced).set(id, image, image.pixels.byteLength);
      this.settle(series, index);
      this.study.tell("quality", { series, index, quality: this.quality(series, index) });
      // The next part may have come meanwhile.
      if (level > 0) this.#decode(series, index);
    } catch {
      this.decoding.delete(key);
      if (!this.study.series.includes(series)) return;
      this.study.failed(series, index, this.study.sentences.undecodable);
    }
  }

  /** The smaller the sooner: the frame shown, all that can be scrolled, then full ones from the frame shown outwards. */
  #rank(series, index, level) {
    const { study } = this;
    if (study.stopped.signal.aborted) return Infinity;
    const awaited = this.waiters.has(series.imageIds[index]);
    const places = study.shown.filter((each) => each.series === series);
    if (!places.length) return awaited ? 1 : this.held.has(series) || level > 0 ? 1e6 + index : Infinity;
    const distances = places.map(({ index: at }, nth) => {
      const ahead = (index - at) * (nth === 0 && study.shown[0].series === series && study.direction < 0 ? -1 : 1);
      return ahead >= 0 ? ahead : -4 * ahead;
    });
    const far = Math.min(...distances);
    if (far === 0 && level > 0) return 0;
    // Where somebody scrolls, a full picture takes the time of many reduced ones that come onto the screen next.
    if (far === 0) return study.direction === 0 || awaited ? 1 : 2 + NEXT;
    if (level > 0) return (awaited ? 0 : 2) + far;
    return far > this.#window(series) * 4 && !awaited && !this.held.has(series) ? Infinity : 1e4 + far;
  }

  #dropped(id) {
    this.released(id);
    const [uuid, index] = place(id);
    const series = this.study.find(uuid);
    if (series) this.study.tell("quality", { series, index, quality: this.quality(series, index) });
  }
}

/** Which series and frame an image id, or a key made of one, is of. */
function place(key) {
  const [uuid, index] = key.slice("cimar:".length).split("/");
  return [uuid, Number(index)];
}

// What a worker needs of a group.
function plain({ rows, columns, samples = 1, bits, signed, slope, intercept, range }) {
  return { rows, columns, samples, bits, signed, slope, intercept, range };
}
