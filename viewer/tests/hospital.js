// A made-up server and decoder: packs of random bytes, on a line that drops as it likes.
import { Chance } from "./chances.js";

/** A study of a few series, as its manifest tells of it. */
export function madeStudy(chance, { series = chance.whole(1, 3), most = 40 } = {}) {
  const packs = new Map();
  const made = chance.list(series, () => chance.whole(1, most)).map((frames, nth) => {
    // Packs of an older server have no coarse parts; a small frame is whole with its first part.
    const isOld = chance.whole(0, 3) === 0;
    const coarse = chance.list(frames, () => chance.whole(1, 20));
    const head = chance.list(frames, () => (isOld ? 1 : chance.whole(0, 5)) && chance.whole(1, 60));
    const tail = head.map((bytes) => bytes && chance.whole(0, 3) && chance.whole(1, 240));
    const sum = (lengths) => lengths.reduce((total, length) => total + length, 0);
    const heads = sum(head) + (isOld ? 0 : sum(coarse));
    const pack = Uint8Array.from({ length: heads + sum(tail) }, () => chance.whole(0, 255));
    const url = `/pixels/${nth}`;
    packs.set(url, pack);
    return {
      uuid: `s${nth}`, number: nth, modality: "CT", frames, kind: "pixels", state: "ready",
      pack: { url, head_bytes: heads, bytes: pack.length },
      groups: [{ rows: 16, columns: 16, bits: 8, signed: false, samples: 1, range: [0, 255], coarse: [2, 2], reduced: [4, 4] }],
      group: [[0, frames]], instance: ["i"], instance_frames: [[frames, 1]], number_of_instance: [1],
      ...(isOld ? {} : { coarse }), head, tail, position: null, failed: [], window_each: null, rescale_each: null,
    };
  });
  return { manifest: { version: 1, placement: "p", series: made }, packs };
}

/** A study of one series with frames of equal sizes. */
export function largeStudy({ frames, ...parts }) {
  const made = madeStudy(new Chance(1), { series: 1, most: 1 });
  const [series] = made.manifest.series;
  const columns = Object.fromEntries(Object.entries(parts).map(([part, bytes]) => [part, new Array(frames).fill(bytes)]));
  const pack = new Uint8Array(frames * (parts.coarse + parts.head + parts.tail));
  made.packs.set(series.pack.url, pack);
  const head_bytes = frames * (parts.coarse + parts.head);
  Object.assign(series, columns, {
    frames, group: [[0, frames]], instance_frames: [[frames, 1]], pack: { url: series.pack.url, head_bytes, bytes: pack.length },
  });
  return made;
}

/** The codestream of a frame in its parts, as the pack holds them. */
export function codestream({ manifest, packs }, nth, index) {
  const { coarse = [], head, tail, pack } = manifest.series[nth];
  let at = 0;
  return [coarse, head, tail].map((lengths) => {
    const before = lengths.slice(0, index).reduce((total, length) => total + length, at);
    at = lengths.reduce((total, length) => total + length, at);
    return packs.get(pack.url).subarray(before, before + (lengths[index] ?? 0));
  });
}

export class Server {
  constructor(study, chance, { drops = 0 } = {}) {
    Object.assign(this, { study, chance, drops, asked: [], open: 0, most: 0, gone: 0 });
    this.fetch = (url, how) => this.#answer(new URL(url, "https://hospital.example").pathname, how);
  }

  async #answer(path, { headers, signal }) {
    await soon();
    signal.throwIfAborted();
    if (this.gone) return new Response("", { status: this.gone });
    if (path.endsWith("manifest.json")) return Response.json(this.study.manifest);
    const pack = this.study.packs.get(path);
    if (!pack) return new Response("", { status: 404 });
    const [from, to] = headers.Range.slice("bytes=".length).split("-").map(Number);
    this.asked.push({ path, from, to });
    if (this.drops && this.chance.whole(0, 99) < this.drops) throw new TypeError("network");
    return new Response(this.#body(pack.slice(from, to + 1), signal), { status: 206 });
  }

  #body(bytes, signal) {
    this.most = Math.max(this.most, (this.open += 1));
    let at = 0;
    let over = false;
    const end = () => (this.open -= over ? 0 : 1, (over = true));
    return new ReadableStream({
      pull: async (controller) => {
        await soon();
        if (signal.aborted) return end(), controller.error(signal.reason);
        if (this.drops && this.chance.whole(0, 99) < this.drops) return end(), controller.error(new TypeError("dropped"));
        const size = this.chance.whole(1, Math.max(200, bytes.length >> 5));
        if (at >= bytes.length) return end(), controller.close();
        controller.enqueue(bytes.slice(at, (at += size)));
        return undefined;
      },
      cancel: end,
    });
  }
}

/** "Decodes" by giving the bytes back, the most wanted first. */
export class Codec {
  constructor() {
    this.waiting = [];
    this.done = [];
  }

  /** Nobody reads these values any more. */
  reuse(pixels) {
    pixels.buffer.transfer?.(0);
  }

  decode(task) {
    return new Promise((resolve) => {
      this.waiting.push({ ...task, resolve });
      soon().then(() => this.#one());
    });
  }

  #one() {
    const ranked = this.waiting.map((task) => [task.rank(), task]).sort(([a], [b]) => a - b);
    if (!ranked.length) return;
    const [rank, task] = ranked[0];
    this.waiting.splice(this.waiting.indexOf(task), 1);
    if (rank === Infinity) return task.resolve(null);
    const parts = task.parts();
    if (!parts) return task.resolve(null);
    const size = 16 >> task.level;
    this.done.push(task);
    task.resolve({ pixels: new Uint8Array(size * size), least: 0, most: 1, rows: size, columns: size, parts: parts.map((part) => part.slice()) });
  }
}

export const soon = () => new Promise((resolve) => setImmediate(resolve));

export async function until(holds, what) {
  for (let turn = 0; turn < 20000; turn += 1) {
    if (holds()) return;
    await soon();
  }
  throw new Error(`never: ${what}`);
}
