// Memory given back at once: until the browser looks for what nobody uses, much of it would be there twice.

/** Empties an array that nobody reads any more. Browsers that cannot do it look for it themselves, later. */
export function release({ buffer }) {
  if (buffer.byteLength > 0) buffer.transfer?.(0);
}

const MOST = 16 * 2 ** 20;

/**
 * Memory of pictures that are no longer used, for pictures of the same size. The browser keeps memory that came in a
 * message until its garbage collector runs, even if a script has released that memory. Memory that is sent on in another message is not
 * kept twice.
 */
export class Spare {
  /** @param {number} [most] bytes */
  constructor(most = MOST) {
    Object.assign(this, { most, bytes: 0, buffers: [] });
  }

  /** @param {ArrayBuffer} buffer */
  give(buffer) {
    if (buffer.byteLength === 0) return;
    this.buffers.push(buffer);
    this.bytes += buffer.byteLength;
    while (this.bytes > this.most) this.#out(0).transfer?.(0);
  }

  /** @returns {ArrayBuffer | null} of that many bytes, with anything in them */
  take(bytes) {
    const at = this.buffers.findIndex(({ byteLength }) => byteLength === bytes);
    return at < 0 ? null : this.#out(at);
  }

  #out(at) {
    const [buffer] = this.buffers.splice(at, 1);
    this.bytes -= buffer.byteLength;
    return buffer;
  }
}
