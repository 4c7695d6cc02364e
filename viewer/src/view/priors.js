/** Earlier studies of the same patient, beside the one that is open. */

import { text } from "../texts.js";
import { el } from "./dom.js";

export class Priors {
  constructor(viewer) {
    this.viewer = viewer;
    this.opened = new Map();
  }

  async show(button) {
    const { viewer } = this;
    const { priorManifest, priorLink, priorSave, priorPatient } = button.dataset;
    const name = button.textContent.trim().replace(/\s+/g, " ");
    if (viewer.mpr.on) viewer.leavePlanes();
    if (viewer.grid.panes.length === 1) viewer.layout("layout-1x2", { filled: false });
    const pane = viewer.grid.panes.find((each) => each !== viewer.grid.active && !each.series) || viewer.grid.panes.at(-1);
    try {
      const study = await this.study(priorManifest);
      const series = study.series.find(({ kind, frames }) => kind !== "none" && frames > 0);
      if (!series) throw new Error("no images");
      pane.prior = { link: priorLink, save: priorSave, patient: priorPatient };
      pane.caption = text("prior-mark", { name });
      pane.show(study, series, 0);
      this.choice(pane, study);
    } catch {
      viewer.note(pane, text("prior-failed"));
    }
  }

  async study(url) {
    if (!this.opened.has(url)) {
      const study = await this.viewer.open(url);
      this.opened.set(url, study);
      this.viewer.watch(study);
    }
    return this.opened.get(url);
  }

  /** The series of an earlier study are chosen in its own pane. */
  choice(pane, study) {
    pane.element.querySelector(".pane-series")?.remove();
    const options = study.series
      .filter(({ kind, frames }) => kind !== "none" && frames > 0)
      .map((series) => el("option", { value: series.uuid, selected: series === pane.series }, [series.number, series.description].filter(Boolean).join(" · ") || series.modality));
    const select = el("select", {
      class: "pane-series", "aria-label": text("prior-series"),
      onchange: () => this.viewer.showSeries(select.value, pane, study),
    }, ...options);
    pane.element.append(select);
    pane.addEventListener("shown", () => {
      if (pane.study !== study) select.remove();
      else select.value = pane.series.uuid;
    });
  }
}
