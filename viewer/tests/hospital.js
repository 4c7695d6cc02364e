// A made-up server and decoder: packs of random bytes, on a line that drops as it likes.

/** A study of a few series, as its manifest tells of it. */
export function madeStudy(chance, { series = chance.whole(1, 3), most = 40 } = {}) {
  const packs = new Map();
  const made = chance.list(series, () => chance.whole(1, most)).map((frames, nth) => {
    const head = chance.list(frames, () => chance.whole(1, 60));
    const tail = chance.list(frames, () => chance.whole(0, 3) && chance.whole(1, 240));
    const sum = (lengths) => lengths.reduce((total, length) => total + length, 0);
    const pack = Uint8Array.from({ length: sum(head) + sum(tail) }, () => chance.whole(0, 255));
    const url = `/pixels/${nth}`;
    packs.set(url, pack);
    return {
      uuid: `s${nth}`, number: nth, modality: "CT", frames, kind: "pixels", state: "ready",
      pack: { url, head_bytes: sum(head), bytes: pack.length },
      groups: [{ rows: 16, columns: 16, bits: 8, signed: false, samples: 1, range: [0, 255], reduced: [4, 4] }],
      group: [[0, frames]], instance: ["i"], instance_frames: [[frames, 1]], number_of_instance: [1],
      head, tail, position: null, failed: [], window_each: null, rescale_each: null,
    };
  });
  return { manifest: { version: 1, placement: "p", series: made }, packs };
}

/** The codestream of a frame, as the pack holds it. */
export function codestream({ manifest, packs }, nth, index) {
  const { head, tail, pack } = manifest.series[nth];
  const sum = (lengths, upto) => lengths.slice(0, upto).reduce((total, length) => total + length, 0);
  const bytes = packs.get(pack.url);
  const at = sum(head, index);
  const behind = pack.head_bytes + sum(tail, index);
  return [bytes.subarray(at, at + head[index]), bytes.subarray(behind, behind + tail[index])];
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
        const size = this.chance.whole(1, 200);
        if (at >= bytes.length) return end(), controller.close();
        controller.enqueue(bytes.slice(at, (at += size)));
        return undefined;
      },
      cancel: end,
    });
  }
}

/** "Decodes" by giving the bytes back, the most wanted first; a reduced image is a quarter of the size of a full one. */
export class Codec {
  constructor() {
    this.waiting = [];
    this.done = [];
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
    const size = task.level ? 4 : 16;
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
