/** The grid of panes: how many, which is the active pane, what is dropped where. */

import { text } from "../texts.js";
import { el } from "./dom.js";
import { Pane } from "./pane.js";

/** Columns and rows of each layout. */
export const LAYOUTS = {
  "layout-1x1": [1, 1],
  "layout-1x2": [2, 1],
  "layout-2x2": [2, 2],
  mammo: [2, 2],
  mpr: [3, 1],
};

/** Events: "active", "pane" {pane} when a pane is made, "dropped" {pane, series}. */
export class Grid extends EventTarget {
  constructor(element, { measures }) {
    super();
    Object.assign(this, { element, measures, panes: [], layout: "" });
    this.arrange("layout-1x1");
  }

  get active() {
    return this.panes[this.at] || this.panes[0];
  }

  /** The panes that hold a series. */
  get shown() {
    return this.panes.filter((pane) => pane.series);
  }

  activate(pane) {
    const at = this.panes.indexOf(pane);
    if (at < 0 || at === this.at) return;
    this.at = at;
    this.mark();
    this.dispatchEvent(new CustomEvent("active"));
  }

  mark() {
    this.panes.forEach((pane, i) => pane.element.classList.toggle("is-active", i === this.at && this.panes.length > 1));
  }

  /** The active pane stays and is the first of fewer; new panes are empty. */
  arrange(layout) {
    const [columns, rows] = LAYOUTS[layout];
    const kept = columns * rows < this.panes.length ? this.active : null;
    this.layout = layout;
    this.element.dataset.layout = layout;
    this.element.style.setProperty("--columns", columns);
    this.element.style.setProperty("--rows", rows);
    if (kept) {
      this.panes = [kept, ...this.panes.filter((pane) => pane !== kept)];
      const focused = kept.element.contains(document.activeElement) ? document.activeElement : null;
      if (this.element.firstElementChild !== kept.element) this.element.prepend(kept.element);
      focused?.focus({ preventScroll: true });
    }
    for (const pane of this.panes.splice(columns * rows)) pane.close();
    while (this.panes.length < columns * rows) this.panes.push(this.make());
    this.panes.forEach((pane, number) => pane.renumber(number));
    this.at = Math.min(kept ? 0 : this.at || 0, this.panes.length - 1);
    this.mark();
    this.panes.forEach((pane) => pane.resize());
    this.dispatchEvent(new CustomEvent("active"));
  }

  make() {
    const element = this.element.querySelector(".viewer-port:not([data-taken])") || el("div", { class: "viewer-port" });
    element.dataset.taken = "";
    if (!element.isConnected) this.element.append(element);
    const pane = new Pane(element, { number: this.panes.length, measures: this.measures });
    pane.stage.addEventListener("pointerdown", () => this.activate(pane), { capture: true });
    element.addEventListener("focusin", () => this.activate(pane));
    element.addEventListener("dragover", (event) => event.preventDefault());
    element.addEventListener("drop", (event) => {
      event.preventDefault();
      const series = event.dataTransfer.getData("application/x-series");
      if (series) this.dispatchEvent(new CustomEvent("dropped", { detail: { pane, series } }));
    });
    this.dispatchEvent(new CustomEvent("pane", { detail: { pane } }));
    return pane;
  }

  empty() {
    for (const pane of this.panes) pane.clear(text("pane-empty"));
  }
}
