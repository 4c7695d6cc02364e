/** Three planes through a volume, with a crosshair that stands for one point of the patient in all of them. */

import { text } from "../texts.js";
import { pointInImage, pointInPatient, normalOf, vectors } from "./geometry.js";
import { planeName, planes, regular } from "./reslice.js";
import { frameOf } from "./source.js";

export class Mpr {
  constructor(viewer) {
    this.viewer = viewer;
    this.on = false;
  }

  /** @returns {boolean} whether the planes are shown */
  start(pane) {
    const { series, study } = pane;
    const shape = series && !series.cut ? regular(series) : { refused: "mpr-few" };
    if (shape.refused) {
      this.viewer.note(pane, text(shape.refused, shape));
      return false;
    }
    const { index, window } = pane;
    Object.assign(this, { on: true, series, study, placing: true });
    study.frames.held.add(series);
    this.viewer.grid.arrange("mpr");
    const slice = (at) => frameOf(study, series, at);
    const overlay = (at) => study.overlays.of(series, at);
    const three = [series, ...["rows", "columns"].map((along) => planes(series, along, slice, shape, overlay))];
    const first = series.group(0);
    this.point = pointInPatient(series.info(index), [first.columns / 2, first.rows / 2]);
    three.forEach((each, i) => {
      const other = this.viewer.grid.panes[i];
      other.caption = text(`plane-${planeName(each.info(0).orientation)}`);
      other.crosshair = [0, 0];
      other.show(study, each, 0, { window });
    });
    this.place();
    this.prepare();
    return true;
  }

  /** Waits for every slice, and says how far it is. */
  prepare() {
    const { study, series } = this;
    study.fetching.pump();
    study.frames.decodeAhead();
    this.told = () => {
      let ready = 0;
      for (let i = 0; i < series.frames; i += 1) ready += study.quality(series, i) === "full" || series.failures.has(i) ? 1 : 0;
      const done = ready === series.frames;
      for (const pane of this.viewer.grid.panes) {
        if (!pane.series?.cut) continue;
        this.viewer.note(pane, done ? "" : text("mpr-preparing", { n: ready, total: series.frames }), done);
        pane.refresh();
      }
      if (done) study.removeEventListener("quality", this.soon);
    };
    this.soon = () => {
      this.timer ??= setTimeout(() => {
        this.timer = null;
        if (this.on) this.told();
      }, 200);
    };
    study.addEventListener("quality", this.soon);
    this.overlaid = () => this.viewer.grid.shown.forEach((pane) => pane.series.cut && pane.refresh());
    study.addEventListener("overlay", this.overlaid);
    this.told();
  }

  /** @returns what to show again: the series, the image of it that was shown, and the window */
  stop() {
    if (!this.on) return null;
    this.on = false;
    const { study, series } = this;
    const { window } = this.viewer.grid.panes[0];
    const index = this.indexAt(series);
    this.study.frames.held.delete(this.series);
    this.study.removeEventListener("quality", this.soon);
    this.study.removeEventListener("overlay", this.overlaid);
    for (const pane of this.viewer.grid.panes) {
      pane.crosshair = null;
      pane.caption = "";
      this.viewer.note(pane, "", true);
    }
    return { study, series, index, window };
  }

  /** Each pane shows the plane through the point, and the point in it. */
  place(from = null) {
    this.placing = true;
    for (const pane of this.viewer.grid.panes) {
      if (!pane.series) continue;
      if (pane !== from) pane.go(this.indexAt(pane.series));
      pane.crosshair = pointInImage(pane.info, this.point);
      pane.refresh();
    }
    this.placing = false;
  }

  indexAt(series) {
    const { orientation, position } = series.info(0);
    const normal = normalOf(orientation);
    const far = vectors.dot(vectors.minus(this.point, position), normal);
    const step = vectors.dot(vectors.minus(series.position(series.frames - 1), position), normal) / (series.frames - 1);
    return Math.min(series.frames - 1, Math.max(0, Math.round(far / step)));
  }

  /** After a pane scrolled: the point moves with it along its normal. */
  scrolled(pane) {
    if (!this.on || this.placing || !pane.series || !pane.crosshair) return;
    const at = pointInImage(pane.info, this.point);
    this.point = pointInPatient(pane.info, at);
    this.place(pane);
  }

  /** A press or drag in a pane moves the crosshair there. */
  begin(pane, at) {
    const { rows, columns } = pane.shape;
    const to = (screen) => {
      const [x, y] = pane.toImage(screen);
      this.point = pointInPatient(pane.info, [Math.min(columns, Math.max(0, x)), Math.min(rows, Math.max(0, y))]);
      this.place(pane);
    };
    to(at);
    return { move: (by, next) => to(next) };
  }

  /** The window of one plane is the window of all. */
  windowed(from) {
    if (!this.on || this.windowing) return;
    this.windowing = true;
    for (const pane of this.viewer.grid.panes) {
      if (pane !== from && pane.series) pane.setWindow(from.window, from.invert);
    }
    this.windowing = false;
  }
}
