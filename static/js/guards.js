// Guards on what people press: a bar while an answer is awaited, each change sent once, a filled dialog not lost by Escape.
(() => {
  "use strict";

  // What lasts longer than a blink is shown: a bar at the top, and the region that waits is marked as busy.
  const SHOWN_AFTER = 300;
  const awaited = new Map();

  function showBusy() {
    const isShown = [...awaited.values()].some((wait) => wait.late);
    document.documentElement.toggleAttribute("data-busy", isShown);
    const bar = document.getElementById("busy");
    bar.hidden = !isShown;
    const words = bar.querySelector("[data-busy-words]");
    const text = isShown ? words.dataset.busyWords : "";
    if (words.textContent !== text) words.textContent = text;
  }

  document.addEventListener("htmx:beforeSend", (event) => {
    const { xhr, target, requestConfig } = event.detail;
    // A poll, which no event caused, is nothing that anybody waits for.
    if (!requestConfig?.triggeringEvent) return;
    const region = target?.closest("dialog") ?? target;
    const wait = { late: false, region };
    wait.timer = setTimeout(() => {
      wait.late = true;
      region?.setAttribute("aria-busy", "true");
      showBusy();
    }, SHOWN_AFTER);
    awaited.set(xhr, wait);
  });

  function answered(xhr) {
    const wait = awaited.get(xhr);
    if (!wait) return;
    clearTimeout(wait.timer);
    wait.region?.removeAttribute("aria-busy");
    awaited.delete(xhr);
    showBusy();
  }

  document.addEventListener("htmx:afterRequest", (event) => answered(event.detail.xhr));
  document.addEventListener("htmx:sendAbort", (event) => answered(event.detail.xhr));

  // A change is sent once, however often its button is pressed before the answer is there.
  const sent = new WeakMap();
  const LOCKED = 10_000;

  const isLocked = (element) => Date.now() - (sent.get(element) ?? -LOCKED) < LOCKED;

  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, requestConfig } = event.detail;
    if (requestConfig.verb === "get") return;
    if (isLocked(elt)) event.preventDefault();
    else sent.set(elt, Date.now());
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, xhr } = event.detail;
    // Where the answer leads to another page, the button stays as it is until that page is there.
    if (!xhr?.getResponseHeader?.("HX-Redirect")) sent.delete(elt);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    // A download leaves the page as it is, and may be wanted again.
    if (event.defaultPrevented || form.method !== "post" || event.submitter?.hasAttribute("data-download")) return;
    if (isLocked(form)) event.preventDefault();
    else sent.set(form, Date.now());
  });

  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form").forEach((form) => sent.delete(form));
  });

  // A dialog in which something was picked or typed asks before it is shut.
  const CHIPS = "input[type=hidden][name=physician], input[type=hidden][name=code], input[type=hidden][name=email]";

  function isFilled(dialog) {
    const changed = (field) => {
      if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
      return field.value !== (field.closest("form[data-share]") ? "" : field.defaultValue);
    };
    const fields = dialog.querySelectorAll("form input:not([type=hidden], [type=search][data-filter]), form textarea");
    return dialog.querySelector(`form[data-share] :is(${CHIPS})`) !== null || [...fields].some(changed)
      || dialog.querySelector("form[data-share] :is([name=location], [name=group]):checked") !== null;
  }

  function asksFirst(dialog) {
    if (!isFilled(dialog)) return false;
    const region = document.getElementById("dialog-alerts");
    region.replaceChildren(document.getElementById("discard-template").content.cloneNode(true));
    dialog.scrollTop = 0;
    region.querySelector("[data-keep]").focus();
    return true;
  }

  document.addEventListener("cancel", (event) => {
    if (event.target.id === "dialog" && asksFirst(event.target)) event.preventDefault();
  }, true);

  // Before app.js shuts the dialog.
  document.addEventListener("click", (event) => {
    const dialog = document.getElementById("dialog");
    if (!dialog?.open) return;
    if (event.target.closest("[data-close-dialog]") && asksFirst(dialog)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else if (event.target.closest("[data-keep]")) {
      document.getElementById("dialog-alerts").replaceChildren();
      dialog.querySelector(".dialog-title")?.focus();
    } else if (event.target.closest("[data-discard]")) {
      dialog.close();
    }
  }, true);
})();
