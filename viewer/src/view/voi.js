/**
 * Windows: which values are black and which are white.
 *
 * @typedef {{center: number, width: number}} Window
 */

/** Windows readers of CT know by name; the file's own come before them. */
export const CT_PRESETS = [
  ["preset-abdomen", 40, 400],
  ["preset-lung", -600, 1500],
  ["preset-bone", 480, 2500],
  ["preset-brain", 40, 80],
  ["preset-mediastinum", 40, 350],
  ["preset-liver", 90, 150],
  ["preset-stroke", 35, 40],
  ["preset-angio", 300, 600],
];

/** By name, as the page's buttons say it (data-preset). */
export const NAMED = Object.fromEntries(
  CT_PRESETS.map(([name, center, width]) => [name.slice("preset-".length), { center, width }]),
);

/** How bright a value is, from 0 to 1: PS3.3 C.11.2.1.2 and C.11.2.1.3. */
export function brightness(value, { center, width }, kind = "LINEAR") {
  if (kind === "SIGMOID") return 1 / (1 + Math.exp((-4 * (value - center)) / width));
  if (kind === "LINEAR_EXACT") return clamp((value - center) / width + 0.5);
  if (width <= 1) return value <= center - 0.5 ? 0 : 1;
  return clamp((value - (center - 0.5)) / (width - 1) + 0.5);
}

const clamp = (value) => Math.min(1, Math.max(0, value));

/** By which function a window is drawn: the file's belongs to the file's own windows. */
export function kindOf(window, { voi_function: own }) {
  if (window.kind) return window.kind;
  if (window.exact) return "LINEAR_EXACT";
  return window.instead ? "LINEAR" : own;
}

/** From "centre,width". @returns {Window | null} */
export function windowFrom(value) {
  const [center, width] = (value || "").split(",").map(Number);
  return Number.isFinite(center) && width > 0 ? { center, width } : null;
}

export const isColour = ({ samples }) => (samples || 1) > 1;

/** The windows that the file names for the image. */
export function ownWindows(info) {
  const named = (info.windows || []).filter(([, width]) => width > 0);
  const own = named.map(([center, width, name]) => ({ center, width, name: name || "" }));
  const [center, width] = info.window || [];
  if (width > 0 && !(own[0]?.center === center && own[0]?.width === width)) {
    own.unshift({ center, width, name: own[0]?.name || "" });
  }
  return own;
}

/**
 * The window an image opens with: its file's first, or its table of grey values, or all values of the images it belongs
 * to. So it does, as the pictures of the pages do, where the file's window shows nothing of the image: `instead`.
 */
export function firstWindow(info, frame) {
  const isPicture = frame?.quality === "picture";
  const isGrey = !isColour(frame || info) && !isPicture;
  const own = isGrey ? ownLook(info) : null;
  if (own && !(frame && showsNothing(own, info, frame))) return own;
  if (isPicture) return allOf(0, 255);
  const all = wholeWindow(info, frame, isGrey);
  return own ? { ...all, instead: true } : all;
}

/** All values of the images it belongs to, or of the image alone where among those it would be of a single grey. */
function wholeWindow(info, frame, isGrey) {
  if (!isGrey || !info.range) return fullWindow(info, frame);
  const all = fullWindow(info);
  return frame && showsNothing({ ...all, instead: true }, info, frame) ? fullWindow(info, frame) : all;
}

function ownLook(info) {
  const [own] = ownWindows(info);
  if (own) return { center: own.center, width: own.width };
  return hasTable(info) ? { ...tableWindow(info), table: true } : null;
}

/** Whether all of an image gets the same grey, although its values are not the same. */
function showsNothing(window, info, frame) {
  if (window.table) {
    const { pixels } = throughTable(frame, info);
    return frame.least < frame.most && pixels.every((grey) => grey === pixels[0]);
  }
  const all = frame.least === undefined ? null : [frame.least, frame.most];
  // Values that are filling are looked for only where they can matter.
  const ends = all && (!info.padding || same(window, info, ...all)) ? all : extremes(frame.pixels, paddingOf(info));
  return ends[0] < ends[1] && same(window, info, ...ends);
}

const same = (window, info, ...ends) => new Set(ends.map((value) => Math.round(brightness(value, window, kindOf(window, info)) * 255))).size === 1;

/** From the least to the greatest value. */
export function fullWindow(info, frame) {
  if (isColour(frame || info)) return allOf(0, 255);
  if (!frame && !info.range) return allOf(0, info.bits > 8 ? 65535 : 255);
  const ends = frame ? extremes(frame.pixels, paddingOf(info)) : info.range.map((end) => valueOf(info, end));
  return allOf(Math.min(...ends), Math.max(...ends));
}

export const hasTable = (info) => Array.isArray(info.lut);

/** From the first value of the table on which the grey changes to the last. */
function tableWindow({ lut }) {
  return allOf(lut[0][0], Math.max(lut.at(-1)[0], lut[0][0] + 1));
}

const tabled = new WeakMap();

/** An image of the greys that its own table gives its values: a grey holds from the value beside it on. */
export function throughTable(frame, { lut }) {
  const known = tabled.get(frame.pixels);
  if (known) return { ...frame, pixels: known };
  const pixels = new Uint8Array(frame.pixels.length);
  for (let i = 0; i < pixels.length; i += 1) pixels[i] = greyOf(Math.round(frame.pixels[i]), lut);
  tabled.set(frame.pixels, pixels);
  return { ...frame, pixels };
}

function greyOf(value, lut) {
  let [low, high] = [0, lut.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lut[middle][0] <= value) low = middle;
    else high = middle - 1;
  }
  return lut[low][1];
}

/** What of a window is drawn: the greys of a table are greys already. */
export const GREYS = { center: 128, width: 256 };

/** Fractions that are all between two whole numbers have their window exactly, for a width counts from 1. */
function allOf(low, high) {
  if (low < high && high - low < 1) return { center: (low + high) / 2, width: high - low, exact: true };
  return { center: (low + high + 1) / 2, width: Math.max(2, high - low + 1) };
}

const valueOf = (info, stored) => stored * (info.slope ?? 1) + (info.intercept ?? 0);

/** Whether a value stands for "no pixel here": a function of the value. */
export function paddingOf(info) {
  if (!info.padding) return () => false;
  const [least, most] = info.padding.map((stored) => valueOf(info, stored)).sort((a, b) => a - b);
  return (value) => value >= least && value <= most;
}

function extremes(pixels, isPadding) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < pixels.length; i += 1) {
    const value = pixels[i];
    if (isPadding(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}

/** A drag of the mouse: across for the width, down for the centre. */
export function dragged(window, [dx, dy], range) {
  const step = Math.max(range, 20) / 600;
  const tenth = (value) => Math.round(value * 10) / 10;
  return { center: tenth(window.center + dy * step), width: Math.max(1, tenth(window.width + dx * step)) };
}

/** How far the values of an image reach: how quickly a drag changes the window. */
export function reach(info, window) {
  if (isColour(info)) return 255;
  const wide = Math.max(20, window.width * 2);
  return info.unit === "HU" ? Math.min(2000, Math.max(200, wide)) : wide;
}
