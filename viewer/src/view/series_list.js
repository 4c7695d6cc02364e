/** The page's list of series: a click or a drop shows one; the one that is shown is marked. */

import { text } from "../texts.js";

export class SeriesList {
  constructor(element, viewer) {
    Object.assign(this, { element, viewer });
    if (!element) return;
    element.addEventListener("click", (event) => {
      const link = event.target.closest("[data-series]");
      if (!link || link.dataset.kind === "object" || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (!viewer.study.find(link.dataset.series)) return;
      event.preventDefault();
      viewer.showSeries(link.dataset.series);
      if (event.detail > 0) viewer.grid.active.stage.focus({ preventScroll: true });
    });
    element.addEventListener("dragstart", (event) => {
      const link = event.target.closest?.("[data-series]");
      if (link) event.dataTransfer.setData("application/x-series", link.dataset.series);
    });
  }

  /** A series of which something is not shown, or shown otherwise, says so; what, is under its images. */
  badges(study) {
    for (const { uuid, notes, failures } of study.series) {
      const badge = this.element?.querySelector(`[data-series="${uuid}"] [data-series-note]`);
      if (badge && (notes.length || failures?.size)) badge.textContent = text("has-note");
    }
  }

  mark() {
    const shown = this.viewer.grid.active.series;
    const uuid = (shown?.of || shown)?.uuid;
    for (const link of this.element?.querySelectorAll("[data-series]") ?? []) {
      if (link.dataset.series === uuid) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }
}
