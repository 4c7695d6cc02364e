/** Draws measurements, and what else lies on an image, as SVG over a pane. */

import { svg } from "./dom.js";
import { lines } from "./measures.js";
import { drawState } from "./state.js";

const INK = "#ffe36e";
const CHOSEN = "#7fe3ff";
const HALO = { fill: "none", stroke: "#000", "stroke-width": 4, "stroke-opacity": 0.65 };

/** Where labels of this drawing are: the next is put beside them. */
let labels = [];

export function drawMarks(pane) {
  const { corners, series, index, frame, info } = pane;
  const drawing = corners.drawing;
  labels = [];
  if (!series || !frame || pane.lost) return drawing.replaceChildren();
  const parts = pane.measures
    .list(series, index)
    .flatMap((measure) => drawn(pane, measure, said(measure, info, frame), measure === pane.chosen));
  if (pane.draft) parts.push(...drawn(pane, pane.draft, pane.draft.whole ? said(pane.draft, info, frame) : [], true));
  if (pane.crosshair) parts.unshift(...crosshair(pane));
  if (pane.cursor) parts.push(...cursor(pane.toScreen(pane.cursor)));
  if (pane.probing) parts.push(...cursor(pane.toScreen(pane.probing.point)), label(pane, pane.probing.point, [pane.probing.text], INK));
  return drawing.replaceChildren(...drawState(pane, !pane.showsOverlays()), ...parts);
}

/** What a measurement says does not change while its points do not. */
function said(measure, info, frame) {
  if (frame.quality === "reduced") return measure.said || [];
  const points = measure.points.flat().join();
  if (measure.saidFor !== points) Object.assign(measure, { said: lines(measure, info, frame), saidFor: points });
  return measure.said;
}

function drawn(pane, measure, words, chosen) {
  const points = measure.points.map((point) => pane.toScreen(point));
  const ink = chosen ? CHOSEN : INK;
  const line = { fill: "none", stroke: ink, "stroke-width": 1.75 };
  const path = pathOf(measure, pane, points);
  const parts = path ? [svg("path", { ...HALO, d: path }), svg("path", { ...line, d: path })] : [];
  const dots = measure.kind === "probe" ? cursor(points[0], ink) : points.map(([cx, cy]) => dot(cx, cy, ink));
  parts.push(...dots);
  if (words.length) parts.push(label(pane, measure.points.at(-1), words, ink));
  return parts;
}

const dot = (cx, cy, ink) => svg("circle", { cx, cy, r: 3.5, fill: "#000", stroke: ink, "stroke-width": 1.5 });

function pathOf({ kind, points }, pane, seen) {
  if (kind === "length" || kind === "angle") return seen.length > 1 ? `M${seen.map((p) => p.join(" ")).join("L")}` : "";
  if (kind === "probe" || points.length < 2) return "";
  const [[ax, ay], [bx, by]] = points;
  if (kind === "rectangle") {
    const corners = [[ax, ay], [bx, ay], [bx, by], [ax, by]].map((point) => pane.toScreen(point));
    return `M${corners.map((p) => p.join(" ")).join("L")}Z`;
  }
  const [cx, cy, rx, ry] = [(ax + bx) / 2, (ay + by) / 2, Math.abs(ax - bx) / 2, Math.abs(ay - by) / 2];
  const around = Array.from({ length: 64 }, (_, i) => (i * Math.PI) / 32);
  const ring = around.map((turn) => pane.toScreen([cx + rx * Math.cos(turn), cy + ry * Math.sin(turn)]));
  return `M${ring.map((p) => p.join(" ")).join("L")}Z`;
}

function cursor([x, y], ink = CHOSEN) {
  const d = `M${x - 14} ${y}H${x - 4}M${x + 4} ${y}H${x + 14}M${x} ${y - 14}V${y - 4}M${x} ${y + 4}V${y + 14}`;
  return [svg("path", { ...HALO, d }), svg("path", { d, fill: "none", stroke: ink, "stroke-width": 1.75 })];
}

/** Words beside a point, within the pane. */
function label(pane, point, words, ink) {
  const [width, height] = pane.size;
  const long = Math.max(...words.map((word) => word.length)) * 7.7 + 12;
  const high = words.length * 16 + 6;
  const [px, py] = pane.toScreen(point);
  const x = px + 12 + long > width ? Math.max(2, px - 12 - long) : px + 12;
  let y = Math.min(Math.max(2, py + 8), Math.max(2, height - high - 2));
  for (const other of labels) {
    const apart = x + long < other.x || other.x + other.long < x || y + high < other.y || other.y + other.high < y;
    if (!apart) y = other.y + other.high + 2;
  }
  labels.push({ x, y, long, high });
  const size = { "font-size": 13, "font-family": "system-ui, sans-serif", fill: ink };
  const rows = words.map((word, i) => svg("tspan", { x: x + 5, y: y + 16 + i * 16 }, word));
  return svg("g", { "data-label": words.join("; ") },
    svg("rect", { x, y, width: long, height: high, rx: 3, fill: "#000", "fill-opacity": 0.72 }),
    svg("text", size, ...rows));
}

function crosshair(pane) {
  const [x, y] = pane.toScreen(pane.crosshair);
  const [width, height] = pane.size;
  const gap = 12;
  const d = `M0 ${y}H${x - gap}M${x + gap} ${y}H${width}M${x} 0V${y - gap}M${x} ${y + gap}V${height}`;
  return [svg("path", { d, fill: "none", stroke: "#6fd6a6", "stroke-width": 1, "stroke-opacity": 0.9 })];
}
