// Selection: ticked rows enable the controls that need them, and stay ticked on the other pages of their list.
(() => {
  "use strict";

  let lastTicked = null;

  const boxesOf = (form) => [...form.querySelectorAll("[data-select-row]")];
  // What was ticked on another page is in the form without a row of its own.
  const onPage = (form) => boxesOf(form).filter((box) => !box.hasAttribute("data-elsewhere"));

  function updateSelection(form) {
    const boxes = boxesOf(form);
    const shown = onPage(form);
    const ticked = boxes.filter((box) => box.checked).length;
    const tickedHere = shown.filter((box) => box.checked).length;
    for (const all of form.querySelectorAll("[data-select-all]")) {
      all.checked = shown.length > 0 && tickedHere === shown.length;
      all.indeterminate = tickedHere > 0 && tickedHere < shown.length;
      all.disabled = shown.length === 0;
    }
    for (const count of form.querySelectorAll("[data-selection-count]")) {
      count.textContent = ticked ? window.cimar.counted(count, ticked) : count.dataset.none;
    }
    const elsewhere = boxes.filter((box) => box.checked && box.hasAttribute("data-elsewhere")).length;
    for (const part of form.querySelectorAll("[data-selection-elsewhere]")) {
      part.hidden = !elsewhere;
      part.querySelector("[data-number]").textContent = elsewhere.toLocaleString(document.documentElement.lang);
    }
    for (const control of form.querySelectorAll("[data-needs-selection]")) {
      if (control.matches("details")) {
        control.querySelector("summary").setAttribute("aria-disabled", String(!ticked));
        if (!ticked) control.open = false;
      } else {
        control.disabled = !ticked;
      }
    }
    // Removing is offered while a ticked study can be removed: an original cannot.
    const onlyOriginals = ticked > 0 && !boxes.some((box) => box.checked && !box.hasAttribute("data-original"));
    for (const control of form.querySelectorAll("[data-needs-removable]")) {
      control.disabled = onlyOriginals;
      control.hidden = onlyOriginals && control.parentElement.querySelectorAll(".menu-item").length > 1;
    }
  }

  function updateSelections() {
    document.querySelectorAll("[data-selection]").forEach(updateSelection);
  }

  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-selection]");
    if (!form) return;
    if (event.target.matches("[data-select-all]")) onPage(form).forEach((box) => (box.checked = event.target.checked));
    updateSelection(form);
  });

  // Shift-click ticks or clears the rows between this and the last one.
  document.addEventListener("click", (event) => {
    const box = event.target.closest("input[data-select-row]");
    if (!box) return;
    const form = box.closest("[data-selection]");
    if (event.shiftKey && form && lastTicked && form.contains(lastTicked)) {
      const boxes = onPage(form);
      const [from, to] = [boxes.indexOf(lastTicked), boxes.indexOf(box)].sort((a, b) => a - b);
      boxes.slice(from, to + 1).forEach((between) => (between.checked = box.checked));
      updateSelection(form);
    }
    lastTicked = box;
  });

  // Another page or order of the same list brings new rows: what was ticked is ticked again, or kept beside them. It is
  // held by this page alone, in no URL and no storage; another worklist and another search begin with nothing ticked.
  let kept = null;

  document.addEventListener("htmx:beforeSwap", (event) => {
    const form = event.detail.target?.id === "studies" && event.detail.target.querySelector("form[data-list]");
    if (!form) return;
    const chosen = event.detail.requestConfig?.elt?.closest(".select-more");
    const ticked = chosen ? [] : boxesOf(form).filter((box) => box.checked);
    kept = { list: form.dataset.list, boxes: ticked };
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const form = event.detail.target?.id === "studies" && document.querySelector("#studies form[data-list]");
    if (!form || kept?.list !== form.dataset.list) return;
    const there = new Map(boxesOf(form).map((box) => [box.value, box]));
    for (const before of kept.boxes) {
      const box = there.get(before.value) ?? before.cloneNode();
      if (!box.isConnected) {
        box.hidden = true;
        box.toggleAttribute("data-elsewhere", true);
        form.append(box);
      }
      box.checked = true;
    }
    kept = null;
    updateSelection(form);
  });

  document.addEventListener("click", (event) => {
    const form = event.target.closest("[data-select-none]")?.closest("[data-selection]");
    if (!form) return;
    form.querySelectorAll("[data-elsewhere]").forEach((box) => box.remove());
    boxesOf(form).forEach((box) => (box.checked = false));
    updateSelection(form);
    form.querySelector("[data-select-all]")?.focus();
  });

  document.addEventListener("htmx:afterSettle", updateSelections);
  // The browser may restore ticks when the reader returns to a page.
  window.addEventListener("pageshow", updateSelections);
  updateSelections();
})();
