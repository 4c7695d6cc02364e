// Decodes HTJ2K in a worker, and turns stored values into the values of the modality.
import Openjph from "@cornerstonejs/codec-openjph";

import { release } from "./memory.js";
import { scaled } from "./values.js";

let codec;

self.onmessage = async ({ data }) => {
  if (data.wasm) {
    codec = Openjph({
      instantiateWasm(imports, ready) {
        WebAssembly.instantiate(data.wasm, imports).then((instance) => ready(instance, data.wasm));
        return {};
      },
    });
    return;
  }
  try {
    const image = decoded(await codec, data);
    self.postMessage({ id: data.id, image }, [image.pixels.buffer]);
  } catch (error) {
    self.postMessage({ id: data.id, error: String(error) });
  }
};

/** @param {{parts: Uint8Array[], level: number, frame: object}} task level: how often the size is halved */
function decoded(openjph, { parts, level, frame }) {
  const decoder = new openjph.HTJ2KDecoder();
  try {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const encoded = decoder.getEncodedBuffer(length);
    let at = 0;
    for (const part of parts) {
      encoded.set(part, at);
      at += part.length;
      release(part);
    }
    decoder.decodeSubResolution(level);
    const info = decoder.getFrameInfo();
    const { width, height } = decoder.calculateSizeAtDecompositionLevel(level);
    if (info.width !== frame.columns || info.height !== frame.rows || info.componentCount !== frame.samples) {
      throw new Error("the image is not of the size that the manifest says");
    }
    const image = scaled(stored(decoder.getDecodedBuffer(), info), frame);
    // Values that are as they were stored lie in the decoder's own memory.
    if (image.pixels.buffer === decoder.getDecodedBuffer().buffer) image.pixels = image.pixels.slice();
    return { ...image, columns: width, rows: height };
  } finally {
    decoder.delete();
  }
}

/** What was decoded, where it is: it is not copied. */
function stored({ buffer, byteOffset, length: bytes }, { bitsPerSample, isSigned }) {
  const width = bitsPerSample <= 8 ? 1 : bitsPerSample <= 16 ? 2 : 4;
  const Kind = { 1: [Uint8Array, Int8Array], 2: [Uint16Array, Int16Array], 4: [Uint32Array, Int32Array] }[width][Number(isSigned)];
  return new Kind(buffer, byteOffset, bytes / width);
}
