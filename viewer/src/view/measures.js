/** Measurements: which there are of each image, and what they say. They live as long as the page. */

import { text } from "../texts.js";
import { valueAt, within } from "./statistics.js";
import { angleAt, area, aspectOf, millimetres, mmBetween, regionValue, scaleAt, shown } from "./units.js";

/** How many points each kind has. */
export const POINTS = { length: 2, angle: 3, ellipse: 2, rectangle: 2, probe: 1 };

export class Measures {
  constructor() {
    this.of = new Map();
  }

  key = (series, index) => `${series.uuid}/${index}`;

  list(series, index) {
    return (series && this.of.get(this.key(series, index))) || [];
  }

  add(series, index, kind, points) {
    const measure = { kind, points };
    const key = this.key(series, index);
    this.of.set(key, [...(this.of.get(key) || []), measure]);
    return measure;
  }

  remove(series, index, measure) {
    const rest = this.list(series, index).filter((other) => other !== measure);
    this.of.set(this.key(series, index), rest);
  }

  clear(series, index) {
    this.of.delete(this.key(series, index));
  }
}

/**
 * What a measurement says, line by line. Asked for at full quality alone.
 *
 * @param {{kind: string, points: number[][]}} measure
 * @param {object} info of the image @param {object} frame its pixels at full quality, or its picture
 */
export function lines({ kind, points }, info, frame) {
  if (kind === "length") return lengthLines(points, info);
  if (kind === "angle") return [`${shown(angleAt(...points, aspectAt(info, points)), 1)}°`];
  if (kind === "probe") return [pointText(points[0], info, frame)];
  return shapeLines(kind, points, info, frame);
}

function lengthLines(points, info) {
  const scale = scaleAt(info, points);
  if (scale.refused) return [text(scale.refused)];
  const mm = millimetres(mmBetween(scale, ...points));
  return [scale.note ? `${mm} ${text(scale.note)}` : mm];
}

function aspectAt(info, points) {
  const scale = scaleAt(info, points);
  return scale.refused ? aspectOf(info) : scale.y / scale.x;
}

function shapeLines(kind, points, info, frame) {
  const said = [];
  const scale = scaleAt(info, points);
  if (!scale.refused) {
    const [wide, high] = [0, 1].map((i) => Math.abs(points[0][i] - points[1][i]) * (i ? scale.y : scale.x));
    const size = area(wide * high * (kind === "ellipse" ? Math.PI / 4 : 1));
    said.push(text("area-of", { value: scale.note ? `${size} ${text(scale.note)}` : size }));
  }
  if (frame.samples > 1 || frame.quality === "picture") return [...said, text("no-values")];
  const found = within(frame, info, kind, points);
  if (!found) return [...said, text("no-pixels")];
  const unit = info.unit ? ` ${info.unit}` : "";
  said.unshift(
    text("mean", { value: shown(found.mean) + unit }),
    text("deviation", { value: shown(found.sd) + unit }),
    text("extremes", { least: shown(found.least), most: shown(found.most) + unit }),
  );
  if (found.left) said.push(text("left-out", { n: found.left }));
  return said;
}

/** The value under a point: "43 HU". */
export function pointText(point, info, frame) {
  const axis = regionValue(info, point);
  if (axis) return axis;
  if (frame.quality === "picture") return text("no-values");
  const value = valueAt(frame, point);
  if (value === null) return text("no-pixels");
  const unit = info.unit ? ` ${info.unit}` : "";
  return Array.isArray(value) ? value.join(" / ") : shown(value) + unit;
}
