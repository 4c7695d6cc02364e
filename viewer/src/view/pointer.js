/** The mouse and the pen over a pane; fingers go to touch.js. */

import { pointIn } from "./dom.js";
import { POINTS } from "./measures.js";
import * as tools from "./tools.js";
import { Touch } from "./touch.js";

const wheel = new tools.Wheel();

/** Button 1 is the wheel, 2 the right button. */
const OTHER_BUTTONS = { 1: tools.pan, 2: tools.zoom };

export function listen(viewer, pane) {
  const { stage } = pane;
  const touch = new Touch(viewer, pane);
  let drag = null;

  stage.addEventListener("contextmenu", (event) => event.preventDefault());
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (!pane.series) return;
    viewer.grid.activate(pane);
    if (event.ctrlKey) tools.zoomBy(pane, 1.0015 ** -event.deltaY, pointIn(stage, event));
    else wheel.turn(pane, event);
  }, { passive: false });

  stage.addEventListener("pointerdown", (event) => {
    stage.focus({ preventScroll: true });
    if (!pane.series || pane.lost) return;
    stage.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch") return void touch.down(event);
    const at = pointIn(stage, event);
    drag = begin(viewer, pane, event.button, at);
    Object.assign(drag, { at, pointer: event.pointerId });
  });

  stage.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return void touch.move(event);
    const at = pointIn(stage, event);
    if (!drag) {
      if (pane.draft?.clicked || pane.draft?.points.length > 2) viewer.measuring.move(pane, at);
      return;
    }
    const by = [at[0] - drag.at[0], at[1] - drag.at[1]];
    drag.at = at;
    drag.move(by, at);
  });

  const end = (event) => {
    if (event.pointerType === "touch") return void touch.up(event);
    if (drag?.pointer !== event.pointerId) return;
    drag.up?.(pointIn(stage, event));
    drag = null;
  };
  stage.addEventListener("pointerup", end);
  stage.addEventListener("pointercancel", end);
  stage.addEventListener("dblclick", () => {
    if (!(viewer.tool in POINTS)) viewer.enlarge(pane);
  });
}

/** What a press begins: what happens with each move, and at the end. */
export function begin(viewer, pane, button, at, { finger = false, tool = viewer.tool } = {}) {
  const other = OTHER_BUTTONS[button];
  if (!other && viewer.measuring.down(pane, tool, at, finger)) {
    return { move: (by, to) => viewer.measuring.move(pane, to), up: (to) => viewer.measuring.up(pane, to) };
  }
  if (!other && tool === "magnify") return viewer.magnifier.begin(pane, at);
  if (!other && pane.crosshair && !viewer.toolChosen) return viewer.mpr.begin(pane, at);
  const chosen = other || tools[tool] || tools.window;
  chosen.down?.(pane, at);
  return { move: (by) => chosen.move(pane, by) };
}
