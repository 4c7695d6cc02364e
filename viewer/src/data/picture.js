// A picture that the server made, as grey or coloured dots: it has no values to measure.
import { ended, Lost, paused } from "./wire.js";

/** @returns {Promise<import("./frames.js").Pixels>} */
export async function readPicture(url, { signal, fetch: ask = fetch, pause = paused }) {
  for (let failures = 0; ; failures += 1) {
    try {
      const answer = await ask(url, { credentials: "same-origin", redirect: "manual", signal });
      ended(answer);
      if (answer.ok) return await dots(await answer.blob());
    } catch (error) {
      if (signal.aborted || error instanceof Lost || failures > 4) throw error;
    }
    await pause(Math.min(15000, 500 * 2 ** failures), signal);
  }
}

async function dots(blob) {
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const { width: columns, height: rows } = bitmap;
  const context = new OffscreenCanvas(columns, rows).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, columns, rows);
  const samples = coloured(data) ? 3 : 1;
  const pixels = new Uint8Array(columns * rows * samples);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    for (let sample = 0; sample < samples; sample += 1, to += 1) pixels[to] = data[from + sample];
  }
  return { pixels, least: 0, most: 255, columns, rows, samples, level: 0 };
}

function coloured(data) {
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return true;
  }
  return false;
}
