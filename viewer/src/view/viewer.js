/** The viewer: the page's toolbar, its list of series and its grid of panes, and what happens between them. */

import { text, useTexts } from "../texts.js";
import { Cine } from "./cine.js";
import { Dialog } from "./dialog.js";
import { announcer, el } from "./dom.js";
import { Grid, LAYOUTS } from "./grid.js";
import { keyList, press } from "./keys.js";
import { Link } from "./link.js";
import { Loss } from "./loss.js";
import { Magnifier } from "./magnifier.js";
import { showMammography } from "./mammo.js";
import { Measures, POINTS } from "./measures.js";
import { Measuring } from "./measuring.js";
import { Mpr } from "./mpr.js";
import { Output } from "./output.js";
import { isLeftOut, toggleOverlays } from "./overlay.js";
import { listen } from "./pointer.js";
import { Priors } from "./priors.js";
import { SeriesList } from "./series_list.js";
import { State } from "./state.js";
import css from "./view.css?inline";
import { Toolbar } from "./toolbar.js";
import * as tools from "./tools.js";
import { turnedAndFlipped } from "./transform.js";
import { plain } from "./units.js";
import { windowFrom } from "./voi.js";

const DRAG_TOOLS = ["window", "scroll", "zoom", "pan", "magnify"];

export { sayLost } from "./loss.js";

/** @param {{root: HTMLElement, study: object, texts?: object, first?: object, index?: number, open?: Function}} how */
export async function createViewer(how) {
  if (!how.first) return how.root.setAttribute("aria-busy", "false");
  const viewer = new Viewer(how);
  viewer.begin(how);
  return viewer;
}

class Viewer {
  constructor({ root, study, texts, open }) {
    useTexts(texts);
    style();
    Object.assign(this, { root, study, page: { ...root.dataset }, open, tool: "window", toolChosen: false, overlays: true });
    this.state = State.ofPage();
    this.say = announcer(document.getElementById("viewer-status"));
    this.dialog = new Dialog();
    this.measuring = new Measuring(this);
    this.magnifier = new Magnifier();
    this.output = new Output(this);
    this.link = new Link(this);
    this.mpr = new Mpr(this);
    this.cine = new Cine(this);
    this.toolbar = new Toolbar(document.getElementById("viewer-tools"), this);
    this.list = new SeriesList(document.getElementById("viewer-series"), this);
    this.priors = new Priors(this);
    this.grid = new Grid(root.querySelector(".viewer-grid"), { measures: new Measures() });
    this.grid.panes.forEach((pane) => this.join(pane));
    this.grid.addEventListener("pane", ({ detail }) => this.join(detail.pane));
    this.grid.addEventListener("active", () => this.activated());
    this.grid.addEventListener("dropped", ({ detail }) => this.showSeries(detail.series, detail.pane));
    document.addEventListener("fullscreenchange", () => this.toolbar.press("fullscreen", Boolean(document.fullscreenElement)));
    this.loss = new Loss(this);
    this.watch(study);
  }

  begin({ first, index }) {
    const pane = this.grid.active;
    this.root.querySelector("[data-no-first]")?.remove();
    pane.show(this.study, first, index, { window: windowFrom(this.page.window) });
    const { turn, flip } = this.page;
    if (pane.asked) this.state.begin(pane);
    else if (Number(turn) || flip === "1") pane.setView(turnedAndFlipped(Number(turn), flip === "1"));
    for (const [name, at] of [["flip-h", 0], ["flip-v", 1]]) this.toolbar.press(name, pane.flips[at]);
    this.choose(this.tool, false);
    this.toolbar.mode("layout-1x1");
    this.toolbar.press("overlays", this.overlays);
    this.list.badges(this.study);
    this.activated();
    this.root.setAttribute("aria-busy", "false");
    if (document.activeElement === document.body) pane.stage.focus({ preventScroll: true });
    pane.onDrawn = () => {
      if (pane.quality !== "none") this.root.dataset.state = "shown";
    };
  }

  /** The study's events reach the panes that show it. */
  watch(study) {
    study.addEventListener("quality", ({ detail }) => this.changed(study, detail, (pane) => this.quality(pane, detail.quality)));
    study.addEventListener("overlay", ({ detail }) => this.changed(study, detail, (pane) => pane === this.grid.active && this.showNotes(pane)));
    study.addEventListener("failed", ({ detail }) => this.changed(study, detail, (pane) => this.say(detail.sentence)));
    study.addEventListener("changed", ({ detail }) => {
      for (const pane of this.grid.shown) {
        if (pane.study === study && pane.series.uuid === detail.series.uuid) pane.replace(detail.series);
      }
    });
    this.loss.watch(study);
  }

  changed(study, { series, index }, then) {
    for (const pane of this.grid.shown) {
      if (pane.study !== study || pane.series !== series || pane.index !== index) continue;
      pane.refresh();
      then(pane);
    }
  }

  quality(pane, quality) {
    if (pane !== this.grid.active || this.cine.playing || quality !== "full") return;
    this.say(this.sentence(pane), 700);
  }

  join(pane) {
    pane.showsOverlays = () => this.overlays;
    pane.stateOf = ({ study, info }) => (study === this.study && this.state ? this.state.of(info) : null);
    listen(this, pane);
    pane.stage.addEventListener("keydown", (event) => {
      if (press(this, pane, event)) event.preventDefault();
    });
    pane.addEventListener("shown", () => {
      if (pane.lost) return;
      pane.draft = null;
      this.focus(pane);
      this.link.follow(pane);
      this.mpr.scrolled(pane);
      if (pane !== this.grid.active) return;
      this.list.mark();
      this.showNotes(pane);
      if (!this.cine.playing) this.say(this.sentence(pane));
    });
    pane.addEventListener("window", () => {
      this.toolbar.press("invert", pane.invert);
      this.mpr.windowed(pane);
      if (pane.window && pane === this.grid.active) {
        this.say(text("window-set", { center: plain(pane.window.center), width: plain(pane.window.width) }), 600);
      }
    });
  }

  /** What is shown is loaded first, of each study that has a pane. */
  focus(pane) {
    if (pane.series.cut) return;
    const others = this.grid.shown.filter((other) => other !== pane && other.study === pane.study && !other.series.cut);
    const visible = others.map(({ series, index }) => ({ series, index }));
    pane.study.focus(pane.series, pane.index, pane.direction, visible);
  }

  /** "Image 3 of 500. Reduced quality …" */
  sentence(pane) {
    if (!pane.series) return pane.sentence;
    const failed = pane.info?.failed || pane.series.failures?.get(pane.index);
    const quality = { reduced: "reduced-long", full: "full-long", picture: "picture-long" }[pane.frame?.quality];
    return [`${text("image-of", { n: pane.index + 1, total: pane.series.frames })}.`, failed || (quality ? text(quality) : text("loading"))].join(" ");
  }

  activated() {
    const pane = this.grid.active;
    this.list.mark();
    this.toolbar.press("invert", pane.invert);
    this.toolbar.presets(pane);
    this.showNotes(pane);
    if (pane.series) this.focus(pane);
  }

  /** A sentence in the pane, for some seconds, and for screen readers. */
  note(pane, sentence, quiet = false) {
    pane.say(sentence);
    if (sentence && !quiet) this.say(sentence, 50);
  }

  showNotes(pane) {
    const place = document.getElementById("viewer-notes");
    const notes = [...(pane.series?.notes || [])];
    if (isLeftOut(pane)) notes.push(text("overlays-not-shown"));
    place?.replaceChildren(...notes.map((note) => el("bdi", {}, `${note} `)));
  }

  showSeries(uuid, pane = this.grid.active, study = pane.study || this.study) {
    const series = study.series.find((each) => each.uuid === uuid) || this.study.series.find((each) => each.uuid === uuid);
    if (!series) return;
    if (this.mpr.on) this.leavePlanes();
    const target = this.grid.panes.includes(pane) ? pane : this.grid.active;
    target.caption = target.prior && study !== this.study ? target.caption : "";
    if (this.study.series.includes(series)) target.prior = null;
    target.show(this.study.series.includes(series) ? this.study : study, series, 0);
    this.grid.activate(target);
    this.activated();
  }

  leavePlanes() {
    this.mpr.stop();
    this.grid.arrange("layout-1x1");
    this.toolbar.mode("layout-1x1");
  }

  otherSeries(pane, by) {
    const all = pane.study.series.filter(({ kind, frames }) => kind !== "none" && frames > 0);
    const at = all.indexOf(pane.series);
    if (at >= 0 && all[at + by]) this.showSeries(all[at + by].uuid, pane, pane.study);
  }

  choose(tool, byReader = true) {
    Object.assign(this, { tool, toolChosen: byReader });
    for (const pane of this.grid.panes) if (pane.draft || pane.cursor) this.measuring.cancel(pane);
    this.grid.element.dataset.tool = tool;
    this.toolbar.mode(tool);
    if (byReader && !(tool in POINTS)) this.say(text("tool-chosen", { tool: text(`tool-${tool}`) }), 50);
  }

  preset(value, pane) {
    if (!pane.series) return;
    if (value === "stored" || value === "full") return void (pane.frame && pane.resetWindow(value));
    const window = windowFrom(value);
    if (window) pane.setWindow(window);
  }

  /** What a button of the toolbar, or its key, does. */
  act(tool, pane) {
    if (tool in LAYOUTS) return this.layout(tool);
    if (DRAG_TOOLS.includes(tool) || tool in POINTS) return this.chooseFromBar(tool, pane);
    const acts = {
      invert: () => pane.series && (pane.setInvert(!pane.invert), this.say(text(pane.invert ? "inverted" : "not-inverted"), 50)),
      rotate: () => pane.series && tools.turn(pane),
      "flip-h": () => pane.series && tools.flip(pane, true),
      "flip-v": () => pane.series && tools.flip(pane, false),
      overlays: () => toggleOverlays(this, pane),
      reset: () => pane.series && pane.reset(),
      cine: () => this.cine.toggle(pane),
      link: () => this.link.toggle(),
      fullscreen: () => this.fullscreen(),
      save: () => this.output.save(pane),
      print: () => this.output.print(),
      "copy-link": () => this.output.copyLink(pane),
      keys: () => this.dialog.show(text("keys-title"), ...keyList()),
    };
    acts[tool]?.();
    for (const [name, at] of [["flip-h", 0], ["flip-v", 1]]) this.toolbar.press(name, Boolean(pane.flips?.[at]));
    return undefined;
  }

  chooseFromBar(tool, pane) {
    this.choose(tool);
    // Chosen by the keyboard: the cross is ready as soon as the image has the focus.
    if (tool in POINTS && pane.series) this.say(text("place-first", { tool: text(tool) }), 50);
  }

  layout(name, { filled = true } = {}) {
    this.cine.stop();
    const pane = this.grid.active;
    if (name === "mpr") {
      if (!this.mpr.on && this.mpr.start(pane)) this.toolbar.mode(name);
      return;
    }
    const planes = this.mpr.on ? this.mpr.stop() : null;
    if (name === "mammo") {
      if (showMammography(this)) this.toolbar.mode(name);
      return;
    }
    this.grid.arrange(name);
    if (planes) this.grid.active.show(planes.study, planes.series, planes.index, { window: planes.window });
    for (const each of this.grid.panes) if (each.series?.cut) each.clear();
    if (filled) this.fill();
    this.toolbar.mode(name);
  }

  /** Empty panes get the series that are not shown yet: those behind the active pane's first, then those before it. */
  fill() {
    const all = this.study.series.filter(({ kind, frames }) => kind !== "none" && frames > 0);
    const next = all.indexOf(this.grid.active.series) + 1;
    const shown = this.grid.shown.map(({ series }) => series);
    const rest = [...all.slice(next), ...all.slice(0, next)].filter((series) => !shown.includes(series));
    for (const pane of this.grid.panes) if (!pane.series && rest.length) pane.show(this.study, rest.shift(), 0);
  }

  /** A double click: this pane alone, and back to the grid. */
  enlarge(pane) {
    if (this.mpr.on || this.grid.panes.length === 1) return;
    this.grid.activate(pane);
    this.grid.element.classList.toggle("is-single");
    this.grid.panes.forEach((each) => each.resize());
  }

  /** The whole page, so that the patient's banner stays. */
  async fullscreen() {
    const page = document.documentElement;
    if (document.fullscreenElement) return document.exitFullscreen();
    if (!page.requestFullscreen) return this.note(this.grid.active, text("no-fullscreen"));
    return page.requestFullscreen().catch(() => this.note(this.grid.active, text("no-fullscreen")));
  }

  openPrior(button) {
    return this.priors.show(button);
  }
}

function style() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
