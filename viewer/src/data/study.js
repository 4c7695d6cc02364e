// A study opened in the viewer: its series, what of each frame is here, and what happens to them, as events.
import { budget } from "./budget.js";
import { Fetching } from "./fetching.js";
import { Frames } from "./frames.js";
import { Overlays } from "./overlays.js";
import { Series } from "./series.js";
import { ended, Lost, paused } from "./wire.js";

/** The sentences that the data layer says; the page translates them. */
export const SENTENCES = {
  undecodable: "This image could not be decoded.",
  missing: "This image could not be loaded.",
};

// Studies side by side share the memory.
/** @type {Set<Study>} */
const OPEN = new Set();

const ASK_AGAIN = 3000;
const SLOWEST = 20000;

/**
 * Events: `quality` {series, index, quality}, `failed` {series, index, sentence}, `lost` {status}: the right has ended;
 * `overlay` {series, index}: what is drawn over it is here, or could not be had;
 * `changed` {series}: more of it can be shown, its imageIds are new; `connection` {waiting}.
 */
export class Study extends EventTarget {
  /**
   * @param {string} manifestUrl
   * @param {object} [how]
   * @param {Record<string, string>} [how.sentences]
   * @param {{pixels: number, packed: number}} [how.budget]
   * @param {typeof fetch} [how.fetch]
   * @param {typeof paused} [how.pause]
   * @param {import("./decoder.js").Decoder} how.decoder
   */
  constructor(manifestUrl, { sentences = {}, budget: bytes = budget(), fetch: ask, pause = paused, decoder }) {
    super();
    this.manifestUrl = new URL(manifestUrl, globalThis.location?.href).href;
    this.sentences = { ...SENTENCES, ...sentences };
    this.budget = bytes;
    this.ask = ask ?? ((...request) => fetch(...request));
    this.pause = pause;
    this.stopped = new AbortController();
    this.placement = "";
    /** @type {Series[]} */
    this.series = [];
    /** What is on the screen; the first is where somebody scrolls. @type {{series: Series, index: number}[]} */
    this.shown = [];
    this.direction = 0;
    this.frames = new Frames(this, decoder);
    this.fetching = new Fetching(this);
    this.overlays = new Overlays(this);
  }

  async open() {
    OPEN.add(this);
    shareMemory();
    const { placement, series } = await this.#manifest().catch((error) => {
      this.#stop(error);
      throw error;
    });
    this.placement = placement;
    this.series = series.map((raw) => new Series(raw));
    if (this.series.some(({ state }) => state === "preparing")) this.#awaitPacks();
    return this;
  }

  /**
   * What is shown now and where scrolling goes: what is fetched, decoded and kept follows it.
   * @param {Series} series
   * @param {number} index
   * @param {number} [direction] 1, -1, or 0 while nobody scrolls
   * @param {(Series | {series: Series, index: number})[]} [visible] everything on the screen; a series alone: where it was
   */
  focus(series, index, direction = 0, visible = []) {
    const before = this.shown;
    const other = visible
      .map((each) => (each instanceof Series ? { series: each, index: before.find((known) => known.series === each)?.index ?? 0 } : each))
      .filter((each) => each.series !== series || (each.index !== index && !visible.includes(series)));
    this.shown = [{ series, index }, ...other];
    this.direction = Math.sign(direction);
    this.fetching.moved();
    this.frames.decodeAhead();
  }

  /** The frame of a series that is shown, or undefined. */
  place(series) {
    return this.shown.find((each) => each.series === series)?.index;
  }

  quality(series, index) {
    return this.frames.quality(series, index);
  }

  /** @returns {Series | undefined} */
  find(uuid) {
    return this.series.find((series) => series.uuid === uuid);
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  failed(series, index, sentence) {
    series.failures.set(index, sentence);
    this.frames.settle(series, index);
    this.tell("failed", { series, index, sentence });
  }

  /** The right has ended: nothing is asked for again. */
  lose(status) {
    if (this.stopped.signal.aborted) return;
    this.#stop(new Lost(status));
    this.tell("lost", { status });
  }

  /** Nothing more is fetched, and what was kept goes; the decoder is others' too. */
  close() {
    this.#stop(new DOMException("closed", "AbortError"));
    for (const series of this.series) this.frames.forget(series);
  }

  #stop(reason) {
    this.stopped.abort(reason);
    OPEN.delete(this);
    shareMemory();
  }

  /** After bytes were not found: either the study has changed, and its series are read again, or the right has ended. */
  async reload() {
    this.reloading ??= this.#reloaded().finally(() => (this.reloading = null));
    return this.reloading;
  }

  async #reloaded() {
    let manifest;
    try {
      manifest = await this.#manifest();
    } catch (error) {
      if (error instanceof Lost) this.lose(error.status);
      return false;
    }
    let changed = false;
    const fresh = manifest.series.map((raw) => {
      const known = this.find(raw.uuid);
      if (known && known.pack?.url === raw.pack?.url && known.state === (raw.state ?? "ready")) return known;
      changed = true;
      return new Series(raw);
    });
    const old = this.series;
    this.series = fresh;
    for (const series of fresh) if (!old.includes(series)) this.#replace(old.find(({ uuid }) => uuid === series.uuid), series);
    return changed;
  }

  #replace(before, series) {
    for (const kept of before ? [this.frames, this.overlays] : []) kept.forget(before);
    const last = Math.max(0, series.frames - 1);
    this.shown = this.shown.map((each) => (each.series === before ? { series, index: Math.min(each.index, last) } : each));
    this.tell("changed", { series });
    this.fetching.pump();
  }

  async #manifest() {
    for (let failures = 0; ; failures += 1) {
      let answer = null;
      try {
        answer = await this.ask(this.manifestUrl, { credentials: "same-origin", redirect: "manual", signal: this.stopped.signal });
        ended(answer);
        if (answer.ok) return await answer.json();
      } catch (error) {
        if (error instanceof Lost || this.stopped.signal.aborted) throw error;
      }
      this.tell("connection", { waiting: true });
      await this.pause(Math.min(SLOWEST, 500 * 2 ** failures), this.stopped.signal);
    }
  }

  async #awaitPacks() {
    let wait = ASK_AGAIN;
    while (this.series.some(({ state }) => state === "preparing")) {
      await this.pause(wait, this.stopped.signal).catch(() => {});
      if (this.stopped.signal.aborted) return;
      wait = (await this.reload()) ? ASK_AGAIN : Math.min(SLOWEST, wait * 1.5);
    }
  }
}

function shareMemory() {
  for (const study of OPEN) study.frames.bound(study.budget.pixels / OPEN.size, study.budget.packed / OPEN.size);
}

/** @returns {Promise<Study>} rejects with `Lost` where there is no right to it */
export function openStudy(manifestUrl, how) {
  return new Study(manifestUrl, how).open();
}
