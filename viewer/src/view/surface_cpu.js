/** Drawing without a graphics card: the same picture, computed pixel by pixel of the canvas. */

import { reduction } from "./reduction.js";
import { inverse } from "./transform.js";
import { brightness } from "./voi.js";

const BLACK = 0xff000000;
const GREY = 0x010101;
const pictures = new WeakMap();

/** @param {CanvasRenderingContext2D} context @param {import("./surface.js").Drawing} drawing */
export function drawOnCpu(context, { frame, shape, matrix, window, kind, invert }) {
  const picture = pictureOf(context);
  const seen = new Uint32Array(picture.data.buffer);
  const { pixels, samples } = frame;
  const { width, height } = picture;
  const [a, b, c, d, e, f] = inverse(matrix);
  const { ratio, offset } = reduction(frame, shape);
  const columns = { size: frame.columns, limit: shape.columns, ratio: ratio[0], offset, stride: samples };
  const rows = { size: frame.rows, limit: shape.rows, ratio: ratio[1], offset, stride: samples * frame.columns };
  // Images are turned by quarters: a step across the screen is along the columns or along the rows of the image.
  const isTurned = Math.abs(a) < Math.abs(b);
  const across = isTurned ? line(width, b, f, rows) : line(width, a, e, columns);
  const down = isTurned ? line(height, c, e, columns) : line(height, d, f, rows);
  const shade = shader(window, kind, invert);
  const { near, far, share } = across;

  seen.fill(BLACK);
  for (let v = down.from; v < down.to; v += 1) {
    const [upper, lower, lowerShare] = [down.near[v], down.far[v], down.share[v]];
    const mixed = (u, sample) => {
      const [left, right, part] = [near[u] + sample, far[u] + sample, share[u]];
      const above = pixels[upper + left] + (pixels[upper + right] - pixels[upper + left]) * part;
      const below = pixels[lower + left] + (pixels[lower + right] - pixels[lower + left]) * part;
      return above + (below - above) * lowerShare;
    };
    let at = v * width + across.from;
    if (samples === 1) {
      for (let u = across.from; u < across.to; u += 1, at += 1) seen[at] = (shade(mixed(u, 0)) * GREY) | BLACK;
    } else {
      for (let u = across.from; u < across.to; u += 1, at += 1) {
        seen[at] = shade(mixed(u, 0)) | (shade(mixed(u, 1)) << 8) | (shade(mixed(u, 2)) << 16) | BLACK;
      }
    }
  }
  context.putImageData(picture, 0, 0);
}

/** The picture of the canvas before this, where it has its size. */
function pictureOf(context) {
  const { width, height } = context.canvas;
  const kept = pictures.get(context);
  if (kept?.width === width && kept.height === height) return kept;
  const made = context.createImageData(width, height);
  pictures.set(context, made);
  return made;
}

/**
 * Along one side of the canvas: which pixels of the image lie on both sides of each point, how far it is from the
 * nearer, and `from` where `to` where the image is.
 */
function line(length, step, start, { size, limit, ratio, offset, stride }) {
  const [near, far, share] = [new Int32Array(length), new Int32Array(length), new Float64Array(length)];
  let [from, to] = [length, 0];
  for (let i = 0; i < length; i += 1) {
    const point = step * (i + 0.5) + start;
    if (point < 0 || point > limit) continue;
    from = Math.min(from, i);
    to = i + 1;
    const place = Math.min(size - 1, (point - offset) / ratio + offset - 0.5);
    const first = Math.max(0, Math.floor(place));
    near[i] = first * stride;
    far[i] = Math.min(size - 1, first + 1) * stride;
    share[i] = Math.max(0, place - first);
  }
  return { from, to, near, far, share };
}

/** From a value to a grey of 0 to 255. All but the sigmoid are a straight line between two ends. */
function shader(window, kind, invert) {
  const isLine = kind !== "SIGMOID" && (kind === "LINEAR_EXACT" || window.width > 1);
  const turned = invert ? (grey) => 255 - grey : (grey) => grey;
  if (!isLine) return (value) => turned(Math.round(brightness(value, window, kind) * 255));
  const exact = kind === "LINEAR_EXACT";
  const times = 255 / (exact ? window.width : window.width - 1);
  const plus = 127.5 - (exact ? window.center : window.center - 0.5) * times;
  const [dark, bright] = [turned(0), turned(255)];
  if (invert) {
    return (value) => {
      const grey = value * times + plus;
      return grey <= 0 ? dark : grey >= 255 ? bright : 255 - ((grey + 0.5) | 0);
    };
  }
  return (value) => {
    const grey = value * times + plus;
    return grey <= 0 ? dark : grey >= 255 ? bright : (grey + 0.5) | 0;
  };
}
