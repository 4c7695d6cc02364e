/** What may be measured in an image, and in which unit. A length is never guessed. */

const WRITTEN = { cm2: "cm²", "cm2/s": "cm²/s", cm3: "cm³", "cm3/s": "cm³/s", deg: "°" };

/** The ultrasound region that holds the point, the smallest first. Its box takes in its last row and column. */
export function regionAt(info, [x, y]) {
  const holds = ({ box }) => x >= box[0] && y >= box[1] && x <= box[2] + 1 && y <= box[3] + 1;
  const size = ({ box }) => (box[2] - box[0]) * (box[3] - box[1]);
  return (info.regions || []).filter(holds).sort((a, b) => size(a) - size(b))[0] || null;
}

/**
 * Millimetres for each pixel across and down where all points lie.
 *
 * @returns {{x: number, y: number, note: string} | {refused: string}} texts are keys
 */
export function scaleAt(info, points) {
  if ((info.regions || []).length) return regionScale(info, points);
  const [down, across] = info.spacing || [];
  if (!(down > 0) || !(across > 0)) return { refused: "no-spacing" };
  return { x: across, y: down, note: info.spacing_kind === "ImagerPixelSpacing" ? "at-detector" : "" };
}

function regionScale(info, points) {
  const regions = points.map((point) => regionAt(info, point));
  if (regions.some((region) => !region)) return { refused: "outside-region" };
  if (regions.some((region) => region !== regions[0])) return { refused: "two-regions" };
  const { units, delta } = regions[0];
  if (units[0] !== "cm" || units[1] !== "cm") return { refused: "region-no-length" };
  return { x: Math.abs(delta[0]) * 10, y: Math.abs(delta[1]) * 10, note: "" };
}

/** What a point of a region that is no picture (a spectrum, a trace) stands for: "12.3 cm/s". */
export function regionValue(info, point) {
  const region = regionAt(info, point);
  if (!region?.zero || (region.units[0] === "cm" && region.units[1] === "cm")) return null;
  const { box, delta, units, value, zero } = region;
  return units
    .map((unit, i) => [unit, value[i] + (point[i] - box[i] - zero[i]) * delta[i]])
    .filter(([unit]) => unit)
    .map(([unit, at]) => `${shown(at)} ${WRITTEN[unit] || unit}`)
    .join(", ");
}

/** The height of a pixel by its width on the screen. */
export function aspectOf(info) {
  const [down, across] = info.spacing || info.aspect || [];
  return down > 0 && across > 0 ? down / across : 1;
}

export const mmBetween = ({ x, y }, [a, b], [c, d]) => Math.hypot((a - c) * x, (b - d) * y);

/** The angle at b, in degrees; pixels that are not square are stretched first. */
export function angleAt(a, b, c, aspect = 1) {
  const [p, q] = [a, c].map(([x, y]) => [x - b[0], (y - b[1]) * aspect]);
  const turn = Math.atan2(p[0] * q[1] - p[1] * q[0], p[0] * q[0] + p[1] * q[1]);
  return Math.abs((turn * 180) / Math.PI);
}

/** A number as a reader wants it: three figures, no more. */
export function shown(value, most = 2) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const places = size >= 100 ? 0 : size >= 10 ? Math.min(1, most) : most;
  const text = value.toFixed(places);
  return Number(text) === 0 ? (0).toFixed(places) : text;
}

/** A number as it was written: whole, or with as few places as it has. */
export const plain = (value) => String(Math.round(value * 100) / 100);

/** A length: "45.2 mm". */
export const millimetres = (mm) => `${mm >= 1000 ? mm.toFixed(0) : mm.toFixed(mm < 10 ? 2 : 1)} mm`;
/** An area: "3.14 cm²" or "12 mm²". */
export const area = (mm2) => (mm2 >= 100 ? `${shown(mm2 / 100)} cm²` : `${shown(mm2)} mm²`);
