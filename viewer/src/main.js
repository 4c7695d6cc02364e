// Starts the viewer: the study is asked for at once, while the code that draws is still on its way.
import { Decoder } from "./data/decoder.js";
import { openStudy } from "./data/study.js";
import { Lost } from "./data/wire.js";
import { useTexts } from "./texts.js";

/** @param {HTMLElement} page the page's `#viewer`, whose data attributes say what to show */
export async function start(page) {
  const drawing = import("./view/viewer.js");
  const texts = JSON.parse(document.getElementById("viewer-texts")?.textContent ?? "{}");
  const decoder = new Decoder();
  const open = (manifest) => openStudy(manifest, { decoder, sentences: texts });
  const study = await open(page.dataset.manifest).catch(async (error) => {
    if (!(error instanceof Lost)) throw error;
    useTexts(texts);
    (await drawing).sayLost(page, error.status);
    return null;
  });
  if (!study) return null;
  const first = study.find(page.dataset.series) ?? study.series.find(({ kind }) => kind !== "none");
  // The page counts from 1.
  const index = Math.min((Number(page.dataset.image) || 1) - 1, (first?.frames ?? 1) - 1);
  if (first) study.focus(first, index);
  const { createViewer } = await drawing;
  return createViewer({ root: page, study, texts, first, index, open });
}
