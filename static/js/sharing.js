// The share dialog: recipients are counted as they are picked, long lists are filtered, Enter adds instead of sharing.
(() => {
  "use strict";

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
  // The field of the answer is focused with the swap: htmx would do it as it settles, when the reader may type elsewhere.
  document.addEventListener("htmx:afterSwap", (event) => {
    const region = document.getElementById(event.detail.target?.id);
    if (!region?.closest("form[data-share]")) return;
    const wanted = region.querySelector("[autofocus]");
    wanted?.removeAttribute("autofocus");
    (typedIn?.isConnected ? typedIn : wanted)?.focus({ preventScroll: true });
    typedIn = null;
  });

  function filter(field) {
    const wanted = field.value.trim().toLocaleLowerCase();
    for (const label of document.querySelectorAll(`${field.dataset.filter} label`)) {
      const ticked = label.querySelector("input").checked;
      label.hidden = !ticked && !label.textContent.toLocaleLowerCase().includes(wanted);
    }
  }

  document.addEventListener("htmx:beforeSend", (event) => {
    if (event.detail.elt.id === "id_find") event.detail.elt.dataset.searching = event.detail.elt.value;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const find = document.getElementById("id_find");
    if (event.detail.target?.id === "physician-hits" && find) find.dataset.searched = find.dataset.searching;
  });

  // The only physician that fits is added by Enter; the arrows lead through those that fit.
  function hitsAt(element) {
    const region = element.closest?.("#share-physicians");
    return region ? [...region.querySelectorAll(".hit")] : [];
  }

  document.addEventListener("keydown", (event) => {
    if (!["ArrowDown", "ArrowUp"].includes(event.key) || !event.target.matches?.("#id_find, .hit")) return;
    const hits = hitsAt(event.target);
    if (!hits.length) return;
    event.preventDefault();
    const at = hits.indexOf(event.target);
    const next = at + (event.key === "ArrowDown" ? 1 : -1);
    (next < 0 ? document.getElementById("id_find") : hits[Math.min(next, hits.length - 1)]).focus();
  });

  // A picked date in words: the browser writes it as its own language does, where 03/04 may be either.
  function sayDate(output) {
    const field = document.getElementById(output.dataset.dateWords);
    const day = field?.value ? new Date(`${field.value}T12:00:00`) : null;
    const words = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
    const text = day && !Number.isNaN(day.getTime())
      ? output.dataset.words.replace("{day}", day.toLocaleDateString(document.documentElement.lang, words).replace(",", "")) : "";
    if (output.textContent !== text) output.textContent = text;
  }

  const sayDates = () => document.querySelectorAll("[data-date-words]").forEach(sayDate);
  document.addEventListener("input", (event) => event.target.matches("[type=date]") && sayDates());
  document.addEventListener("htmx:afterSettle", sayDates);
  sayDates();

  // Enter in a field that adds something presses the button beside it.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    if (event.target.matches?.("[data-filter]")) event.preventDefault();
    if (event.target.matches?.("[data-enter]")) {
      event.preventDefault();
      const hits = event.target.id === "id_find" ? hitsAt(event.target) : [];
      // Only hits of what is in the field now: those of the letters before are marked by the running search.
      const isFresh = !event.target.classList.contains("htmx-request") && event.target.value === event.target.dataset.searched;
      if (hits.length === 1 && isFresh) hits[0].click();
      else event.target.closest(".adder")?.querySelector("[data-adds]")?.click();
    }
  });
})();
