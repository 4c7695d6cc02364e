/** Panes that scroll together: by position in the patient, or by equal steps where the frames of reference differ. */

import { text } from "../texts.js";
import { along, nearest, normalOf, vectors } from "./geometry.js";

/** Two images look the same way when their normals are within some eight degrees. */
export function parallel(a, b) {
  return Boolean(a && b) && Math.abs(vectors.dot(normalOf(a), normalOf(b))) > 0.99;
}

export class Link {
  constructor(viewer) {
    this.viewer = viewer;
    this.on = false;
    this.offsets = new Map();
  }

  toggle() {
    this.on = !this.on;
    this.offsets.clear();
    this.viewer.toolbar.press("link", this.on);
    if (!this.on) return this.viewer.say(text("not-linked"), 50);
    const from = this.viewer.grid.active;
    const along_ = this.viewer.grid.shown.some((pane) => pane !== from && this.target(from, pane) !== null);
    return this.viewer.say(text(along_ ? "linked" : "linked-none"), 50);
  }

  /** After a pane scrolled: the others follow. */
  follow(from) {
    if (!this.on || this.following || this.viewer.mpr.on) return;
    this.following = true;
    for (const pane of this.viewer.grid.shown) {
      if (pane === from) continue;
      const index = this.target(from, pane);
      if (index !== null) pane.go(index);
    }
    this.following = false;
  }

  /** Which image of another pane belongs to the one shown here, or null. */
  target(from, pane) {
    const [here, there] = [from.info, pane.info];
    if (!here?.position || !there?.position || !parallel(here.orientation, there.orientation)) return null;
    const shared = here.frame_of_reference && here.frame_of_reference === there.frame_of_reference && from.study === pane.study;
    const places = placesOf(pane.series, here.orientation);
    const place = along(here.position, here.orientation);
    const offset = shared ? 0 : this.offset(from, pane, place, places);
    const index = nearest(places, place + offset);
    return index === null || Math.abs(places[index] - place - offset) > gap(places, index) ? null : index;
  }

  /** How far the two lie apart since they were linked. */
  offset(from, pane, place, places) {
    const key = `${from.number}>${pane.number}`;
    const which = `${from.series.uuid} ${pane.series.uuid}`;
    const known = this.offsets.get(key);
    if (known?.which === which) return known.by;
    const by = places[pane.index] - place;
    this.offsets.set(key, { which, by });
    this.offsets.set(`${pane.number}>${from.number}`, { which: `${pane.series.uuid} ${from.series.uuid}`, by: -by });
    return by;
  }
}

const known = new WeakMap();

/** Where each image of a series lies along a direction. */
function placesOf(series, orientation) {
  const held = known.get(series);
  const key = orientation.join();
  if (held?.key === key) return held.places;
  const places = Array.from({ length: series.frames }, (_, i) => along(series.position(i), orientation));
  known.set(series, { key, places });
  return places;
}

/** Beyond the ends of a series nothing follows. */
function gap(places, index) {
  const other = places[index + 1] ?? places[index - 1];
  return other === undefined || other === null ? Infinity : Math.max(1, Math.abs(other - places[index]));
}
