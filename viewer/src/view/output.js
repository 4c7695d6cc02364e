/** Saves and prints images, once that is recorded, and copies the link to the image that is shown. */

import { text } from "../texts.js";
import { compose } from "./compose.js";
import { el } from "./dom.js";
import { whole } from "./source.js";

export class Output {
  constructor(viewer) {
    this.viewer = viewer;
  }

  /** Records at the server that an image leaves the viewer; nothing is given unless that was done. */
  async recorded(pane, what) {
    const { page } = this.viewer;
    const url = pane.prior?.save || page.save;
    const { uuid, instance, frame } = this.identity(pane);
    if (!url) return false;
    const body = new URLSearchParams({ what, series: uuid, instance, frame });
    const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": this.token() }, redirect: "manual" }).catch(() => null);
    return answer?.status === 204;
  }

  /** A plane is recorded by the middle image of its series. */
  identity({ series, index }) {
    const of = series.of || series;
    const info = series.of ? of.info(Math.floor(of.frames / 2)) : series.info(index);
    return { uuid: of.uuid, instance: info.instance, frame: info.frame };
  }

  token() {
    const field = this.viewer.root.querySelector("[name=csrfmiddlewaretoken]");
    return field?.value || document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] || "";
  }

  /** The lines under a picture: whose it is, and that it is no base for a diagnosis. */
  lines(pane) {
    const { page } = this.viewer;
    return { patient: pane.prior?.patient ?? page.patient ?? "", reference: page.reference ?? this.reference() };
  }

  reference() {
    return this.viewer.page.notDiagnostic === "0" ? "" : text("not-diagnostic");
  }

  async picture(pane) {
    if (!pane.series.cut) await whole(pane.study, pane.series, pane.index);
    return compose(pane, this.lines(pane));
  }

  async save(pane) {
    if (!pane.frame) return this.viewer.note(pane, text("save-none"));
    const sheet = await this.picture(pane).catch(() => null);
    if (!sheet) return this.viewer.note(pane, text("save-none"));
    if (!(await this.recorded(pane, "save"))) return this.viewer.note(pane, text("save-refused"));
    const blob = await new Promise((resolve) => sheet.toBlob(resolve, "image/png"));
    const href = URL.createObjectURL(blob);
    const link = el("a", { href, download: `image-${pane.series.number ?? 0}-${pane.index + 1}.png` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
    return this.viewer.note(pane, text("saved"));
  }

  /** All images of the grid on a sheet. */
  async print() {
    const panes = this.viewer.grid.shown.filter((pane) => pane.frame);
    if (!panes.length) return this.viewer.note(this.viewer.grid.active, text("save-none"));
    const sheet = el("div", { class: "viewer-print", "data-count": panes.length });
    for (const pane of panes) {
      const canvas = await this.picture(pane).catch(() => null);
      if (!canvas) continue;
      if (!(await this.recorded(pane, "print"))) return this.viewer.note(pane, text("print-refused"));
      const image = el("img", { src: canvas.toDataURL("image/png"), alt: "" });
      await image.decode();
      sheet.append(image);
    }
    document.querySelector(".viewer-print")?.remove();
    document.body.append(sheet);
    window.addEventListener("afterprint", () => sheet.remove(), { once: true });
    return window.print();
  }

  /** The page's own URL with the series, the image and the window. */
  link(pane) {
    const { uuid } = this.identity(pane);
    const url = new URL(pane.prior?.link || this.viewer.page.link || window.location.pathname, window.location.href);
    url.searchParams.set("series", uuid);
    if (!pane.series.of) url.searchParams.set("image", pane.index + 1);
    const round = (value) => Math.round(value * 100) / 100;
    if (pane.asked) url.searchParams.set("state", pane.asked.state.uuid);
    if (pane.window && !pane.window.table) url.searchParams.set("window", `${round(pane.window.center)},${round(pane.window.width)}`);
    return url.href;
  }

  async copyLink(pane) {
    if (!pane.series) return this.viewer.note(pane, text("save-none"));
    const href = this.link(pane);
    try {
      await navigator.clipboard.writeText(href);
    } catch {
      return this.viewer.dialog.show(text("link-here"), el("input", { type: "text", readonly: true, value: href, "aria-label": text("link-here"), size: 40 }));
    }
    return this.viewer.note(pane, text("link-copied"));
  }
}
