/** Directions and places in the patient, from the direction cosines and positions of the images. */

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const minus = (a, b) => a.map((value, i) => value - b[i]);
const plus = (a, b, by = 1) => a.map((value, i) => value + b[i] * by);
const length = (a) => Math.hypot(...a);

export const vectors = { dot, cross, minus, plus, length };

export const rowOf = (orientation) => orientation.slice(0, 3);
export const columnOf = (orientation) => orientation.slice(3, 6);
export const normalOf = (orientation) => cross(rowOf(orientation), columnOf(orientation));

/** The letters of a direction in the patient, the strongest first: "A", "LP". */
export function letters(direction) {
  const parts = [
    [direction[0], "L", "R"],
    [direction[1], "P", "A"],
    [direction[2], "H", "F"],
  ];
  return parts
    .filter(([size]) => Math.abs(size) > 0.2)
    .sort((a, b) => Math.abs(b[0]) - Math.abs(a[0]))
    .map(([size, plusLetter, minusLetter]) => (size > 0 ? plusLetter : minusLetter))
    .slice(0, 2)
    .join("");
}

/**
 * The letters at the four edges of the screen.
 *
 * @param {number[]} orientation six direction cosines
 * @param {number[]} turn of the view
 * @returns {{left: string, right: string, top: string, bottom: string} | null}
 */
export function edges(orientation, turn) {
  if (!orientation) return null;
  const [row, column] = [rowOf(orientation), columnOf(orientation)];
  // The turn is orthogonal: its transpose leads from the screen to the image.
  const right = row.map((value, i) => value * turn[0] + column[i] * turn[1]);
  const bottom = row.map((value, i) => value * turn[2] + column[i] * turn[3]);
  const back = (direction) => letters(direction.map((value) => -value));
  return { right: letters(right), left: back(right), bottom: letters(bottom), top: back(bottom) };
}

/** How far along its own normal an image is, in mm. */
export function along(position, orientation) {
  return position && orientation ? dot(position, normalOf(orientation)) : null;
}

/** The point of the patient under an image point, or null. */
export function pointInPatient({ position, orientation, spacing }, [x, y]) {
  if (!position || !orientation || !spacing) return null;
  const across = plus(position, rowOf(orientation), (x - 0.5) * spacing[1]);
  return plus(across, columnOf(orientation), (y - 0.5) * spacing[0]);
}

/** The image point nearest to a point of the patient. */
export function pointInImage({ position, orientation, spacing }, point) {
  const from = minus(point, position);
  return [dot(from, rowOf(orientation)) / spacing[1] + 0.5, dot(from, columnOf(orientation)) / spacing[0] + 0.5];
}

/** The image of a series that lies nearest to a place along a direction; null beyond its ends by more than a slice. */
export function nearest(places, place) {
  let best = null;
  places.forEach((value, index) => {
    if (value === null) return;
    if (best === null || Math.abs(value - place) < Math.abs(places[best] - place)) best = index;
  });
  return best;
}

/** A round number of mm whose bar is at most `most` screen pixels long. */
export function scaleBar(pixelsPerMm, most) {
  if (!(pixelsPerMm > 0)) return null;
  const longest = most / pixelsPerMm;
  const power = 10 ** Math.floor(Math.log10(longest));
  const mm = [5, 2, 1].map((n) => n * power).find((n) => n <= longest * 1.0000001) || power;
  return { mm, pixels: mm * pixelsPerMm };
}
