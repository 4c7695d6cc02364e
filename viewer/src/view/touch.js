/**
 * Fingers: a swipe scrolls (or works with the tool that was chosen), two fingers zoom and move when their distance
 * changes and window when they move side by side, a long press shows the value under the finger.
 */

import { pointIn } from "./dom.js";
import { pointText } from "./measures.js";
import { begin } from "./pointer.js";
import * as tools from "./tools.js";
import * as transform from "./transform.js";

const LONG = 500; // ms
const STILL = 8; // pixels
const DECIDE = 12;

const middle = ([a, b]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
const apart = ([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]);

export class Touch {
  constructor(viewer, pane) {
    Object.assign(this, { viewer, pane, fingers: new Map(), drag: null, pair: null });
  }

  down(event) {
    const at = pointIn(this.pane.stage, event);
    this.fingers.set(event.pointerId, at);
    clearTimeout(this.timer);
    if (this.fingers.size === 1) {
      this.start = at;
      this.drag = null;
      this.timer = setTimeout(() => this.probe(at), LONG);
      return;
    }
    this.stopDrag(at);
    const two = [...this.fingers.values()].slice(0, 2);
    this.pair = { middle: middle(two), apart: apart(two), from: middle(two), wide: apart(two), kind: "" };
  }

  move(event) {
    if (!this.fingers.has(event.pointerId)) return;
    const at = pointIn(this.pane.stage, event);
    const before = this.fingers.get(event.pointerId);
    this.fingers.set(event.pointerId, at);
    if (this.pair) return void this.movePair();
    if (this.pane.probing) return void this.probe(at);
    if (!this.drag) {
      if (Math.hypot(at[0] - this.start[0], at[1] - this.start[1]) < STILL) return;
      clearTimeout(this.timer);
      const tool = this.viewer.toolChosen ? this.viewer.tool : "scroll";
      this.drag = begin(this.viewer, this.pane, 0, this.start, { finger: true, tool });
      this.drag.move([at[0] - this.start[0], at[1] - this.start[1]], at);
      return;
    }
    this.drag.move([at[0] - before[0], at[1] - before[1]], at);
  }

  /** Whether two fingers zoom or window is decided by their first movement. */
  movePair() {
    if (this.fingers.size < 2) return;
    const two = [...this.fingers.values()].slice(0, 2);
    const now = { middle: middle(two), apart: apart(two) };
    const { pair, pane } = this;
    if (!pair.kind) {
      const wider = Math.abs(now.apart - pair.wide);
      const aside = Math.hypot(now.middle[0] - pair.from[0], now.middle[1] - pair.from[1]);
      if (Math.max(wider, aside) < DECIDE) return;
      pair.kind = wider > aside ? "zoom" : "window";
    }
    const by = [now.middle[0] - pair.middle[0], now.middle[1] - pair.middle[1]];
    if (pair.kind === "window") tools.window.move(pane, by);
    else {
      const view = transform.moved(pane.view, pane.shape, pane.size, by);
      const zoom = (view.zoom * now.apart) / Math.max(1, pair.apart);
      pane.setView(transform.zoomed(view, pane.shape, pane.size, zoom, now.middle));
    }
    Object.assign(pair, now);
  }

  up(event) {
    const at = this.fingers.get(event.pointerId) || [0, 0];
    this.fingers.delete(event.pointerId);
    clearTimeout(this.timer);
    if (this.pair) {
      if (!this.fingers.size) this.pair = null;
      return;
    }
    if (this.pane.probing) {
      this.pane.probing = null;
      this.pane.refresh();
      return;
    }
    if (!this.drag && this.viewer.toolChosen) this.drag = begin(this.viewer, this.pane, 0, at, { finger: true });
    this.stopDrag(at);
  }

  stopDrag(at) {
    this.drag?.up?.(at);
    this.drag = null;
  }

  probe(at) {
    const { pane } = this;
    if (!this.viewer.measuring.ready(pane)) return;
    const point = pane.toImage(at);
    pane.probing = { point, text: pointText(point, pane.info, pane.frame) };
    this.viewer.say(pane.probing.text);
    pane.refresh();
  }
}
