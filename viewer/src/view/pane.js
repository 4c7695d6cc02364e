/** One pane of the grid: a series, the image of it that is shown, and how it is shown. */

import { text } from "../texts.js";
import { Corners } from "./corners.js";
import { el } from "./dom.js";
import { along, edges } from "./geometry.js";
import { drawMarks } from "./marks.js";
import { OverlayLayer } from "./overlay.js";
import { frameOf } from "./source.js";
import { Surface } from "./surface.js";
import * as transform from "./transform.js";
import { aspectOf, scaleAt } from "./units.js";
import { firstWindow, fullWindow, GREYS, hasTable, kindOf, throughTable } from "./voi.js";

/** Events: "shown" (another image), "window", "view", "measured"; each bubbles nowhere: the viewer listens. */
export class Pane extends EventTarget {
  /** @param {HTMLElement} element of class viewer-port @param {{number: number, measures: object}} with_ */
  constructor(element, { number, measures }) {
    super();
    Object.assign(this, { element, number, measures });
    this.first = element.querySelector("[data-first-image]");
    this.canvas = el("canvas", { class: "pane-canvas", "aria-hidden": "true" });
    this.stage = el("div", { class: "pane-stage", role: "application", tabindex: 0, "data-stage": number });
    this.slider = el("input", { class: "pane-slider", type: "range", min: 1, max: 1, step: 1, value: 1, hidden: true });
    this.corners = new Corners(this);
    this.overlay = new OverlayLayer();
    this.showsOverlays = () => true;
    this.stateOf = () => null;
    this.stage.append(this.canvas, this.overlay.canvas, this.corners.drawing, ...this.corners.boxes);
    element.append(this.stage, this.slider, this.corners.note);
    this.surface = new Surface(this.canvas);
    this.surface.onRestored = () => this.refresh();
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value) - 1));
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.stage);
    this.clear();
  }

  renumber(number) {
    this.number = number;
    this.stage.dataset.stage = number;
    this.refresh();
  }

  clear(sentence = text("pane-empty")) {
    Object.assign(this, { series: null, study: null, index: 0, window: null, invert: false, sentence });
    this.view = transform.plainView();
    this.direction = 0;
    this.slider.hidden = true;
    this.resize();
  }

  /** Shows a series, from an image on; the view and the window begin anew. */
  show(study, series, index = 0, { window = null, keep = false } = {}) {
    if (!keep) this.view = transform.plainView();
    if (this.first && this.series) this.dropFirst();
    Object.assign(this, { study, series, window, invert: false, sentence: "", index: -1, direction: 0 });
    this.ownWindow = !window;
    this.slider.max = Math.max(1, series.frames);
    this.slider.hidden = series.frames < 2;
    this.go(Math.min(Math.max(0, index), series.frames - 1));
  }

  /** Shows an image of the series; returns whether that is another one. */
  go(index) {
    if (!this.series || this.lost) return false;
    const next = Math.min(Math.max(0, index), this.series.frames - 1);
    if (next === this.index) return false;
    if (this.index >= 0) this.dropFirst();
    this.direction = this.index < 0 ? 0 : Math.sign(next - this.index);
    this.index = next;
    this.slider.value = next + 1;
    if (this.ownWindow) this.window = null;
    this.refresh();
    this.dispatchEvent(new CustomEvent("shown"));
    return true;
  }

  step(by, around = false) {
    if (!this.series) return false;
    const { frames } = this.series;
    const next = this.index + by;
    return this.go(around ? ((next % frames) + frames) % frames : next);
  }

  get info() {
    return this.series && this.index >= 0 ? this.series.info(this.index) : null;
  }

  get frame() {
    return this.series && this.index >= 0 && !this.lost ? frameOf(this.study, this.series, this.index) : null;
  }

  /** What a presentation state sets for the image, or null. */
  get asked() {
    return this.info ? this.stateOf(this) : null;
  }

  get shape() {
    const info = this.info;
    const { rows, columns } = info?.rows ? info : this.frame || { rows: 1, columns: 1 };
    return { rows, columns, aspect: info ? aspectOf(info) : 1 };
  }

  get size() {
    return this.surface.size || [1, 1];
  }

  /** From image points to the screen; and the other way. */
  get matrix() {
    return transform.matrix(this.view, this.shape, this.size);
  }

  toScreen(point) {
    return transform.apply(this.matrix, point);
  }

  toImage(point) {
    return transform.apply(transform.inverse(this.matrix), point);
  }

  /** Screen pixels for each mm in the middle of the image, or null where it has no lengths. */
  get pixelsPerMm() {
    const { rows, columns } = this.shape;
    const scale = this.info ? scaleAt(this.info, [[columns / 2, rows / 2]]) : { refused: "none" };
    if (scale.refused) return null;
    return (transform.fit(this.shape, this.size, this.view.turn) * this.view.zoom) / scale.x;
  }

  /** 100: a pixel of the image is a CSS pixel. */
  get zoomPercent() {
    return Math.round(transform.fit(this.shape, this.size, this.view.turn) * this.view.zoom * 100);
  }

  get edges() {
    return edges(this.info?.orientation, this.view.turn);
  }

  get place() {
    const info = this.info;
    return info ? along(info.position, info.orientation) : null;
  }

  setView(view) {
    this.view = view;
    this.dropFirst();
    this.refresh();
    this.dispatchEvent(new CustomEvent("view"));
  }

  setWindow(window, invert = this.invert) {
    Object.assign(this, { window, invert, ownWindow: false });
    this.dropFirst();
    this.refresh();
    this.dispatchEvent(new CustomEvent("window"));
  }

  setInvert(invert) {
    this.invert = invert;
    this.dropFirst();
    this.refresh();
    this.dispatchEvent(new CustomEvent("window"));
  }

  /** The window as stored ("stored"), or over all values of the image ("full"). */
  resetWindow(kind = "stored") {
    if (kind === "full") return this.setWindow(fullWindow(this.info, this.frame));
    Object.assign(this, { window: null, ownWindow: true, invert: false });
    this.refresh();
    return this.dispatchEvent(new CustomEvent("window"));
  }

  reset() {
    const { asked } = this;
    this.view = asked ? asked.state.view(asked, this.shape, this.size) : transform.plainView();
    this.resetWindow();
    this.dispatchEvent(new CustomEvent("view"));
  }

  resize() {
    const { clientWidth, clientHeight } = this.stage;
    if (clientWidth && clientHeight) this.surface.resize(clientWidth, clientHeight);
    this.refresh();
  }

  /** Draws soon: once for all that changes within a frame of the screen. */
  refresh() {
    this.waiting ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    cancelAnimationFrame(this.waiting);
    this.waiting = null;
    const { frame } = this;
    // A window made of the values is made again of all of them, and of a picture it is another.
    if (frame && this.ownWindow && this.quality !== frame.quality) this.window = null;
    if (frame && !this.window) this.window = this.firstWindow(frame);
    if (this.surface.size) this.surface.draw(frame ? this.drawing(frame) : null);
    if (frame?.quality === "full") this.dropFirst();
    this.quality = frame?.quality || "none";
    this.canvas.dataset.quality = this.quality;
    this.overlay.draw(this, this.showsOverlays());
    this.corners.draw();
    drawMarks(this);
    this.onDrawn?.();
  }

  firstWindow(frame) {
    const { asked, info } = this;
    const isGrey = frame.samples === 1 && frame.quality !== "picture";
    return asked?.window && isGrey ? { ...asked.window } : firstWindow(info, frame);
  }

  /** A presentation state says which way the greys go, whatever the image says; a picture was turned already. */
  get isNegative() {
    const { asked, info, frame } = this;
    const own = info.photometric === "MONOCHROME1";
    const wanted = asked && frame?.samples === 1 ? asked.inverted : own;
    return frame?.quality === "picture" ? wanted !== own : wanted;
  }

  drawing(frame, matrix = this.matrix) {
    const info = this.info;
    const invert = this.isNegative !== this.invert;
    const common = { shape: this.shape, matrix, invert };
    if (this.window?.table && hasTable(info)) return { ...common, frame: throughTable(frame, info), window: GREYS, kind: "LINEAR" };
    return { ...common, frame, window: this.window, kind: kindOf(this.window ?? {}, info) };
  }

  /** The picture that was there before the script goes when the pixels are better. */
  dropFirst() {
    this.first?.remove();
    this.first = null;
  }

  /** The series has changed at the server: its images are read anew. */
  replace(series) {
    this.series = series;
    this.slider.max = Math.max(1, series.frames);
    this.slider.hidden = series.frames < 2;
    this.index = Math.min(this.index, series.frames - 1);
    this.refresh();
    this.dispatchEvent(new CustomEvent("shown"));
  }

  /** A sentence over the image, for some seconds; none takes it away. */
  say(sentence) {
    const { note } = this.corners;
    clearTimeout(this.noteTimer);
    note.textContent = sentence;
    note.hidden = !sentence;
    if (sentence) this.noteTimer = setTimeout(() => (note.hidden = true), 6000);
  }

  /** Whether the image is mirrored across and down, as it is seen. */
  get flips() {
    const [a, b, c, d] = this.view.turn;
    const mirrored = a * d - b * c < 0;
    return [mirrored && a + b !== 1, mirrored && a + b === 1];
  }

  /** The right has ended: nothing is drawn any more. */
  blank() {
    this.lost = true;
    this.say("");
    this.slider.hidden = true;
    this.dropFirst();
    this.refresh();
  }

  close() {
    this.resizing.disconnect();
    cancelAnimationFrame(this.waiting);
    this.surface.close();
    this.element.remove();
  }
}
