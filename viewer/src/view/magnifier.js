/** A glass over the image: twice as large, with the pixels of the image itself, not of the screen. */

import { el } from "./dom.js";
import { Surface } from "./surface.js";

const SIDE = 220;
const BY = 2;

export class Magnifier {
  constructor() {
    this.canvas = el("canvas", { class: "pane-glass", hidden: true });
    this.surface = new Surface(this.canvas);
  }

  begin(pane, at) {
    pane.stage.append(this.canvas);
    this.canvas.hidden = false;
    this.surface.resize(SIDE, SIDE);
    this.show(pane, at);
    return {
      move: (by, to) => this.show(pane, to),
      up: () => {
        this.canvas.hidden = true;
      },
    };
  }

  show(pane, [x, y]) {
    const { frame } = pane;
    Object.assign(this.canvas.style, { left: `${x - SIDE / 2}px`, top: `${y - SIDE / 2}px` });
    if (!frame || !pane.window) return;
    const [a, b, c, d, e, f] = pane.matrix;
    const matrix = [a * BY, b * BY, c * BY, d * BY, (e - x) * BY + SIDE / 2, (f - y) * BY + SIDE / 2];
    this.surface.draw(pane.drawing(frame, matrix));
  }
}
