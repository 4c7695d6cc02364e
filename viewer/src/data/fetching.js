// Which bytes are asked for next: the frame shown, all heads at once, then tails from the frame shown outwards.
import { Cutter } from "./cutter.js";
import { readPicture } from "./picture.js";
import { givesWay, nextRun, wanted } from "./plan.js";
import { Lost, readRange } from "./wire.js";

const REQUESTS = 3;
const MOST = 1536 * 1024;
const FRAMES = { 1: 24, 0: 12, "-1": 4 };
// A head this far into the pack is asked for apart, or the frame shown would wait for all before it.
const APART = 192 * 1024;
const SOON = 6;
// The share of the memory for bytes that one series' heads may take.
const HEADS = 0.5;
// How many pictures are fetched around the one shown.
const PICTURES = 24;

export class Fetching {
  /** @param {import("./study.js").Study} study */
  constructor(study) {
    this.study = study;
    /** @type {Set<{series: object, kind: string, first: number, last: number, done: number, stop: AbortController}>} */
    this.runs = new Set();
    this.down = 0;
    /** What came since somebody last moved: it is not asked for again at once where the memory is too small for it. */
    this.came = new Set();
  }

  /** Somebody moved. */
  moved() {
    this.came.clear();
    this.pump();
  }

  /** Asks for whatever is wanted most, up to the number of requests at a time. */
  pump() {
    const { shown, stopped } = this.study;
    if (!shown.length || stopped.signal.aborted) return;
    this.#giveWay();
    while (this.runs.size < REQUESTS) {
      const next = this.#next(shown);
      if (!next) return;
      this.#run(next);
    }
  }

  #next(shown) {
    const first = (asked) => {
      for (const [nth, { series, index }] of shown.entries()) {
        const run = series.packed ? asked(series, index, nth ? 0 : this.study.direction) : null;
        if (run) return run;
      }
      return null;
    };
    const visible = (series) => shown.some((each) => each.series === series);
    return (
      // The frames on the screen before all else, then everything that can be scrolled, then full frames.
      first((series, index) => this.#shown(series, index)) ??
      this.#pictures(shown) ??
      first((series, index) => this.#heads(series, index)) ??
      ([...this.runs].some(({ kind, series }) => kind === "heads" && visible(series)) ? null : this.#rest(first, visible))
    );
  }

  #rest(first, visible) {
    const tails = first((series, index, direction) => this.#tails(series, index, direction));
    if (tails || this.runs.size) return tails;
    for (const series of this.study.frames.held) {
      const run = series.packed && this.#tails(series, 0, 1);
      if (run) return run;
    }
    // The other series can be scrolled at once when somebody opens them.
    for (const series of this.study.series) {
      const run = series.packed && !visible(series) && this.#room(series) && this.#heads(series, 0);
      if (run) return run;
    }
    return null;
  }

  #shown(series, index) {
    const { frames } = this.study;
    if (series.failures.has(index)) return null;
    if (!frames.hasHead(series, index) && !this.#coming(series, "head", index)) {
      const streaming = [...this.runs].find((run) => run.series === series && run.kind === "heads");
      const from = streaming && streaming.done <= index ? series.head(Math.min(streaming.done, series.frames - 1)).at : 0;
      if (series.head(index).at - from > APART) return { series, kind: "head", first: index, last: index };
    }
    const here = frames.pixels.has(series.imageIds[index]) || frames.hasTail(series, index);
    return here || this.#coming(series, "tails", index) ? null : { series, kind: "tails", first: index, last: index };
  }

  /** All heads in one request; of a series whose heads fill the memory, those around the frame shown. */
  #heads(series, index) {
    const { frames } = this.study;
    if (frames.hasHeads(series)) return null;
    if ([...this.runs].some((run) => run.series === series && run.kind === "heads")) return null;
    const missing = (at) =>
      !frames.hasHead(series, at) && !frames.pixels.has(series.imageIds[at]) && !this.#coming(series, "head", at) && !this.#useless(series, at) && !this.#came(series, "heads", at);
    const most = Math.ceil((frames.packed.most * HEADS * series.frames) / Math.max(1, series.pack.head_bytes) / 2);
    let first = Math.max(0, index - most);
    let last = Math.min(series.frames - 1, index + most);
    while (first <= last && !missing(first)) first += 1;
    if (first > last) return null;
    while (!missing(last)) last -= 1;
    return { series, kind: "heads", first, last };
  }

  #tails(series, index, direction) {
    const { frames } = this.study;
    const order = [...new Set([index, ...frames.awaited(series), ...wanted(series.frames, index, direction, this.#window(series))])];
    const missing = (at) =>
      !series.failures.has(at) && !frames.pixels.has(series.imageIds[at]) && !frames.hasTail(series, at) && !this.#coming(series, "tails", at) && !this.#came(series, "tails", at);
    const run = nextRun(order, missing, (at) => series.tail(at).bytes, { most: MOST, frames: FRAMES[Math.sign(direction)], direction });
    return run && { series, kind: "tails", ...run };
  }

  #pictures(shown) {
    const { frames } = this.study;
    for (const [nth, { series, index }] of shown.entries()) {
      if (series.packed || series.kind === "none" || !series.frames) continue;
      const ahead = wanted(series.frames, index, nth ? 0 : this.study.direction, PICTURES);
      const next = [...frames.awaited(series), ...ahead].find(
        (at) => !series.failures.has(at) && !frames.pixels.has(series.imageIds[at]) && !this.#coming(series, "picture", at) && !this.#came(series, "picture", at),
      );
      if (next !== undefined) return { series, kind: "picture", first: next, last: next };
    }
    return null;
  }

  /** How many frames' tails fit into the memory for bytes. */
  #window(series) {
    if (this.study.frames.held.has(series)) return series.frames;
    const { bytes, head_bytes: heads } = series.pack;
    const each = Math.max(1, (bytes - heads) / series.frames);
    const { most } = this.study.frames.packed;
    return Math.max(2, Math.floor((most * 0.8 - Math.min(heads, most * HEADS)) / Math.max(1, this.study.shown.length) / each));
  }

  #room(series) {
    const { packed } = this.study.frames;
    return packed.bytes + series.pack.head_bytes < packed.most * 0.9;
  }

  #useless(series, index) {
    return series.failures.has(index) || series.head(index).bytes === 0;
  }

  #coming(series, kind, index) {
    for (const run of this.runs) {
      if (run.series !== series || index < run.done || index > run.last) continue;
      if (run.kind === kind) return true;
    }
    return false;
  }

  #came(series, kind, index) {
    return this.came.has(`${series.imageIds[index]}/${kind}`);
  }

  /** After a jump: requests of frames that nobody wants soon stop. */
  #giveWay() {
    const { shown, frames } = this.study;
    const [{ series, index }] = shown;
    if (!series.packed) return;
    const soon = wanted(series.frames, index, this.study.direction, SOON);
    const here = frames.pixels.has(series.imageIds[index]) || frames.hasTail(series, index);
    const waiting = !here && !this.#coming(series, "tails", index) && this.runs.size >= REQUESTS;
    for (const run of this.runs) {
      const hidden = !shown.some((each) => each.series === run.series) && !frames.held.has(run.series);
      const elsewhere = shown.some((each) => each.series === run.series && each.index >= run.done && each.index <= run.last);
      if (run.kind === "tails" && !elsewhere && (hidden || (run.series === series && givesWay(run, soon, waiting)))) this.#stop(run);
    }
  }

  #stop(run) {
    run.stop.abort(new DOMException("something else is wanted first", "AbortError"));
    this.runs.delete(run);
  }

  async #run({ series, kind, first, last }) {
    const run = { series, kind, first, last, done: first, stop: new AbortController() };
    this.runs.add(run);
    const { signal } = run.stop;
    const { signal: stopped } = this.study.stopped;
    const stop = () => run.stop.abort(stopped.reason);
    stopped.addEventListener("abort", stop, { once: true });
    try {
      if (kind === "picture") await this.#readPicture(series, first, signal);
      else await this.#readPack(run, signal);
    } catch (error) {
      if (!signal.aborted) await this.#missing(run, error);
    } finally {
      stopped.removeEventListener("abort", stop);
      this.runs.delete(run);
      this.pump();
    }
  }

  async #readPack(run, signal) {
    const { series, kind, first, last } = run;
    const { frames } = this.study;
    const part = (index) => (kind === "tails" ? series.tail(index) : series.head(index));
    const pieces = [];
    for (let index = first; index <= last; index += 1) pieces.push({ index, bytes: part(index).bytes });
    const cutter = new Cutter(pieces, (index, bytes) => {
      run.done = index + 1;
      this.came.add(`${series.imageIds[index]}/${kind}`);
      if (kind === "tails") frames.putTail(series, index, bytes);
      else if (!this.#useless(series, index)) frames.putHead(series, index, bytes);
    });
    const end = part(last).at + part(last).bytes - 1;
    let down = false;
    await readRange(series.pack.url, part(first).at, end, {
      take: (bytes) => cutter.take(bytes),
      signal,
      fetch: this.study.ask,
      pause: this.study.pause,
      waiting: (is) => {
        if (is !== down) this.#connection(is ? 1 : -1);
        down = is;
      },
    }).finally(() => down && this.#connection(-1));
  }

  async #readPicture(series, index, signal) {
    const { instance, frame } = series.info(index);
    const url = new URL(`../instances/${instance}/frames/${frame}.png`, this.study.manifestUrl).href;
    const image = await readPicture(url, { signal, fetch: this.study.ask, pause: this.study.pause });
    this.came.add(`${series.imageIds[index]}/picture`);
    this.study.frames.putFull(series, index, image);
  }

  async #missing(run, error) {
    if (error instanceof Lost) {
      if (error.status === 401 || error.status === 403) return this.study.lose(error.status);
      const changed = await this.study.reload();
      if (changed || this.study.stopped.signal.aborted) return undefined;
    }
    for (let index = run.done; index <= run.last; index += 1) {
      if (!run.series.failures.has(index)) this.study.failed(run.series, index, this.study.sentences.missing);
    }
    return undefined;
  }

  #connection(change) {
    this.down += change;
    if (this.down === (change > 0 ? 1 : 0)) this.study.tell("connection", { waiting: this.down > 0 });
  }
}
