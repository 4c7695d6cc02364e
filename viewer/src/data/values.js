// Stored values and the modality's: which kind of array holds them exactly, and how a reduced image fills a full one.

/**
 * @param {{samples: number, slope?: number, intercept?: number, range?: [number, number], bits?: number, signed?: boolean}} group
 * @returns {Uint8ArrayConstructor | Int16ArrayConstructor | Uint16ArrayConstructor | Float32ArrayConstructor}
 *   the same for every frame of a group, so that full and reduced images are of one kind
 */
export function arrayOf(group) {
  if (group.samples > 1) return Uint8Array;
  const { slope = 1, intercept = 0 } = group;
  if (!Number.isInteger(slope) || !Number.isInteger(intercept)) return Float32Array;
  const ends = bounds(group).map((value) => value * slope + intercept);
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  if (least >= 0 && most <= 255) return Uint8Array;
  if (least >= -32768 && most <= 32767) return Int16Array;
  if (least >= 0 && most <= 65535) return Uint16Array;
  return Float32Array;
}

function bounds({ range, bits = 16, signed = false }) {
  if (range) return range;
  return signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
}

/** Stored values as the modality's, in `memory` where it is given, with the least and the greatest of them. */
export function scaled(values, group, memory = null) {
  const { slope = 1, intercept = 0 } = group;
  const Kind = arrayOf(group);
  const same = group.samples > 1 || (slope === 1 && intercept === 0);
  const pixels = memory ? new Kind(memory) : new Kind(values.length);
  let [least, most] = [Infinity, -Infinity];
  for (let at = 0; at < values.length; at += 1) {
    const value = same ? values[at] : values[at] * slope + intercept;
    pixels[at] = value;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { pixels, least, most };
}

/**
 * A reduced image at the size of the full one. Sample k of a wavelet's reduced form lies at pixel k·2^level of the full
 * image; between samples it is interpolated.
 */
export function enlarged({ pixels, columns, rows }, full, samples) {
  const factor = 2 ** Math.round(Math.log2(Math.max(full.columns / columns, full.rows / rows)));
  const large = new pixels.constructor(full.columns * full.rows * samples);
  const left = new Uint32Array(full.columns);
  const right = new Uint32Array(full.columns);
  const share = new Float32Array(full.columns);
  for (let x = 0; x < full.columns; x += 1) {
    const at = Math.min(x / factor, columns - 1);
    left[x] = Math.floor(at) * samples;
    right[x] = Math.min(Math.floor(at) + 1, columns - 1) * samples;
    share[x] = at - Math.floor(at);
  }
  const whole = !(pixels instanceof Float32Array);
  const line = new Float32Array(columns * samples);
  for (let y = 0, out = 0; y < full.rows; y += 1) {
    const at = Math.min(y / factor, rows - 1);
    const above = Math.floor(at) * columns * samples;
    const below = Math.min(Math.floor(at) + 1, rows - 1) * columns * samples;
    const down = at - Math.floor(at);
    for (let k = 0; k < line.length; k += 1) line[k] = pixels[above + k] + (pixels[below + k] - pixels[above + k]) * down;
    for (let x = 0; x < full.columns; x += 1) {
      for (let sample = 0; sample < samples; sample += 1, out += 1) {
        const value = line[left[x] + sample] + (line[right[x] + sample] - line[left[x] + sample]) * share[x];
        large[out] = whole ? Math.round(value) : value;
      }
    }
  }
  return large;
}
