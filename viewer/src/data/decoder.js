// A pool of workers that decode; whoever becomes free takes what is wanted most.
import wasmUrl from "@cornerstonejs/codec-openjph/wasm?url";

import { Spare } from "./memory.js";
import { arrayOf } from "./values.js";
import { paused } from "./wire.js";
import DecodeWorker from "./decode.worker.js?worker";

// How many reduced pictures go to a worker together. Sent singly, each would wait until the page has drawn the picture before.
const TOGETHER = 24;
// How much larger than needed the memory for codestreams is made: the next codestreams may be larger.
const MORE = 1.25;

export class Decoder {
  /** @param {number} count how many workers */
  constructor(count = defaultCount()) {
    this.waiting = [];
    this.spare = new Spare();
    this.last = 0;
    this.idle = [];
    this.workers = [];
    const wasm = compiled();
    for (let nth = 0; nth < count; nth += 1) {
      const worker = new DecodeWorker();
      /** The worker's tasks, by number. */
      worker.tasks = new Map();
      worker.onmessage = ({ data }) => this.#finished(worker, data);
      worker.onerror = () => {
        for (const id of [...worker.tasks.keys()]) this.#finished(worker, { id, error: "the decoder stopped" });
      };
      wasm.then((module) => worker.postMessage({ wasm: module }), () => {});
      this.workers.push(worker);
      this.idle.push(worker);
    }
    this.ready = wasm;
  }

  /**
   * @param {object} task
   * @param {() => Uint8Array[] | null} task.parts the codestream, in pieces; null where it has gone
   * @param {number} task.level how often the size is halved
   * @param {object} task.frame the group of the frame
   * @param {() => number} task.rank the smaller the sooner; Infinity: no longer wanted
   * @returns {Promise<{pixels: ArrayLike<number>, least: number, most: number, columns: number, rows: number} | null>}
   *   null where it was no longer wanted
   */
  decode(task) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ ...task, resolve, reject });
      this.#next();
    });
  }

  get busy() {
    return this.workers.reduce((sum, { tasks }) => sum + tasks.size, this.waiting.length);
  }

  async #next() {
    try {
      await this.ready;
    } catch (error) {
      for (const task of this.waiting.splice(0)) task.reject(error);
      return;
    }
    while (this.idle.length && this.waiting.length) {
      const tasks = this.#wanted();
      if (!tasks.length) return;
      const worker = this.idle.pop();
      const room = roomOf(worker, tasks.reduce((sum, { parts }) => sum + length(parts), 0));
      const messages = [];
      let at = 0;
      for (const { parts, ...task } of tasks) {
        const [id, from] = [(this.last += 1), at];
        for (const part of parts) {
          new Uint8Array(room, at).set(part);
          at += part.length;
        }
        worker.tasks.set(id, task);
        const { level, frame } = task;
        messages.push({ id, from, to: at, level, frame, into: level === 0 ? this.spare.take(bytesOf(frame)) : null });
      }
      worker.postMessage({ room, tasks: messages }, [room, ...messages.flatMap(({ into }) => into ?? [])]);
    }
  }

  /** Takes back an array of values that nobody reads any more: a picture of its size is decoded into it. */
  reuse({ buffer }) {
    this.spare.give(buffer);
  }

  /** The picture that is wanted most; a reduced picture comes with the reduced pictures that are wanted next. */
  #wanted() {
    const ranked = [];
    for (const task of this.waiting) {
      const rank = task.rank();
      if (rank === Infinity) task.resolve(null);
      else ranked.push({ task, rank });
    }
    ranked.sort((one, other) => one.rank - other.rank);
    this.waiting = ranked.map(({ task }) => task);
    const taken = [];
    while (this.waiting.length && taken.length < TOGETHER) {
      const [next] = this.waiting;
      if (taken.length && next.level === 0) break;
      this.waiting.shift();
      const parts = next.parts();
      if (!parts) {
        next.resolve(null);
        continue;
      }
      taken.push({ ...next, parts });
      if (next.level === 0) break;
    }
    return taken;
  }

  #finished(worker, { id, image, error, room }) {
    if (room) worker.room = room;
    const task = worker.tasks.get(id);
    if (!task) return;
    worker.tasks.delete(id);
    error ? task.reject(new Error(error)) : task.resolve(image);
    if (worker.tasks.size) return;
    this.idle.push(worker);
    this.#next();
  }
}

/** Memory for codestreams that goes to the worker and comes back with its last picture. */
function roomOf(worker, bytes) {
  const { room } = worker;
  worker.room = null;
  return room?.byteLength >= bytes ? room : new ArrayBuffer(Math.ceil(bytes * MORE));
}

function length(parts) {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** How many bytes the values of a whole picture take. */
function bytesOf(frame) {
  return frame.rows * frame.columns * frame.samples * arrayOf(frame).BYTES_PER_ELEMENT;
}

// One download and one compilation for all workers; tried again while the connection is down.
async function compiled() {
  for (let failures = 0; ; failures += 1) {
    try {
      const answer = await fetch(wasmUrl);
      if (answer.ok) return await WebAssembly.compile(await answer.arrayBuffer());
    } catch (error) {
      // Bytes that arrive and are no module will not become one.
      if (error instanceof WebAssembly.CompileError) throw error;
    }
    await paused(Math.min(15000, 500 * 2 ** failures), new AbortController().signal);
  }
}

function defaultCount() {
  return Math.max(1, Math.min(4, (navigator.hardwareConcurrency || 2) - 1));
}
