/** The keyboard: what each key does while a pane has the focus, and the list of it. */

import { text } from "../texts.js";
import { el } from "./dom.js";
import { POINTS } from "./measures.js";
import * as tools from "./tools.js";
import * as transform from "./transform.js";
import { CT_PRESETS, ownWindows } from "./voi.js";

/** For the list: the keys as they stand on a keyboard, and the text of what they do. */
export const LIST = [
  ["↑ ↓", "key-scroll"],
  ["Page ↑ ↓", "key-page"],
  ["Home End", "key-ends"],
  ["← →", "key-series"],
  ["+ −", "key-zoom"],
  ["Shift + arrows", "key-pan"],
  ["Alt + ↑ ↓", "key-center"],
  ["Alt + ← →", "key-width"],
  ["1 … 9", "key-presets"],
  ["I", "key-invert"],
  ["O", "key-rotate"],
  ["H  V", "key-flip"],
  ["Y", "key-overlays"],
  ["0", "key-reset"],
  ["Space", "key-cine"],
  ["W Z M S G", "key-tools"],
  ["L A E R P", "key-measure"],
  ["Enter", "key-point"],
  ["Esc", "key-escape"],
  ["Delete", "key-remove"],
  ["K", "key-link"],
  ["F", "key-full"],
  ["?", "key-help"],
];

const TOOL_KEYS = {
  w: "window", z: "zoom", m: "pan", s: "scroll", g: "magnify",
  l: "length", a: "angle", e: "ellipse", r: "rectangle", p: "probe",
};
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

const PLAIN = {
  ArrowUp: (viewer, pane) => pane.step(-1),
  ArrowDown: (viewer, pane) => pane.step(1),
  PageUp: (viewer, pane) => pane.step(-10),
  PageDown: (viewer, pane) => pane.step(10),
  Home: (viewer, pane) => pane.go(0),
  End: (viewer, pane) => pane.go(pane.series.frames - 1),
  ArrowLeft: (viewer, pane) => viewer.otherSeries(pane, -1),
  ArrowRight: (viewer, pane) => viewer.otherSeries(pane, 1),
  "+": (viewer, pane) => tools.zoomBy(pane, 1.25),
  "=": (viewer, pane) => tools.zoomBy(pane, 1.25),
  "-": (viewer, pane) => tools.zoomBy(pane, 0.8),
  i: (viewer, pane) => viewer.act("invert", pane),
  o: (viewer, pane) => viewer.act("rotate", pane),
  h: (viewer, pane) => viewer.act("flip-h", pane),
  v: (viewer, pane) => viewer.act("flip-v", pane),
  y: (viewer, pane) => viewer.act("overlays", pane),
  0: (viewer, pane) => viewer.act("reset", pane),
  " ": (viewer, pane) => viewer.act("cine", pane),
  k: (viewer, pane) => viewer.act("link", pane),
  f: (viewer, pane) => viewer.act("fullscreen", pane),
  "?": (viewer, pane) => viewer.act("keys", pane),
  Delete: (viewer, pane) => viewer.measuring.removeLast(pane),
  Backspace: (viewer, pane) => viewer.measuring.removeLast(pane),
};

/** Does what a key stands for; false where it stands for nothing. */
export function press(viewer, pane, event) {
  if (event.ctrlKey || event.metaKey || pane.lost) return false;
  const { key, shiftKey, altKey } = event;
  const arrow = ARROWS[key];
  if (key === "Escape") return viewer.measuring.cancel(pane);
  if (!pane.series) return key === "?" ? (PLAIN["?"](viewer, pane), true) : false;
  if (key === "Enter") return enter(viewer, pane);
  if (arrow && pane.cursor && !altKey) return done(viewer.measuring.moveCursor(pane, ...arrow, shiftKey));
  if (arrow && altKey) return done(contrast(pane, arrow));
  if (arrow && shiftKey) return done(pane.setView(transform.moved(pane.view, pane.shape, pane.size, arrow.map((v) => v * 40))));
  if (key === "Delete" && shiftKey) return done(viewer.measuring.removeAll(pane));
  if (altKey) return false;
  if (/^[1-9]$/.test(key)) return preset(pane, Number(key) - 1);
  const plain = PLAIN[key] || PLAIN[key.toLowerCase()];
  if (plain) return done(plain(viewer, pane));
  const tool = TOOL_KEYS[key.toLowerCase()];
  if (!tool) return false;
  viewer.choose(tool);
  if (tool in POINTS) viewer.measuring.startCursor(pane, tool);
  return true;
}

const done = () => true;

function enter(viewer, pane) {
  if (!(viewer.tool in POINTS)) return false;
  if (pane.cursor) viewer.measuring.setPoint(pane, viewer.tool);
  else viewer.measuring.startCursor(pane, viewer.tool);
  return true;
}

function contrast(pane, [dx, dy]) {
  if (pane.window) tools.window.move(pane, [dx * 12, dy * 12]);
}

/** The windows behind the keys 1 to 9: the image's own, then the presets that fit its unit. */
export function windowsOf(pane) {
  const own = ownWindows(pane.info).map(({ center, width }) => ({ center, width }));
  const named = pane.info.unit === "HU" ? CT_PRESETS.map(([, center, width]) => ({ center, width })) : [];
  return [...own, ...named];
}

function preset(pane, at) {
  const window = windowsOf(pane)[at];
  if (window) pane.setWindow(window);
  return true;
}

/** The list of keys, and of what fingers do. */
export function keyList() {
  const rows = LIST.map(([keys, name]) => el("tr", {}, el("th", { scope: "row" }, el("kbd", {}, keys)), el("td", {}, text(name))));
  return [el("p", {}, text("keys-note")), el("table", {}, el("tbody", {}, ...rows)), el("p", {}, text("key-touch"))];
}
