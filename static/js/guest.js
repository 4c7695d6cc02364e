// The page before a guest link is opened: says whether pointer or keyboard were used, so that a program's press counts nothing.
(() => {
  "use strict";

  const form = document.querySelector("[data-open-link]");
  if (!form) return;
  const hand = form.elements.namedItem("hand");
  hand.value = "unused";
  // A press that a script makes is not trusted; one by an assistive technology is, and needs no pointer.
  for (const kind of ["pointerdown", "keydown", "click"]) {
    document.addEventListener(kind, (event) => {
      if (event.isTrusted) hand.value = "used";
    }, true);
  }
})();
