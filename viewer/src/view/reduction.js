/** Where the pixels of a reduced image lie in the full one. */

/**
 * How points of the image lead to these pixels: `at = (point - offset) / ratio + offset`. Pixel k of a reduced image is
 * that of k · 2^level of the full one; a picture of another size is stretched.
 */
export function reduction(frame, shape) {
  if (frame.step > 1 || frame.level > 0) {
    const step = (frame.step || 1) * 2 ** (frame.level || 0);
    return { ratio: [step, step], offset: 0.5 };
  }
  return { ratio: [shape.columns / frame.columns, shape.rows / frame.rows], offset: 0 };
}
