// Cuts a stream of bytes into the frames whose bytes it is.

export class Cutter {
  /**
   * @param {{index: number, bytes: number}[]} pieces in the order of the stream
   * @param {(index: number, bytes: Uint8Array) => void} deliver
   */
  constructor(pieces, deliver) {
    this.pieces = pieces;
    this.deliver = deliver;
    this.nth = 0;
    this.filled = 0;
    this.piece = null;
    this.#whole();
  }

  /** The frame that is not yet whole; null when all are. */
  get current() {
    return this.pieces[this.nth]?.index ?? null;
  }

  take(bytes) {
    let at = 0;
    while (at < bytes.length && this.nth < this.pieces.length) {
      this.piece ??= new Uint8Array(this.pieces[this.nth].bytes);
      const part = bytes.subarray(at, at + this.piece.length - this.filled);
      this.piece.set(part, this.filled);
      this.filled += part.length;
      at += part.length;
      this.#whole();
    }
  }

  // A frame without bytes of its own here is whole at once.
  #whole() {
    while (this.nth < this.pieces.length && this.filled === this.pieces[this.nth].bytes) {
      const piece = this.piece ?? new Uint8Array(0);
      const { index } = this.pieces[this.nth];
      this.nth += 1;
      this.filled = 0;
      this.piece = null;
      this.deliver(index, piece);
    }
  }
}
