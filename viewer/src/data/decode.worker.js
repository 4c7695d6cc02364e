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
    }
    decoder.decodeSubResolution(level);
    const info = decoder.getFrameInfo();
    const { width, height } = decoder.calculateSizeAtDecompositionLevel(level);
    if (info.width !== frame.columns || info.height !== frame.rows || info.componentCount !== frame.samples) {
      throw new Error("the image is not of the size that the manifest says");
    }
    const { buffer, byteOffset, length: bytes } = decoder.getDecodedBuffer();
    return { ...scaled(stored(buffer.slice(byteOffset, byteOffset + bytes), info), frame), columns: width, rows: height };
  } finally {
    decoder.delete();
  }
}

function stored(buffer, { bitsPerSample, isSigned }) {
  if (bitsPerSample <= 8) return isSigned ? new Int8Array(buffer) : new Uint8Array(buffer);
  if (bitsPerSample <= 16) return isSigned ? new Int16Array(buffer) : new Uint16Array(buffer);
  return isSigned ? new Int32Array(buffer) : new Uint32Array(buffer);
}
