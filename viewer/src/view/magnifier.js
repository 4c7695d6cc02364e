/** A glass over the image: twice as large, with the pixels of the image itself, not of the screen. */

import { el, svg } from "./dom.js";
import { OverlayLayer } from "./overlay.js";
import { drawState } from "./state.js";
import { Surface } from "./surface.js";

const SIDE = 220;
const BY = 2;

export class Magnifier {
  constructor() {
    this.canvas = el("canvas", { class: "pane-glass-image" });
    this.overlay = new OverlayLayer();
    this.drawing = svg("svg", { class: "pane-drawing" });
    this.glass = el("div", { class: "pane-glass", "aria-hidden": "true", hidden: true }, this.canvas, this.overlay.canvas, this.drawing);
    this.surface = new Surface(this.canvas);
  }

  begin(pane, at) {
    pane.stage.append(this.glass);
    this.glass.hidden = false;
    this.surface.resize(SIDE, SIDE);
    this.show(pane, at);
    return {
      move: (by, to) => this.show(pane, to),
      up: () => {
        this.glass.hidden = true;
      },
    };
  }

  show(pane, [x, y]) {
    const { frame } = pane;
    Object.assign(this.glass.style, { left: `${x - SIDE / 2}px`, top: `${y - SIDE / 2}px` });
    if (!frame || !pane.window) return;
    const [a, b, c, d, e, f] = pane.matrix;
    const matrix = [a * BY, b * BY, c * BY, d * BY, (e - x) * BY + SIDE / 2, (f - y) * BY + SIDE / 2];
    this.surface.draw(pane.drawing(frame, matrix));
    this.drawing.replaceChildren(...drawState(pane, !pane.showsOverlays(), matrix));
    this.overlay.draw(pane, pane.showsOverlays(), { canvas: this.canvas, size: [SIDE, SIDE], matrix });
  }
}
