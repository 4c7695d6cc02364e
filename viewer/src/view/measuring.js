/** Measuring by pointer and by keyboard: points are set one after the other, at full quality alone. */

import { text } from "../texts.js";
import { POINTS, lines } from "./measures.js";

const NEAR = 10;
const NEAR_FINGER = 24;

export class Measuring {
  /** @param {{measures: object, say: (sentence: string, at?: number) => void}} viewer */
  constructor(viewer) {
    this.viewer = viewer;
  }

  /** Whether the image may be measured; if not yet, says so and asks for it. */
  ready(pane) {
    const { frame, series, index } = pane;
    if (frame?.quality === "full" || frame?.quality === "picture") return true;
    if (series) {
      this.viewer.note(pane, text("wait-full"));
      series.load?.(index).catch(() => {});
    }
    return false;
  }

  /** The point of a measurement that is near the pointer. */
  handle(pane, at, finger = false) {
    const near = finger ? NEAR_FINGER : NEAR;
    for (const measure of pane.measures.list(pane.series, pane.index).toReversed()) {
      const point = measure.points.findIndex((p) => Math.hypot(...pane.toScreen(p).map((v, i) => v - at[i])) <= near);
      if (point >= 0) return { measure, point };
    }
    return null;
  }

  /** @returns {boolean} whether the press is part of a measurement */
  down(pane, kind, at, finger) {
    const held = this.handle(pane, at, finger);
    if (held) {
      if (!this.ready(pane)) return true;
      this.held = held;
      pane.chosen = held.measure;
      pane.refresh();
      return true;
    }
    if (!(kind in POINTS)) return false;
    if (!this.ready(pane)) return true;
    const point = pane.toImage(at);
    if (pane.draft) pane.draft.points[pane.draft.points.length - 1] = point;
    else pane.draft = { kind, points: kind === "probe" ? [point] : [point, [...point]], started: at };
    this.whole(pane);
    pane.refresh();
    return true;
  }

  move(pane, at) {
    const point = pane.toImage(at);
    if (this.held) this.held.measure.points[this.held.point] = point;
    else if (pane.draft) pane.draft.points[pane.draft.points.length - 1] = point;
    else return;
    this.whole(pane);
    pane.refresh();
  }

  /** A press and a drag is a measurement of two points; a click for each point is one as well. */
  up(pane, at) {
    if (this.held) {
      this.tell(pane, this.held.measure);
      this.held = null;
      return;
    }
    const { draft } = pane;
    if (!draft) return;
    const still = Math.hypot(at[0] - draft.started[0], at[1] - draft.started[1]) < 4;
    if (draft.points.length === 2 && still && !draft.clicked && draft.kind !== "probe") {
      draft.clicked = true; // the second point comes with the second click
      return;
    }
    if (draft.points.length < POINTS[draft.kind]) draft.points.push(pane.toImage(at));
    else this.finish(pane);
    pane.refresh();
  }

  finish(pane) {
    const { kind, points } = pane.draft;
    pane.draft = null;
    const measure = pane.measures.add(pane.series, pane.index, kind, points);
    pane.chosen = measure;
    this.tell(pane, measure);
    pane.refresh();
  }

  whole(pane) {
    if (pane.draft) pane.draft.whole = pane.draft.points.length === POINTS[pane.draft.kind];
  }

  tell(pane, measure) {
    const words = lines(measure, pane.info, pane.frame).join("; ");
    this.viewer.say(text("measured", { tool: text(measure.kind), text: words }), 50);
  }

  cancel(pane) {
    const any = Boolean(pane.draft || pane.cursor);
    Object.assign(pane, { draft: null, cursor: null, chosen: null });
    pane.refresh();
    return any;
  }

  /** Keyboard: a cross moves by arrow keys, Enter sets a point. */
  startCursor(pane, kind) {
    if (!pane.series || !this.ready(pane)) return;
    const { rows, columns } = pane.shape;
    pane.cursor ??= [columns / 2, rows / 2];
    pane.draft = null;
    this.viewer.say(text("place-first", { tool: text(kind) }), 50);
    pane.refresh();
  }

  moveCursor(pane, dx, dy, far) {
    const by = far ? 20 : 2;
    const [x, y] = pane.toScreen(pane.cursor);
    pane.cursor = pane.toImage([x + dx * by, y + dy * by]);
    if (pane.draft) pane.draft.points[pane.draft.points.length - 1] = pane.cursor;
    this.whole(pane);
    pane.refresh();
  }

  setPoint(pane, kind) {
    if (!this.ready(pane)) return;
    const point = [...pane.cursor];
    if (!pane.draft) pane.draft = { kind, points: [point] };
    else pane.draft.points[pane.draft.points.length - 1] = point;
    this.whole(pane);
    const total = POINTS[kind];
    if (pane.draft.points.length === total) return this.finish(pane);
    this.viewer.say(text("point-set", { n: pane.draft.points.length, total }), 50);
    pane.draft.points.push([...point]);
    this.whole(pane);
    return pane.refresh();
  }

  removeLast(pane) {
    const all = pane.measures.list(pane.series, pane.index);
    const measure = all.includes(pane.chosen) ? pane.chosen : all.at(-1);
    if (measure) pane.measures.remove(pane.series, pane.index, measure);
    this.viewer.say(text(measure ? "removed" : "none-to-remove"), 50);
    pane.chosen = null;
    pane.refresh();
  }

  removeAll(pane) {
    pane.measures.clear(pane.series, pane.index);
    this.viewer.say(text("removed"), 50);
    pane.refresh();
  }
}
