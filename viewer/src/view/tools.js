/** What a press and a drag of the main button, or of a finger, do with each tool. */

import * as transform from "./transform.js";
import { dragged, reach } from "./voi.js";

const STEP = 14; // screen pixels for each image, at least

/** How far a drag has to go for the next image: a series is about a pane high. */
const stepOf = (pane) => Math.max(3, Math.min(STEP, pane.size[1] / Math.max(1, pane.series.frames)));

export const scroll = {
  down(pane) {
    this.rest = 0;
  },
  move(pane, [, dy]) {
    this.rest += dy / stepOf(pane);
    const whole = Math.trunc(this.rest);
    if (whole) {
      this.rest -= whole;
      pane.step(whole);
    }
  },
};

export const window = {
  move(pane, by) {
    if (pane.window && pane.frame) pane.setWindow(dragged(pane.window, by, reach({ ...pane.info, samples: pane.frame.samples }, pane.window)));
  },
};

export const pan = {
  move(pane, by) {
    pane.setView(transform.moved(pane.view, pane.shape, pane.size, by));
  },
};

export const zoom = {
  down(pane, at) {
    this.at = at;
  },
  move(pane, [, dy]) {
    zoomBy(pane, 1.01 ** -dy, this.at);
  },
};

export function zoomBy(pane, factor, at) {
  pane.setView(transform.zoomed(pane.view, pane.shape, pane.size, pane.view.zoom * factor, at));
}

export function turn(pane) {
  pane.setView(transform.rotated(pane.view));
}

export function flip(pane, across) {
  pane.setView(transform.flipped(pane.view, across));
}

/** Scrolls by a wheel: a notch is an image, a touchpad's small steps are gathered. */
export class Wheel {
  rest = 0;

  turn(pane, event) {
    const lines = event.deltaMode === 0 ? event.deltaY / 40 : event.deltaY / 3;
    const notch = event.deltaMode === 0 && Math.abs(event.deltaY) < 40 ? lines : Math.sign(event.deltaY) * Math.max(1, Math.round(Math.abs(lines) / 3));
    this.rest += notch;
    const whole = Math.trunc(this.rest);
    if (!whole) return;
    this.rest -= whole;
    pane.step(whole);
  }
}
