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

/** The window an image opens with: its file's first, or all values of the images it belongs to. */
export function firstWindow(info, frame) {
  const isPicture = frame?.quality === "picture";
  const [own] = isColour(frame || info) || isPicture ? [] : ownWindows(info);
  if (own) return { center: own.center, width: own.width };
  if (isPicture) return allOf(0, 255);
  return info.range && !isColour(frame || info) ? fullWindow(info) : fullWindow(info, frame);
}

/** From the least to the greatest value. */
export function fullWindow(info, frame) {
  if (isColour(frame || info)) return allOf(0, 255);
  if (!frame && !info.range) return allOf(0, info.bits > 8 ? 65535 : 255);
  const ends = frame ? extremes(frame.pixels, paddingOf(info)) : info.range.map((end) => valueOf(info, end));
  return allOf(Math.min(...ends), Math.max(...ends));
}

const allOf = (low, high) => ({ center: (low + high + 1) / 2, width: Math.max(2, high - low + 1) });
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
