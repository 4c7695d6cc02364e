/**
 * Where a point of the image is on the screen, and back.
 *
 * Image points are [x, y] in pixels from the upper left corner of the image (a pixel's middle is at .5).
 * Screen points are CSS pixels from the upper left corner of the pane. A view turns and mirrors as the reader
 * sees it: each turn or flip is of what is on the screen.
 *
 * @typedef {{zoom: number, pan: number[], turn: number[]}} View  turn: the four numbers of a 2 × 2 matrix
 * @typedef {{rows: number, columns: number, aspect: number}} Shape  aspect: height of a pixel by its width
 */

/** @returns {View} */
export const plainView = () => ({ zoom: 1, pan: [0, 0], turn: [1, 0, 0, 1] });

const times = ([a, b, c, d], [e, f, g, h]) => [a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h];

export const rotated = (view, quarters = 1) => {
  const quarter = [0, -1, 1, 0];
  let { turn, pan } = view;
  for (let i = 0; i < ((quarters % 4) + 4) % 4; i += 1) {
    turn = times(quarter, turn);
    pan = [-pan[1], pan[0]];
  }
  return { ...view, turn, pan };
};

export const flipped = (view, across) => ({
  ...view,
  turn: times(across ? [-1, 0, 0, 1] : [1, 0, 0, -1], view.turn),
  pan: across ? [-view.pan[0], view.pan[1]] : [view.pan[0], -view.pan[1]],
});

/** As a presentation state has it: turned clockwise by so many degrees, and then left and right exchanged. */
export function turnedAndFlipped(degrees, isFlipped) {
  const turned = rotated(plainView(), degrees / 90);
  return isFlipped ? flipped(turned, true) : turned;
}

/** Screen pixels for each pixel column of the image, so that all of the image is seen. */
export function fit({ rows, columns, aspect }, [width, height], turn) {
  const wide = Math.abs(turn[0]) * columns + Math.abs(turn[1]) * rows * aspect;
  const high = Math.abs(turn[2]) * columns + Math.abs(turn[3]) * rows * aspect;
  return Math.min(width / wide, height / high) || 1;
}

/** The matrix [a, b, c, d, e, f]: screen x = a·x + c·y + e, screen y = b·x + d·y + f. */
export function matrix(view, shape, size) {
  const scale = fit(shape, size, view.turn) * view.zoom;
  const [m0, m1, m2, m3] = view.turn;
  const [a, c] = [m0 * scale, m1 * shape.aspect * scale];
  const [b, d] = [m2 * scale, m3 * shape.aspect * scale];
  const [x, y] = [shape.columns / 2, shape.rows / 2];
  return [
    a, b, c, d,
    size[0] / 2 + view.pan[0] * scale - a * x - c * y,
    size[1] / 2 + view.pan[1] * scale - b * x - d * y,
  ];
}

export const apply = ([a, b, c, d, e, f], [x, y]) => [a * x + c * y + e, b * x + d * y + f];

export function inverse([a, b, c, d, e, f]) {
  const det = a * d - b * c;
  return [d / det, -b / det, -c / det, a / det, (c * f - d * e) / det, (b * e - a * f) / det];
}

/** The view with another zoom; what is at the screen point `at` stays there. */
export function zoomed(view, shape, size, zoom, at = [size[0] / 2, size[1] / 2]) {
  const next = Math.min(40, Math.max(0.1, zoom));
  const base = fit(shape, size, view.turn);
  const by = 1 / (base * next) - 1 / (base * view.zoom);
  const pan = view.pan.map((value, i) => value + (at[i] - size[i] / 2) * by);
  return { ...view, zoom: next, pan };
}

/** The view moved by screen pixels. */
export function moved(view, shape, size, [dx, dy]) {
  const scale = fit(shape, size, view.turn) * view.zoom;
  return { ...view, pan: [view.pan[0] + dx / scale, view.pan[1] + dy / scale] };
}
