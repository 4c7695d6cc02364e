/** What overlays of the file draw, over the image: in a colour of its own, so that nobody takes it for the image. */

import { text } from "../texts.js";
import { el } from "./dom.js";

// #ffb454, opaque, as the bytes of a canvas lie in memory.
export const INK = 0xff54b4ff;
const runsOf = new WeakMap();

/** The rows of set pixels: row, first column, the column behind the last, one after the other. */
export function runs(bits, { rows, columns }) {
  const known = runsOf.get(bits);
  if (known) return known;
  const found = [];
  const isSet = (at) => (bits[at >> 3] >> (7 - (at & 7))) & 1;
  for (let row = 0; row < rows; row += 1) {
    const start = row * columns;
    for (let column = 0; column < columns; column += 1) {
      if (!isSet(start + column)) continue;
      const from = column;
      while (column < columns && isSet(start + column)) column += 1;
      found.push(row, from, column);
    }
  }
  const made = Int32Array.from(found);
  runsOf.set(bits, made);
  return made;
}

/**
 * Paints them on a canvas of dots. However small the image is shown, each row of set pixels keeps a dot: a line of one
 * pixel does not vanish.
 */
export function paint(seen, [width, height], lines, [a, b, c, d, e, f], ink = INK) {
  for (let at = 0; at < lines.length; at += 3) {
    const [row, from, to] = [lines[at], lines[at + 1], lines[at + 2]];
    const [x0, y0] = [a * from + c * row + e, b * from + d * row + f];
    const [x1, y1] = [a * to + c * (row + 1) + e, b * to + d * (row + 1) + f];
    const [left, right] = dots(x0, x1, width);
    const [top, bottom] = dots(y0, y1, height);
    for (let y = top; y < bottom; y += 1) seen.fill(ink, y * width + left, y * width + Math.max(left, right));
  }
}

/** The dots whose middle lies within two ends; where none does, the dot in which the first end lies. */
function dots(one, other, most) {
  const [least, greatest] = [Math.min(one, other), Math.max(one, other)];
  let [start, end] = [Math.ceil(least - 0.5), Math.ceil(greatest - 0.5)];
  if (start === end) [start, end] = [Math.floor(least), Math.floor(least) + 1];
  return [Math.min(most, Math.max(0, start)), Math.min(most, Math.max(0, end))];
}

/** The layer of a pane; `state` is none, coming, shown, hidden or failed. */
export class OverlayLayer {
  constructor() {
    this.canvas = el("canvas", { class: "pane-overlay", "aria-hidden": "true", hidden: true });
    this.state = "none";
  }

  /** `place`: the canvas under it, its size in CSS pixels and the matrix, where they are not the pane's own. */
  draw(pane, isWanted, place = pane) {
    const bits = this.bits(pane);
    this.state = this.stateOf(pane, bits, isWanted);
    this.canvas.dataset.state = this.state;
    this.canvas.hidden = this.state !== "shown";
    if (!this.canvas.hidden) this.show(place, pane.shape, bits);
  }

  /** A picture has its overlays in it; those of a plane are cut from those of its images. */
  bits({ study, series, index, frame }) {
    if (!frame || frame.quality === "picture") return null;
    return series.cut ? series.cutOverlay(index) : study.overlays.of(series, index);
  }

  stateOf({ study, series, index }, bits, isWanted) {
    if (bits === undefined) return isWanted ? "coming" : "hidden";
    if (bits) return isWanted ? "shown" : "hidden";
    return series && !series.cut && study.overlays.failed(series, index) ? "failed" : "none";
  }

  show({ canvas: under, size, matrix }, shape, bits) {
    const { width, height } = under;
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    const [across, down] = [width / size[0], height / size[1]];
    const [a, b, c, d, e, f] = matrix;
    const context = this.canvas.getContext("2d");
    const picture = context.createImageData(width, height);
    const scaled = [a * across, b * down, c * across, d * down, e * across, f * down];
    paint(new Uint32Array(picture.data.buffer), [width, height], runs(bits, shape), scaled);
    context.putImageData(picture, 0, 0);
  }
}

/** Whether the file draws something on the image of a pane that is not drawn there. */
export function isLeftOut({ study, series, index, info }) {
  if (!series) return false;
  return Boolean(info?.overlays || (series.cut ? study.overlays.someFailed(series.of) : study.overlays.failed(series, index)));
}

/** Shows or hides them in all panes; those in a picture stay. */
export function toggleOverlays(viewer, pane) {
  viewer.overlays = !viewer.overlays;
  viewer.toolbar.press("overlays", viewer.overlays);
  for (const each of viewer.grid.panes) each.refresh();
  const stays = !viewer.overlays && pane.frame?.quality === "picture";
  viewer.note(pane, text(stays ? "overlays-in-picture" : viewer.overlays ? "overlays-on" : "overlays-off"));
}
