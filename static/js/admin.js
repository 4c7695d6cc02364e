// What the forms of the administration do beyond the fields themselves.
(() => {
  "use strict";

  // The checklist of a role: a permission that counts only with another can be ticked only while the other is ticked.

  function follow(parent) {
    for (const child of document.querySelectorAll(`[data-child-of="${parent.id}"]`)) child.disabled = !parent.checked;
  }

  function parents() {
    const ids = new Set([...document.querySelectorAll("[data-child-of]")].map((child) => child.dataset.childOf));
    return [...ids].map((id) => document.getElementById(id)).filter(Boolean);
  }

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (!box.matches?.("input[type=checkbox]")) return;
    if (box.checked) {
      for (const codename of (box.dataset.ticksWith ?? "").split(" ").filter(Boolean)) {
        const other = document.querySelector(`input[name=permissions][value="${codename}"]`);
        if (other) other.checked = true;
      }
    }
    follow(box);
  });

  // Django's search box for choosing a row takes the name of its field.
  function nameSearchBoxes() {
    for (const select of document.querySelectorAll("select.admin-autocomplete")) {
      const label = document.querySelector(`label[for="${select.id}"]`);
      const box = select.parentElement.querySelector("[role=combobox]");
      if (!label || !box || box.getAttribute("aria-labelledby")?.startsWith(`${select.id}_label`)) continue;
      label.id = `${select.id}_label`;
      box.setAttribute("aria-labelledby", `${label.id} ${box.getAttribute("aria-labelledby") ?? ""}`.trim());
      box.querySelector("[role=textbox]")?.setAttribute("aria-labelledby", label.id);
    }
  }

  // Django adds the search box later.
  for (const form of document.querySelectorAll("form:has(select.admin-autocomplete)")) {
    new MutationObserver(nameSearchBoxes).observe(form, { childList: true, subtree: true });
  }

  // "What changes if you save", for a tick made before the scripts were loaded, or restored by the browser.
  function announceTicks() {
    const ticks = [...document.querySelectorAll("input[name=permissions]")];
    const touched = ticks.find((box) => box.checked !== box.defaultChecked);
    touched?.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function start() {
    parents().forEach(follow);
    nameSearchBoxes();
  }

  // The browser may restore ticks when the reader returns to a page.
  window.addEventListener("pageshow", () => {
    start();
    announceTicks();
  });
  start();
})();
