// What was used longest ago goes first, counted in bytes; what is pinned stays.

/** @template T */
export class Lru {
  /**
   * @param {number} most bytes
   * @param {{pinned?: (key: string) => boolean, dropped?: (key: string, value: T) => void, freed?: (value: T) => void}} hooks
   *   `dropped` and then `freed`, when an entry goes for want of room; `freed` alone when another takes its place
   */
  constructor(most, { pinned = () => false, dropped = () => {}, freed = () => {} } = {}) {
    this.most = most;
    this.bytes = 0;
    this.pinned = pinned;
    this.dropped = dropped;
    this.freed = freed;
    /** @type {Map<string, {value: T, bytes: number}>} in the order of their last use */
    this.entries = new Map();
  }

  get size() {
    return this.entries.size;
  }

  has(key) {
    return this.entries.has(key);
  }

  /** @returns {T | undefined} and counts as a use */
  get(key) {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.value;
  }

  peek(key) {
    return this.entries.get(key)?.value;
  }

  set(key, value, bytes) {
    const before = this.peek(key);
    this.forget(key);
    if (before !== undefined && before !== value) this.freed(before);
    this.entries.set(key, { value, bytes });
    this.bytes += bytes;
    this.shrink(key);
  }

  /** Takes an entry out without telling. */
  forget(key) {
    const entry = this.entries.get(key);
    if (!entry) return;
    this.entries.delete(key);
    this.bytes -= entry.bytes;
  }

  /** Drops until the bound holds; neither what is pinned nor what has just come goes. */
  shrink(kept = "") {
    if (this.bytes <= this.most) return;
    for (const [key, { value }] of this.entries) {
      if (key === kept || this.pinned(key)) continue;
      this.forget(key);
      this.dropped(key, value);
      this.freed(value);
      if (this.bytes <= this.most) return;
    }
  }
}
