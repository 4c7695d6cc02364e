/** A presentation state of the study: which of its images look how, and what is drawn over them. */

import { svg } from "./dom.js";
import { apply, fit, flipped, plainView, rotated } from "./transform.js";

const INK = "#ffb454";
const HALO = { fill: "none", stroke: "#000", "stroke-width": 3.5, "stroke-opacity": 0.6, "vector-effect": "non-scaling-stroke" };
const LINE = { stroke: INK, "stroke-width": 1.5, "vector-effect": "non-scaling-stroke" };
const LETTERS = { "font-size": 14, "font-family": "system-ui, sans-serif", stroke: "#000", "stroke-width": 3, "paint-order": "stroke", fill: INK };

export class State {
  /** @param {object} raw as the page has it */
  constructor(raw) {
    this.raw = raw;
    this.uuid = raw.uuid;
    this.name = raw.name;
  }

  /** The state that the page was asked for, or null. */
  static ofPage() {
    const written = document.getElementById("viewer-state");
    return written ? new State(JSON.parse(written.textContent)) : null;
  }

  /** A pane that shows an image of the state opens as the state has it; a window of the URL that is another one stays. */
  begin(pane) {
    const { asked, window } = pane;
    if (window && asked.window && near(window, asked.window)) pane.resetWindow();
    pane.setView(this.view(asked, pane.shape, pane.size));
  }

  /** What it sets for an image, or null where it says nothing of it. */
  of(info) {
    const { raw } = this;
    if (!info?.instance || !covers(raw.images, info)) return null;
    const parts = (all) => all.filter(({ images }) => !images || covers(images, info)).map(({ value }) => value);
    const [window] = parts(raw.windows);
    const [area] = parts(raw.areas);
    return {
      state: this,
      window: window ? { center: window[0], width: window[1], kind: window[2] } : null,
      area: area ?? null,
      shapes: parts(raw.drawings).flat(),
      shutter: raw.shutter,
      inverted: raw.is_inverted,
      // Its window means values after its own conversion.
      inPart: raw.is_in_part || (Boolean(window) && !(same(raw.rescale[0], info.slope ?? 1) && same(raw.rescale[1], info.intercept ?? 0))),
    };
  }

  /** How an image lies at first. */
  view(asked, shape, size) {
    const turned = rotated(plainView(), this.raw.turn / 90);
    const view = this.raw.is_flipped ? flipped(turned, true) : turned;
    return asked.area ? shownPart(view, shape, size, asked.area) : view;
  }
}

const near = (one, other) => Math.abs(one.center - other.center) < 0.01 && Math.abs(one.width - other.width) < 0.01;

const same = (one, other) => Math.abs(one - other) <= 1e-6 * Math.max(1, Math.abs(one));

function covers(images, { instance, frame }) {
  const frames = images[instance];
  return Boolean(frames) && (!frames.length || frames.includes(frame));
}

/** The view in which a part of the image is as large as it can be. */
export function shownPart(view, shape, size, [[left, top], [right, bottom]]) {
  const part = { rows: bottom - top, columns: right - left, aspect: shape.aspect };
  const zoom = Math.min(40, Math.max(0.1, fit(part, size, view.turn) / fit(shape, size, view.turn)));
  const [across, down] = [(shape.columns - left - right) / 2, ((shape.rows - top - bottom) / 2) * shape.aspect];
  const [a, b, c, d] = view.turn;
  return { ...view, zoom, pan: [a * across + b * down, c * across + d * down] };
}

/** The points of a shape: a ring has 64. Without a second radius it is a circle as the image is seen. */
export function outline({ line, ring }, aspect) {
  if (line) return line;
  const [[x, y], [ax, ay], second] = ring;
  const [bx, by] = second ?? [-ay * aspect, ax / aspect];
  return Array.from({ length: 65 }, (_, at) => {
    const turn = (at * Math.PI) / 32;
    return [x + ax * Math.cos(turn) + bx * Math.sin(turn), y + ay * Math.cos(turn) + by * Math.sin(turn)];
  });
}

const pathOf = (points) => `M${points.map(([x, y]) => `${x} ${y}`).join("L")}`;

/** SVG over a pane; `hidden`: without the drawings. `matrix`: from the image to where it is drawn. */
export function drawState(pane, hidden, matrix = pane.matrix) {
  const { asked } = pane;
  if (!asked) return [];
  const inImage = { transform: `matrix(${matrix.join(" ")})` };
  const to = (at) => apply(matrix, at);
  const parts = asked.shutter ? [svg("g", { ...inImage, "data-shutter": "" }, ...shutter(asked.shutter, pane.shape))] : [];
  if (hidden || !asked.shapes.length) return parts;
  const { aspect } = pane.shape;
  const lines = asked.shapes.flatMap((shape) => (shape.line || shape.ring ? drawn(shape, aspect) : []));
  parts.push(svg("g", { ...inImage, "data-drawings": "" }, ...lines));
  for (const shape of asked.shapes) {
    if (shape.point) parts.push(...point(to(shape.point)));
    if (shape.text) parts.push(...words(to, shape));
  }
  return parts;
}

function drawn(shape, aspect) {
  const d = pathOf(outline(shape, aspect));
  const fill = shape.filled ? { fill: INK, "fill-opacity": 0.5 } : { fill: "none" };
  return [svg("path", { ...HALO, d }), svg("path", { ...LINE, ...fill, d })];
}

/** Each of its forms leaves its inside; a path around the image and one around the form fill what is between. */
function shutter({ shapes, grey }, { rows, columns, aspect }) {
  // A pixel beyond the image, so that no seam is left at its edge.
  const image = `M-1 -1H${columns + 1}V${rows + 1}H-1Z`;
  const fill = `rgb(${grey} ${grey} ${grey})`;
  const inside = ([x, y]) => [Math.min(columns, Math.max(0, x)), Math.min(rows, Math.max(0, y))];
  return shapes.map((shape) => svg("path", { d: `${image}${pathOf(outline(shape, aspect).map(inside))}Z`, fill, "fill-rule": "evenodd" }));
}

function point([x, y]) {
  const d = `M${x - 5} ${y}H${x + 5}M${x} ${y - 5}V${y + 5}`;
  return [svg("path", { ...HALO, d }), svg("path", { ...LINE, fill: "none", d })];
}

function words(to, { text, box, anchor, is_led: isLed, align }) {
  const [one, other] = (box ?? [anchor, anchor]).map(to);
  const [left, right] = [Math.min(one[0], other[0]), Math.max(one[0], other[0])];
  const [top, bottom] = [Math.min(one[1], other[1]), Math.max(one[1], other[1])];
  const x = { start: left, middle: (left + right) / 2, end: right }[align];
  const rows = text.split("\n").map((row, nth) => svg("tspan", { x, y: top + 14 + nth * 17 }, row));
  const written = svg("text", { ...LETTERS, "text-anchor": align }, ...rows);
  if (!isLed) return [written];
  const [ax, ay] = to(anchor);
  const d = `M${Math.min(right, Math.max(left, ax))} ${Math.min(bottom, Math.max(top, ay))}L${ax} ${ay}`;
  return [svg("path", { ...HALO, d }), svg("path", { ...LINE, fill: "none", d }), written];
}
