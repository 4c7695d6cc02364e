/** What stands in the corners of a pane: which image this is, how it is shown, where it lies. */

import { text } from "../texts.js";
import { el, svg } from "./dom.js";
import { scaleBar } from "./geometry.js";
import { plain, shown } from "./units.js";

const CORNERS = ["tl", "tr", "bl", "br"];
const EDGES = ["left", "right", "top", "bottom"];

export class Corners {
  constructor(pane) {
    this.pane = pane;
    this.drawing = svg("svg", { class: "pane-drawing", "aria-hidden": "true" });
    for (const name of CORNERS) this[name] = el("div", { class: `pane-corner pane-${name}` });
    this.letters = Object.fromEntries(EDGES.map((edge) => [edge, el("span", { class: `pane-edge pane-edge-${edge}` })]));
    this.bar = el("div", { class: "pane-bar", hidden: true });
    this.message = el("p", { class: "pane-message" });
    this.note = el("p", { class: "pane-note", hidden: true });
    this.boxes = [...CORNERS.map((name) => this[name]), ...Object.values(this.letters), this.bar, this.message];
  }

  draw() {
    const { pane } = this;
    const series = pane.lost ? null : pane.series;
    if (pane.lost) pane.sentence = "";
    this.message.textContent = series ? this.trouble() : pane.sentence;
    this.lines(this.tl, series ? this.which() : []);
    this.lines(this.tr, series ? this.marks() : []);
    this.lines(this.bl, series ? this.how() : []);
    this.lines(this.br, series ? this.where() : []);
    const letters = series ? pane.edges : null;
    for (const edge of EDGES) this.letters[edge].textContent = letters?.[edge] || "";
    this.drawBar();
    this.name();
  }

  lines(box, lines) {
    const all = lines.filter(Boolean);
    const same = box.children.length === all.length && all.every((line, i) => box.children[i].textContent === line);
    if (!same) box.replaceChildren(...all.map((line) => el("span", {}, line)));
  }

  trouble() {
    const { pane } = this;
    if (pane.lost) return "";
    if (!pane.series.frames) return this.noImages();
    if (pane.frame) return "";
    return pane.info?.failed || pane.series.failures?.get(pane.index) || (pane.first ? "" : text("loading"));
  }

  /** What a series without images holds. */
  noImages() {
    const what = [...new Set((this.pane.series.raw?.objects ?? []).map(([, name]) => name))];
    return what.length ? text("no-images-but", { what: what.join(", ") }) : text("no-images");
  }

  which() {
    const { series, index, info } = this.pane;
    const title = series.number === null || series.number === undefined ? text("no-number") : text("series-of", series);
    return [
      this.pane.caption || "",
      [title, series.description].filter(Boolean).join(" · "),
      text("image-of", { n: index + 1, total: series.frames }),
      Number.isInteger(info?.number) ? text("instance-number", { number: info.number }) : "",
    ];
  }

  marks() {
    const { quality, first, overlay, window, asked } = this.pane;
    const isHidden = overlay.state === "hidden" || (asked?.shapes.length && !this.pane.showsOverlays());
    return [
      first ? text("picture") : quality === "reduced" || quality === "picture" ? text(quality) : "",
      isHidden ? text("overlay-hidden") : overlay.state === "coming" ? text("overlay-coming") : "",
      asked ? this.state(asked) : "",
      window?.instead ? text("all-values") : "",
      this.lossy(),
    ];
  }

  /** A picture has the greys of its own window. */
  state({ state: { name }, inPart, window }) {
    return text(inPart || (window && this.pane.quality === "picture") ? "state-in-part" : "state-of", { name });
  }

  /** That the image lost something before it came here, and how strongly it was compressed where the file says it. */
  lossy() {
    const ratios = this.pane.info?.lossy;
    if (!ratios) return "";
    return ratios.length ? text("lossy-of", { ratio: ratios.map(plain).join(", ") }) : text("lossy");
  }

  how() {
    const { window, zoomPercent, frame } = this.pane;
    const values = window && { center: plain(window.center), width: plain(window.width) };
    const asIs = (frame?.samples > 1 || frame?.quality === "picture") && window?.center === 128 && window?.width === 256;
    const mapped = window?.table ? text("table-of-greys") : values && !asIs ? text("window-of", values) : "";
    return [mapped, text("zoom-of", { percent: zoomPercent })];
  }

  where() {
    const { place, info } = this.pane;
    return [
      place === null ? "" : text("position-of", { mm: place.toFixed(1) }),
      info?.spacing && info.spacing_kind === "ImagerPixelSpacing" ? text("bar-at-detector") : "",
      info?.thickness > 0 ? text("thickness-of", { mm: plain(info.thickness) }) : "",
    ];
  }

  drawBar() {
    const { pane } = this;
    const bar = pane.frame ? scaleBar(pane.pixelsPerMm, Math.min(160, pane.size[0] / 3)) : null;
    this.bar.hidden = !bar;
    if (!bar) return;
    this.bar.style.width = `${bar.pixels.toFixed(1)}px`;
    this.bar.textContent = bar.mm >= 10 ? `${bar.mm / 10} cm` : `${bar.mm} mm`;
  }

  /** The pane's name for assistive technology: what is shown in it. */
  name() {
    const { pane } = this;
    const pieces = [text("pane", { n: pane.number + 1 })];
    if (pane.series && !pane.lost) pieces.push(...this.which().filter(Boolean), ...this.marks().filter(Boolean));
    else pieces.push(pane.sentence);
    const label = pieces.filter(Boolean).join(", ");
    if (pane.stage.getAttribute("aria-label") !== label) pane.stage.setAttribute("aria-label", label);
    if (!pane.series || pane.slider.hidden) return;
    pane.slider.setAttribute("aria-label", text("pane-slider", { n: pane.number + 1 }));
    pane.slider.setAttribute("aria-valuetext", text("image-of", { n: pane.index + 1, total: pane.series.frames }));
  }
}
