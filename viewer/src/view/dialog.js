/** A dialog of the viewer: it takes the focus, Escape shuts it, and the focus goes back where it was. */

import { text } from "../texts.js";
import { el } from "./dom.js";

export class Dialog {
  show(title, ...content) {
    const heading = el("h2", { id: "viewer-dialog-title", tabindex: -1 }, title);
    const close = el("button", { type: "button", class: "btn btn-quiet", onclick: () => box.close() }, text("close"));
    const box = el("dialog", { class: "viewer-dialog", "aria-labelledby": "viewer-dialog-title" }, heading, ...content, close);
    const before = document.activeElement;
    box.addEventListener("close", () => {
      box.remove();
      before?.focus?.();
    });
    (document.fullscreenElement || document.body).append(box);
    box.showModal();
    const field = box.querySelector("input");
    (field || heading).focus();
    field?.select();
  }
}
