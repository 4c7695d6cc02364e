// A pool of workers that decode; whoever becomes free takes what is wanted most.
import wasmUrl from "@cornerstonejs/codec-openjph/wasm?url";

import { paused } from "./wire.js";
import DecodeWorker from "./decode.worker.js?worker";

export class Decoder {
  /** @param {number} count how many workers */
  constructor(count = defaultCount()) {
    this.waiting = [];
    this.running = new Map();
    this.last = 0;
    this.idle = [];
    const wasm = compiled();
    for (let nth = 0; nth < count; nth += 1) {
      const worker = new DecodeWorker();
      worker.onmessage = ({ data }) => this.#finished(worker, data);
      worker.onerror = () => this.#finished(worker, { id: worker.task, error: "the decoder stopped" });
      wasm.then((module) => worker.postMessage({ wasm: module }), () => {});
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
    return this.waiting.length + this.running.size;
  }

  async #next() {
    try {
      await this.ready;
    } catch (error) {
      for (const task of this.waiting.splice(0)) task.reject(error);
      return;
    }
    while (this.idle.length && this.waiting.length) {
      const task = this.#most();
      if (!task) return;
      const parts = task.parts();
      if (!parts) {
        task.resolve(null);
        continue;
      }
      const worker = this.idle.pop();
      const id = (this.last += 1);
      worker.task = id;
      this.running.set(id, task);
      worker.postMessage({ id, parts, level: task.level, frame: task.frame });
    }
  }

  #most() {
    let [best, least] = [-1, Infinity];
    const still = [];
    for (const task of this.waiting) {
      const rank = task.rank();
      if (rank === Infinity) {
        task.resolve(null);
        continue;
      }
      if (rank < least) [best, least] = [still.length, rank];
      still.push(task);
    }
    this.waiting = still;
    return best < 0 ? null : this.waiting.splice(best, 1)[0];
  }

  #finished(worker, { id, image, error }) {
    const task = this.running.get(id);
    this.running.delete(id);
    this.idle.push(worker);
    if (task) error ? task.reject(new Error(error)) : task.resolve(image);
    this.#next();
  }
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
