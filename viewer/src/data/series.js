// One series of the manifest, its columns unfolded: where each frame's bytes are, and what is known of each frame.

/**
 * @typedef {object} FrameInfo what is known of one frame: its group's columns, and its own
 * @property {number} rows
 * @property {number} columns
 * @property {[number, number] | null} spacing mm from row to row and from column to column; null: lengths have no mm
 * @property {[number, number, number] | null} position
 * @property {number[] | null} orientation
 * @property {[number, number] | null} window centre and width
 * @property {string} instance uuid of the instance
 * @property {number} frame which of the instance's frames, from 1
 * @property {number | null} number the instance's own number
 */

/** The parts of a frame's codestream, in its order; the pack holds the first of all frames, then the second, then the third. */
export const [COARSE, HEAD, TAIL] = [0, 1, 2];
const NAMES = ["coarse", "head", "tail"];

export class Series {
  /** @param {object} raw the series as the manifest holds it */
  constructor(raw) {
    this.raw = raw;
    this.uuid = raw.uuid;
    this.number = raw.number;
    this.modality = raw.modality ?? "";
    this.description = raw.description ?? "";
    this.bodyPart = raw.body_part ?? "";
    this.frames = raw.frames;
    this.kind = raw.kind;
    this.state = raw.state ?? "ready";
    this.notes = raw.notes ?? [];
    this.thumbnail = raw.thumbnail ?? "";
    this.groups = raw.groups ?? [];
    this.pack = raw.pack ?? null;
    this.imageIds = Array.from({ length: this.frames }, (_, index) => `cimar:${this.uuid}/${index}`);
    /** @type {Map<number, string>} the sentence of each frame that cannot be shown */
    this.failures = new Map(raw.failed ?? []);
    this.groupOf = unfolded(raw.group ?? [[0, this.frames]], this.frames);
    // Packs of an older server have no coarse parts.
    const parts = this.pack ? [...(raw.coarse ?? new Array(this.frames).fill(0)), ...raw.head, ...raw.tail] : [];
    /** Where each piece begins: the coarse parts of all frames, their heads, their tails. */
    this.offsets = sums(0, parts);
    /** How many pieces are less than the tails. */
    this.headed = parts.slice(0, 2 * this.frames).filter((bytes) => bytes > 0).length;
    this.levels = this.#levels(parts);
    this.keys = [];
    this.coarseBytes = this.pack ? this.offsets[this.frames] : 0;
    this.overlays = this.pack && raw.overlay ? sums(this.offsets[parts.length], raw.overlay) : null;
    const runs = raw.instance_frames ?? [[1, (raw.instance ?? []).length]];
    this.places = places(runs, this.frames);
  }

  /** Whether frames come from the pack; else they come as pictures, if at all. */
  get packed() {
    return this.pack !== null && this.kind === "pixels" && this.state === "ready";
  }

  /** Pieces are numbered as they lie in the pack: the `part` of a frame. */
  piece(part, index) {
    return part * this.frames + index;
  }

  /** Which frame a piece is of. */
  frameOf(piece) {
    return piece % this.frames;
  }

  /** The piece's name among what is kept; made once, since scrolling asks for many. */
  keyOf(piece) {
    return (this.keys[piece] ??= `${this.imageIds[this.frameOf(piece)]}/${NAMES[Math.floor(piece / this.frames)]}`);
  }

  at(piece) {
    return this.offsets[piece];
  }

  bytes(piece) {
    return this.offsets[piece + 1] - this.offsets[piece];
  }

  /** How often the picture is halved that a piece gives with those before it of its frame. */
  level(piece) {
    return this.levels[piece];
  }

  /** Of a frame's pieces the last that has bytes gives the picture itself. */
  #levels(parts) {
    const levels = new Uint8Array(parts.length);
    for (let index = 0; parts.length && index < this.frames; index += 1) {
      const { rows, columns, coarse, reduced } = this.group(index) ?? {};
      const [head, tail] = [this.piece(HEAD, index), this.piece(TAIL, index)];
      if (parts[tail] > 0) levels[head] = halvings(rows, columns, reduced);
      if (parts[head] > 0 || parts[tail] > 0) levels[this.piece(COARSE, index)] = halvings(rows, columns, coarse);
    }
    return levels;
  }

  /** @returns {{at: number, bytes: number} | null} where what is drawn over the frame is in the pack */
  overlay(index) {
    if (!this.overlays || !this.packed) return null;
    const bytes = this.overlays[index + 1] - this.overlays[index];
    return bytes > 0 ? { at: this.overlays[index], bytes } : null;
  }

  group(index) {
    return this.groups[this.groupOf[index]];
  }

  /** What the frame's stored values are, and what they mean. */
  values(index) {
    const each = this.raw.rescale_each?.[index];
    const group = this.group(index) ?? {};
    return each ? { ...group, slope: each[0], intercept: each[1] } : group;
  }

  /** @returns {string | undefined} why the frame cannot be shown */
  failure(index) {
    return this.failures.get(index);
  }

  /** @returns {FrameInfo} */
  info(index) {
    const { instance, frame } = this.places(index);
    const group = this.values(index);
    const own = this.raw.window_each;
    return {
      ...group,
      window: (own ? own[index] : group.window?.[0]?.slice(0, 2)) ?? null,
      windows: group.window ?? [],
      position: this.position(index),
      instance: this.raw.instance?.[instance] ?? "",
      frame,
      number: this.raw.number_of_instance?.[instance] ?? null,
      failed: this.failures.get(index) ?? null,
    };
  }

  /** @returns {[number, number, number] | null} mm in the patient's space of the first pixel's middle */
  position(index) {
    const { position } = this.raw;
    // A start, a step and a count stand for evenly spaced frames; else each has its own, or none.
    if (typeof position?.[2] !== "number") return position?.[index] ?? null;
    const [start, step] = position;
    return start.map((value, axis) => value + step[axis] * index);
  }
}

/** `[[value, how many], …]` as one value a frame. */
function unfolded(runs, frames) {
  const values = new Uint32Array(frames);
  let at = 0;
  for (const [value, count] of runs) {
    values.fill(value, at, at + count);
    at += count;
  }
  return values;
}

/** How often a frame's size is halved in a picture of it. */
function halvings(rows, columns, size) {
  return size ? Math.max(0, Math.round(Math.log2(Math.max(rows / size[0], columns / size[1])))) : 0;
}

function sums(start, lengths) {
  const ends = new Float64Array(lengths.length + 1);
  ends[0] = start;
  lengths.forEach((length, index) => (ends[index + 1] = ends[index] + length));
  return ends;
}

/** Which instance a frame is of, and which of its frames: from runs `[[frames of an instance, how many such], …]`. */
function places(runs, frames) {
  const instances = new Uint32Array(frames);
  const within = new Uint32Array(frames);
  let at = 0;
  let instance = 0;
  for (const [each, count] of runs) {
    for (let nth = 0; nth < count; nth += 1, instance += 1) {
      for (let frame = 1; frame <= each && at < frames; frame += 1, at += 1) {
        instances[at] = instance;
        within[at] = frame;
      }
    }
  }
  return (index) => ({ instance: instances[index], frame: within[index] });
}
