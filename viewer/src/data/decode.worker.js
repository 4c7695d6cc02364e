// Decodes HTJ2K in a worker, and turns stored values into the values of the modality.
import Openjph from "@cornerstonejs/codec-openjph";

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
  const { room, tasks } = data;
  for (const [nth, task] of tasks.entries()) {
    // The memory for codestreams goes back with the last picture.
    const lent = nth === tasks.length - 1 ? { room } : {};
    const moved = Object.values(lent);
    try {
      const image = decoded(await codec, new Uint8Array(room, task.from, task.to - task.from), task);
      self.postMessage({ id: task.id, image, ...lent }, [image.pixels.buffer, ...moved]);
    } catch (error) {
      self.postMessage({ id: task.id, error: String(error), ...lent }, moved);
    }
  }
};

/**
 * @param {Uint8Array} encoded
 * @param {{level: number, frame: object, into: ArrayBuffer | null}} task `level`: how often the size is halved; `into`: where its
 *   values go
 */
function decoded(openjph, encoded, { level, frame, into }) {
  const decoder = new openjph.HTJ2KDecoder();
  try {
    decoder.getEncodedBuffer(encoded.length).set(encoded);
    decoder.decodeSubResolution(level);
    const info = decoder.getFrameInfo();
    const { width, height } = decoder.calculateSizeAtDecompositionLevel(level);
    if (info.width !== frame.columns || info.height !== frame.rows || info.componentCount !== frame.samples) {
      throw new Error("the image is not of the size that the manifest says");
    }
    const image = scaled(stored(decoder.getDecodedBuffer(), info), frame, into);
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
