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
    /** How many frames have a head in the pack. */
    this.headed = this.pack ? raw.head.filter((bytes) => bytes > 0).length : 0;
    this.offsets = this.pack ? offsets(raw.head, raw.tail) : null;
    this.overlays = this.pack && raw.overlay ? sums(this.offsets.tails[this.frames], raw.overlay) : null;
    const runs = raw.instance_frames ?? [[1, (raw.instance ?? []).length]];
    this.places = places(runs, this.frames);
  }

  /** Whether frames come from the pack; else they come as pictures, if at all. */
  get packed() {
    return this.pack !== null && this.kind === "pixels" && this.state === "ready";
  }

  /** @returns {{at: number, bytes: number}} where the frame's head is in the pack */
  head(index) {
    return { at: this.offsets.heads[index], bytes: this.offsets.heads[index + 1] - this.offsets.heads[index] };
  }

  tail(index) {
    return { at: this.offsets.tails[index], bytes: this.offsets.tails[index + 1] - this.offsets.tails[index] };
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

/** Where each head and each tail begins; the last entry is where all of them end. */
function offsets(head, tail) {
  const heads = sums(0, head);
  return { heads, tails: sums(heads[head.length], tail) };
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
