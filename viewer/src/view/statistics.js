/** Mean and standard deviation of the pixels whose middle lies within a shape. */

import { paddingOf } from "./voi.js";

/** @returns {{mean: number, sd: number, least: number, most: number, count: number, left: number} | null} */
export function within(frame, info, kind, [from, to]) {
  const inside = kind === "ellipse" ? ellipse(from, to) : () => true;
  const [x0, x1] = [from[0], to[0]].sort((a, b) => a - b);
  const [y0, y1] = [from[1], to[1]].sort((a, b) => a - b);
  let [count, sum, squares, left] = [0, 0, 0, 0];
  let [least, most] = [Infinity, -Infinity];
  const isPadding = paddingOf(info);
  let shift = null; // a value near the mean keeps the sums exact
  for (let y = Math.max(0, Math.ceil(y0 - 0.5)); y < Math.min(frame.rows, y1 + 0.5) && y + 0.5 <= y1; y += 1) {
    for (let x = Math.max(0, Math.ceil(x0 - 0.5)); x + 0.5 <= x1 && x < frame.columns; x += 1) {
      if (!inside(x + 0.5, y + 0.5)) continue;
      const value = frame.pixels[y * frame.columns + x];
      if (isPadding(value)) {
        left += 1;
        continue;
      }
      shift ??= value;
      count += 1;
      sum += value - shift;
      squares += (value - shift) ** 2;
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  if (!count) return null;
  const variance = Math.max(0, squares / count - (sum / count) ** 2);
  return { mean: shift + sum / count, sd: Math.sqrt(variance), least, most, count, left };
}

/** Within the ellipse that fills the box between two corners. */
function ellipse([ax, ay], [bx, by]) {
  const [cx, cy, rx, ry] = [(ax + bx) / 2, (ay + by) / 2, Math.abs(ax - bx) / 2, Math.abs(ay - by) / 2];
  return (x, y) => ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1;
}

/** The value of the pixel at a point, or null beside the image. */
export function valueAt(frame, [x, y]) {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  if (column < 0 || row < 0 || column >= frame.columns || row >= frame.rows) return null;
  const at = (row * frame.columns + column) * frame.samples;
  if (frame.samples > 1) return [...frame.pixels.subarray(at, at + 3)];
  return frame.pixels[at];
}
