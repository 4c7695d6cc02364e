// Memory given back at once: until the browser looks for what nobody uses, much of it would be there twice.

/** Empties an array that nobody reads any more. Browsers that cannot do it look for it themselves, later. */
export function release({ buffer }) {
  if (buffer.byteLength > 0) buffer.transfer?.(0);
}
