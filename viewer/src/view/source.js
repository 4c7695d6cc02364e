/** What the view asks of a study, or of planes cut from one of its series. */

const quality = new WeakMap();

/**
 * The best pixels of an image that are in memory, or null.
 *
 * @returns {import("./surface.js").Frame | null}
 */
export function frameOf(study, series, index) {
  if (series.cut) return series.cut(index);
  const best = study.frames.best(series, index);
  if (!best) return null;
  if (!quality.has(best)) {
    const name = best.level > 0 ? "reduced" : series.packed ? "full" : "picture";
    quality.set(best, { ...best, quality: name });
  }
  return quality.get(best);
}

const EVENTS = ["quality", "overlay", "failed", "lost"];

/** Resolves when an image is there at full quality (or as a picture, where there is nothing better), with its overlay. */
export function whole(study, series, index) {
  const ready = () => {
    const quality = frameOf(study, series, index)?.quality;
    return quality === "picture" || (quality === "full" && study.overlays.of(series, index) !== undefined);
  };
  return new Promise((resolve, reject) => {
    const listener = () => {
      const failed = series.failures?.has(index);
      if (!ready() && !failed && !study.ended) return;
      for (const name of EVENTS) study.removeEventListener(name, listener);
      if (ready()) resolve(frameOf(study, series, index));
      else reject(new Error("not shown"));
    };
    for (const name of EVENTS) study.addEventListener(name, listener);
    listener();
  });
}
