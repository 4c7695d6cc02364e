/** The page's toolbar: a stop for Tab, arrow keys within it, and what is pressed. */

import { text } from "../texts.js";
import { el } from "./dom.js";
import { foldWhenNarrow } from "./narrow.js";
import { plain } from "./units.js";
import { ownWindows } from "./voi.js";

const TOP = ":scope > button, :scope > details > summary";
const LAYOUTS = /^(layout-|mammo|mpr)/;

export class Toolbar {
  /** @param {HTMLElement | null} element @param {object} viewer */
  constructor(element, viewer) {
    Object.assign(this, { element, viewer });
    if (!element) return;
    foldWhenNarrow(element);
    element.addEventListener("click", (event) => this.click(event));
    element.addEventListener("keydown", (event) => this.key(event));
    element.addEventListener("focusin", ({ target }) => this.rove(target.closest("summary, button")));
    this.rove(this.stops()[0]);
  }

  stops() {
    return [...this.element.querySelectorAll(TOP)].filter((stop) => stop.offsetParent !== null);
  }

  /** One of the toolbar's controls takes part in the order of Tab: the one used last. */
  rove(chosen) {
    if (!chosen || chosen.closest(".menu-panel")) return;
    for (const stop of this.element.querySelectorAll(TOP)) stop.tabIndex = stop === chosen ? 0 : -1;
  }

  key(event) {
    if (event.target.closest(".menu-panel")) return;
    const stops = this.stops();
    const at = stops.indexOf(event.target);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: stops.length - 1 }[event.key];
    if (next === undefined || at < 0) return;
    event.preventDefault();
    stops[(next + stops.length) % stops.length].focus();
  }

  click(event) {
    const button = event.target.closest("[data-tool], [data-preset], [data-prior-manifest]");
    if (!button) return;
    const { viewer } = this;
    const pane = viewer.grid.active;
    if (button.dataset.preset) viewer.preset(button.dataset.preset, pane);
    else if (button.dataset.priorManifest) viewer.openPrior(button);
    else viewer.act(button.dataset.tool, pane);
    const menu = button.closest("details[data-menu]");
    if (menu) menu.open = false;
    // A press of the mouse gives the focus back to the image, so that its keys go on working.
    if (event.detail > 0 && !document.querySelector("dialog[open]")) viewer.grid.active.stage.focus({ preventScroll: true });
    else menu?.querySelector("summary").focus();
  }

  buttons(tool) {
    return this.element ? [...this.element.querySelectorAll(`[data-tool="${tool}"]`)] : [];
  }

  press(tool, pressed) {
    for (const button of this.buttons(tool)) button.setAttribute("aria-pressed", String(pressed));
  }

  /** The tool or the layout that is in use. */
  mode(tool) {
    const layout = LAYOUTS.test(tool);
    for (const button of this.element?.querySelectorAll("[data-mode]") ?? []) {
      if (LAYOUTS.test(button.dataset.tool) === layout) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    }
  }

  /** The image's own windows come first; those in Hounsfield units only where the image has them. */
  presets({ info }) {
    const panel = this.element?.querySelector("[data-presets] .menu-panel");
    if (!panel) return;
    for (const button of panel.querySelectorAll("[data-unit]")) button.hidden = button.dataset.unit !== (info?.unit || "");
    for (const button of panel.querySelectorAll("[data-own]")) button.remove();
    const own = info ? ownWindows(info) : [];
    panel.prepend(...own.map(({ center, width, name }, i) => {
      const label = el("span", {}, name || text("own-window", { n: i + 1 }));
      const detail = el("span", { class: "menu-item-detail num" }, `${plain(center)} / ${plain(width)}`);
      return el("button", { type: "button", class: "menu-item", "data-preset": `${center},${width}`, "data-own": "" }, label, detail);
    }));
  }
}
