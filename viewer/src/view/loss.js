/** What happens when the right to see the study ends, or the connection is lost, while the viewer is open. */

import { text } from "../texts.js";

/** What to say when a request was refused: 0 is the way to the sign-in page. */
const sentence = (status) => text(status === 401 || status === 0 ? "lost-signed-out" : "lost-right");

/** The right was gone before anything was shown. */
export function sayLost(root, status) {
  root.dataset.state = "lost";
  root.setAttribute("aria-busy", "false");
  const alert = document.getElementById("viewer-alert");
  if (alert) alert.textContent = sentence(status);
}

export class Loss {
  constructor(viewer) {
    this.viewer = viewer;
    this.alert = document.getElementById("viewer-alert");
  }

  watch(study) {
    study.addEventListener("lost", ({ detail }) => this.lost(study, detail.status));
    study.addEventListener("connection", ({ detail }) => this.connection(detail.waiting));
    study.addEventListener("quality", () => this.connection(false));
    // It may have dropped before this part of the script was here.
    if (study.fetching.down) this.connection(true);
  }

  lost(study, status) {
    const { viewer } = this;
    study.ended = true;
    this.gone = true;
    viewer.cine.stop();
    viewer.root.dataset.state = "lost";
    this.say(sentence(status));
    if (viewer.page.blankOnLoss !== "1") return;
    for (const pane of viewer.grid.shown) if (pane.study === study) pane.blank();
    for (const image of document.querySelectorAll("#viewer-series img")) image.remove();
  }

  connection(waiting) {
    if (this.gone || this.waiting === waiting) return;
    this.waiting = waiting;
    this.say(waiting ? text("connection") : "");
  }

  say(sentence) {
    if (this.alert && this.alert.textContent !== sentence) this.alert.textContent = sentence;
  }
}
