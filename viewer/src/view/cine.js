/** Plays the images of a pane, with a speed. */

import { text } from "../texts.js";
import { el } from "./dom.js";

const SPEEDS = [1, 60];

/** Images a second: the file's own, or ten. */
export function speedOf(info) {
  const own = info?.frame_time > 0 ? Math.round(1000 / info.frame_time) : 10;
  return Math.min(SPEEDS[1], Math.max(SPEEDS[0], own));
}

export class Cine {
  constructor(viewer) {
    this.viewer = viewer;
    this.pane = null;
  }

  get playing() {
    return Boolean(this.pane);
  }

  toggle(pane) {
    if (this.playing) return this.stop();
    if (!pane.series || pane.series.frames < 2) return this.viewer.note(pane, text("cine-one"));
    this.pane = pane;
    this.speed = speedOf(pane.info);
    this.showBar(pane);
    this.last = performance.now();
    this.due = 0;
    this.timer = requestAnimationFrame((now) => this.tick(now));
    return this.viewer.toolbar.press("cine", true);
  }

  /** As many images on as are due; never more than one a frame of the screen where it keeps up. */
  tick(now) {
    if (!this.pane) return;
    if (this.pane.lost || !this.pane.series) return void this.stop();
    this.due += ((now - this.last) * this.speed) / 1000;
    this.last = now;
    const steps = Math.floor(this.due);
    if (steps > 0) {
      this.due -= steps;
      this.pane.step(Math.min(steps, this.pane.series.frames - 1), true);
    }
    this.timer = requestAnimationFrame((next) => this.tick(next));
  }

  stop() {
    cancelAnimationFrame(this.timer);
    this.pane = null;
    this.bar?.remove();
    this.bar = null;
    this.viewer.toolbar.press("cine", false);
  }

  showBar(pane) {
    const value = el("output", { class: "num" }, `${this.speed}/s`);
    const speed = el("input", {
      type: "range", min: SPEEDS[0], max: SPEEDS[1], value: this.speed, "aria-label": text("cine-speed"),
      oninput: (event) => {
        this.speed = Number(event.target.value);
        value.textContent = `${this.speed}/s`;
      },
    });
    const stop = el("button", { type: "button", onclick: () => this.stop() }, text("cine-stop"));
    this.bar = el("div", { class: "pane-cine" }, stop, speed, value);
    pane.element.append(this.bar);
  }
}
