// The share dialog: recipients are counted as they are picked, long lists are filtered, Enter adds instead of sharing.
// A dialog may load this file more than once.
(() => {
  "use strict";
  if (window.sharingIsWired) return;
  window.sharingIsWired = true;

  const PICKED = "input[name=location]:checked, input[name=group]:checked, input[name=physician], input[name=code], input[name=email]";

  function write(element, words) {
    if (element.textContent !== words) element.textContent = words;
  }

  function count(form) {
    const line = form.querySelector("[data-share-count]");
    if (!line) return;
    const picked = [...form.querySelectorAll(PICKED)];
    const refused = picked.filter((input) => input.closest("[data-refused]")).length;
    write(line, window.cimar.counted(line.closest("[data-share-line]"), picked.length - refused));
    // An entry that was read back and refused stays in its field, which is marked as invalid.
    const typed = [...form.querySelectorAll("[data-several][aria-invalid=true]")].flatMap((input) => input.value.split(/[,;\n]+/));
    const invalid = refused + typed.filter((entry) => entry.trim()).length;
    const beside = form.querySelector("[data-share-invalid]");
    beside.hidden = !invalid;
    write(beside, window.cimar.counted(beside, invalid));
  }

  const counted = (element) => {
    const form = element.closest?.("form[data-share]");
    if (form) count(form);
  };

  document.addEventListener("change", (event) => counted(event.target));
  document.addEventListener("input", (event) => {
    counted(event.target);
    if (event.target.matches("[data-filter]")) filter(event.target);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    document.querySelectorAll("form[data-share]").forEach(count);
    // New content begins at its top, where mistakes are named.
    if (event.detail.target?.id === "dialog-body") document.getElementById("dialog").scrollTop = 0;
  });

  // The answer to one field must not take the keyboard from another that is being typed in by then.
  let typedIn = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const at = document.activeElement;
    typedIn = at?.closest("form[data-share]") && !event.detail.target?.contains(at) ? at : null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (typedIn?.isConnected) typedIn.focus({ preventScroll: true });
    typedIn = null;
  });

  function filter(field) {
    const wanted = field.value.trim().toLocaleLowerCase();
    for (const label of document.querySelectorAll(`${field.dataset.filter} label`)) {
      const ticked = label.querySelector("input").checked;
      label.hidden = !ticked && !label.textContent.toLocaleLowerCase().includes(wanted);
    }
  }

  // Enter in a field that adds something presses the button beside it.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    if (event.target.matches?.("[data-filter]")) event.preventDefault();
    if (event.target.matches?.("[data-enter]")) {
      event.preventDefault();
      event.target.closest(".adder")?.querySelector("[data-adds]")?.click();
    }
  });
})();
