/**
 * The picture of a pane: pixels through a window and a matrix onto a canvas.
 *
 * Pixels hold the values of the image (after its rescale), or red, green and blue.
 *
 * @typedef {{pixels: ArrayBufferView, rows: number, columns: number, samples: number, quality: string}} Frame
 * @typedef {{frame: Frame, shape: {rows: number, columns: number}, matrix: number[], window: {center: number,
 *   width: number}, kind: string, invert: boolean}} Drawing
 */

import { drawOnCpu } from "./surface_cpu.js";
import { openGl } from "./surface_gl.js";

const MOST_PIXELS = 6e6; // of a canvas: a screen of many pixels draws at half of them

export class Surface {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.gl = openGl(canvas);
    this.flat = this.gl ? null : canvas.getContext("2d", { alpha: false });
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => {
      this.gl = openGl(canvas);
      this.onRestored?.();
    });
  }

  /** Fits the canvas to its place on the page; true when that changed. */
  resize(width, height) {
    const ratio = Math.min(window.devicePixelRatio || 1, Math.sqrt(MOST_PIXELS / Math.max(1, width * height)));
    const [wide, high] = [width, height].map((side) => Math.max(1, Math.round(side * ratio)));
    this.size = [width, height];
    if (this.canvas.width === wide && this.canvas.height === high) return false;
    Object.assign(this.canvas, { width: wide, height: high });
    return true;
  }

  /** @param {Drawing | null} drawing nothing: black */
  draw(drawing) {
    const ratio = [this.canvas.width / this.size[0], this.canvas.height / this.size[1]];
    if (!drawing) return this.clear();
    const [a, b, c, d, e, f] = drawing.matrix;
    const scaled = {
      ...drawing,
      matrix: [a * ratio[0], b * ratio[1], c * ratio[0], d * ratio[1], e * ratio[0], f * ratio[1]],
    };
    if (this.gl) this.gl.draw(scaled);
    else drawOnCpu(this.flat, scaled);
  }

  clear() {
    if (this.gl) return this.gl.clear();
    this.flat.fillStyle = "#000";
    this.flat.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** Gives the memory of the graphics card back. */
  close() {
    this.gl?.close();
  }
}
