// Which bytes are asked for next: the frame shown, the coarse parts of all frames, their heads, then tails from the frame shown outwards.
import { Cutter } from "./cutter.js";
import { readPicture } from "./picture.js";
import { givesWay, nextRun, wanted } from "./plan.js";
import { COARSE, HEAD, TAIL } from "./series.js";
import { Lost, readRange } from "./wire.js";

const REQUESTS = 3;
const MOST = 1536 * 1024;
const FRAMES = { 1: 24, 0: 12, "-1": 4 };
// A part that lies so far ahead in a request is asked for apart, or the frame shown would wait for all before it.
const APART = 192 * 1024;
// Coarse parts and heads of a series that are less come in one request.
const JOINED = 1024 * 1024;
const SOON = 6;
// The share of the memory for bytes that one series' coarse parts and heads may take, and of it that of the coarse parts.
const HEADS = 0.5;
const COARSE_OF_HEADS = 0.5;
// How many pictures are fetched around the one shown.
const PICTURES = 24;

export class Fetching {
  /** @param {import("./study.js").Study} study */
  constructor(study) {
    this.study = study;
    /**
     * From the first to the last piece of a series (of pictures: frame); `done` is the first that is yet to come.
     * @type {Set<{series: object, kind: string, first: number, last: number, done: number, stop: AbortController}>}
     */
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
    if (series.failures.has(index) || frames.pixels.has(series.imageIds[index])) return null;
    for (const part of [COARSE, HEAD, TAIL]) {
      const piece = series.piece(part, index);
      if (frames.has(series, piece) || this.#coming(series, piece, part === TAIL ? "tails" : "head")) continue;
      if (part === TAIL) return { series, kind: "tails", first: piece, last: piece };
      if (!this.#isNear(series, index, piece)) return { series, kind: "head", first: piece, last: piece };
    }
    return null;
  }

  /** Whether a piece of the frame shown comes soon by the request for all frames that is under way, or is the next. */
  #isNear(series, index, piece) {
    const stream = this.#stream(series) ?? this.#heads(series, index);
    if (!stream) return false;
    const { first, last, done = first } = stream;
    return done <= piece && piece <= last && series.at(piece) - series.at(done) <= APART;
  }

  /** The request under way for coarse parts or heads of all frames. */
  #stream(series) {
    return [...this.runs].find((run) => run.series === series && run.kind === "heads");
  }

  /** The coarse parts in one request, then the heads; where they fill the memory, those around the frame shown. */
  #heads(series, index) {
    const { frames } = this.study;
    if (frames.hasHeads(series) || this.#stream(series)) return null;
    const room = frames.packed.most * HEADS;
    const { coarseBytes: coarse, pack: { head_bytes: all } } = series;
    const ofCoarse = room * COARSE_OF_HEADS;
    for (const [part, bytes, share] of [[COARSE, coarse, ofCoarse], [HEAD, all - coarse, room - Math.min(coarse, ofCoarse)]]) {
      const most = Math.ceil((share * series.frames) / Math.max(1, bytes) / 2);
      let first = series.piece(part, Math.max(0, index - most));
      let last = series.piece(part, Math.min(series.frames - 1, index + most));
      while (first <= last && !this.#misses(series, first)) first += 1;
      if (first > last) continue;
      while (!this.#misses(series, last)) last -= 1;
      const isJoined = part === COARSE && all <= Math.min(JOINED, room) && last === series.piece(COARSE, series.frames - 1);
      return { series, kind: "heads", first, last: isJoined ? series.piece(HEAD, series.frames - 1) : last };
    }
    return null;
  }

  /** Whether a piece is neither here nor on its way, nor has come since somebody moved. */
  #misses(series, piece) {
    const { frames } = this.study;
    const index = series.frameOf(piece);
    if (series.failures.has(index) || frames.has(series, piece) || frames.pixels.has(series.imageIds[index])) return false;
    return !this.#coming(series, piece) && !this.came.has(series.keyOf(piece));
  }

  #tails(series, index, direction) {
    const { frames } = this.study;
    const order = [...new Set([index, ...frames.awaited(series), ...wanted(series.frames, index, direction, this.#window(series))])];
    const tail = (at) => series.piece(TAIL, at);
    const bounds = { most: MOST, frames: FRAMES[Math.sign(direction)], direction };
    const run = nextRun(order, (at) => this.#misses(series, tail(at)), (at) => series.bytes(tail(at)), bounds);
    return run && { series, kind: "tails", first: tail(run.first), last: tail(run.last) };
  }

  #pictures(shown) {
    const { frames } = this.study;
    for (const [nth, { series, index }] of shown.entries()) {
      if (series.packed || series.kind === "none" || !series.frames) continue;
      const ahead = wanted(series.frames, index, nth ? 0 : this.study.direction, PICTURES);
      const next = [...frames.awaited(series), ...ahead].find(
        (at) => !series.failures.has(at) && !frames.pixels.has(series.imageIds[at]) && !this.#coming(series, at) && !this.came.has(series.imageIds[at]),
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

  /** Whether a request under way, of this kind or of any, has yet to bring a piece. */
  #coming(series, piece, kind = "") {
    return [...this.runs].some((run) => run.series === series && run.done <= piece && piece <= run.last && (!kind || run.kind === kind));
  }

  /** After a jump: requests of frames that nobody wants soon stop. */
  #giveWay() {
    const { shown, frames } = this.study;
    const [{ series, index }] = shown;
    if (!series.packed) return;
    const soon = wanted(series.frames, index, this.study.direction, SOON);
    const tail = series.piece(TAIL, index);
    const here = frames.pixels.has(series.imageIds[index]) || frames.has(series, tail);
    const waiting = !here && !this.#coming(series, tail) && this.runs.size >= REQUESTS;
    const tails = soon.map((at) => series.piece(TAIL, at));
    for (const run of this.runs) {
      const hidden = !shown.some((each) => each.series === run.series) && !frames.held.has(run.series);
      const brings = (at) => at >= run.done && at <= run.last;
      const elsewhere = shown.some((each) => each.series === run.series && brings(each.series.piece(TAIL, each.index)));
      if (run.kind === "tails" && !elsewhere && (hidden || (run.series === series && givesWay(run, tails, waiting)))) this.#stop(run);
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
    const { series, first, last } = run;
    const { frames } = this.study;
    const pieces = [];
    for (let piece = first; piece <= last; piece += 1) pieces.push({ index: piece, bytes: series.bytes(piece) });
    const cutter = new Cutter(pieces, (piece, bytes) => {
      run.done = piece + 1;
      this.came.add(series.keyOf(piece));
      if (bytes.length && !series.failures.has(series.frameOf(piece))) frames.put(series, piece, bytes);
    });
    let down = false;
    await readRange(series.pack.url, series.at(first), series.at(last + 1) - 1, {
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
    this.came.add(series.imageIds[index]);
    this.study.frames.putFull(series, index, image);
  }

  async #missing(run, error) {
    if (error instanceof Lost) {
      if (error.status === 401 || error.status === 403) return this.study.lose(error.status);
      const changed = await this.study.reload();
      if (changed || this.study.stopped.signal.aborted) return undefined;
    }
    for (let piece = run.done; piece <= run.last; piece += 1) {
      const index = run.series.frameOf(piece);
      if (!run.series.failures.has(index)) this.study.failed(run.series, index, this.study.sentences.missing);
    }
    return undefined;
  }

  #connection(change) {
    this.down += change;
    if (this.down === (change > 0 ? 1 : 0)) this.study.tell("connection", { waiting: this.down > 0 });
  }
}
