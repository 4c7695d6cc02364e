/** Mammography: right and left, CC above MLO, each in its fixed place. */

import { text } from "../texts.js";

/** Place by place of the 2 × 2 grid. */
export const PLACES = [
  ["R", "CC"],
  ["L", "CC"],
  ["R", "MLO"],
  ["L", "MLO"],
];

const NAMES = { "CRANIO-CAUDAL": "CC", "MEDIO-LATERAL OBLIQUE": "MLO" };

/** A view by its code's short name, whichever way the file says it. */
function viewName(view) {
  const name = (view || "").toUpperCase();
  return NAMES[name] || name;
}

/** Which image belongs in each place: `[{series, index} | null, …]`. */
export function hang(study) {
  const places = PLACES.map(() => null);
  for (const series of study.series) {
    if (series.kind === "none") continue;
    for (let index = 0; index < series.frames; index += 1) {
      const { laterality, view } = series.group(index) || {};
      const place = PLACES.findIndex(([side, name]) => side === (laterality || "").toUpperCase() && name === viewName(view));
      if (place >= 0) places[place] ??= { series, index };
    }
  }
  return places;
}

/** Fills the four panes; returns whether there was anything to hang. */
export function showMammography(viewer) {
  const places = hang(viewer.study);
  if (!places.some(Boolean)) {
    viewer.note(viewer.grid.active, text("mammo-none"));
    return false;
  }
  viewer.grid.arrange("mammo");
  places.forEach((found, i) => {
    const pane = viewer.grid.panes[i];
    pane.caption = PLACES[i].join(" ");
    if (found) pane.show(viewer.study, found.series, found.index);
    else pane.clear(text("mammo-missing", { view: pane.caption }));
  });
  return true;
}
