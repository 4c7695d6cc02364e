// What the pages do beyond links and forms: menus, dialogs, and answers htmx cannot show by itself.
// Every listener sits on the document, so that content brought by htmx needs no wiring.
(() => {
  "use strict";

  // Sentences are in the page, so that they can be translated: base.html has them in its template #sentences.
  function sentence(name) {
    return document.getElementById("sentences").content.querySelector(`[data-sentence-of="${name}"]`).textContent.trim();
  }

  // The element's words for a number: the attributes come from common.nouns.
  function counted(element, number) {
    const { singular, plural } = element.dataset;
    return number === 1 ? singular : plural.replace("{number}", number.toLocaleString(document.documentElement.lang));
  }

  // For passkeys.js, selection.js and sharing.js.
  window.cimar = { sentence, counted };

  // Menus are <details>: one open at a time, shut by Escape, by a press elsewhere and by choosing.

  function shutMenus(except) {
    document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
      if (menu !== except) menu.open = false;
    });
  }

  document.addEventListener("click", (event) => {
    const summary = event.target.closest("details[data-menu] > summary");
    if (summary?.getAttribute("aria-disabled") === "true") event.preventDefault();
    const chosen = event.target.closest(".menu-item");
    shutMenus(chosen ? null : event.target.closest("details[data-menu]"));
  });

  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("details[data-menu][open]");
    if (!menu) return;
    const entries = [...menu.querySelectorAll(".menu-item:not(:disabled)")];
    const at = entries.indexOf(document.activeElement);
    if (event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary").focus();
      event.preventDefault();
    } else if (event.key === "ArrowDown") {
      entries[(at + 1) % entries.length]?.focus();
      event.preventDefault();
    } else if (event.key === "ArrowUp") {
      entries[(at <= 0 ? entries.length : at) - 1]?.focus();
      event.preventDefault();
    }
  });

  document.addEventListener("focusout", (event) => {
    const menu = event.target.closest?.("details[data-menu][open]");
    if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });

  // Dialogs: content that htmx puts into #dialog-body opens the dialog; shutting it gives the focus back.

  const dialog = () => document.getElementById("dialog");
  let opener = null;

  function openDialog() {
    const box = dialog();
    if (!box.open) {
      opener ??= document.activeElement;
      box.showModal();
    }
    // What is wrong first, then the field that was asked for, else the title.
    const at = ["[data-focus]", "[autofocus]", ".dialog-title"].map((wanted) => box.querySelector(wanted)).find(Boolean);
    at?.focus();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-dialog]") && dialog()?.open) {
      event.preventDefault();
      dialog().close();
    }
    const dismiss = event.target.closest("[data-dismiss]");
    dismiss?.closest(".notice").remove();
  });

  // "close" does not bubble, so it is caught on the way down.
  document.addEventListener(
    "close",
    (event) => {
      if (event.target !== dialog()) return;
      document.getElementById("dialog-body").replaceChildren();
      document.getElementById("dialog-alerts").replaceChildren();
      if (opener?.isConnected) {
        const menu = opener.closest("details[data-menu]");
        (menu ? menu.querySelector("summary") : opener).focus();
      }
      opener = null;
    },
    true,
  );

  document.addEventListener("closeDialog", () => dialog()?.open && dialog().close());

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.id === "dialog-body" && !dialog().open) opener = document.activeElement;
    // A press clears the notices of the last one; a poll, which no event caused, does not.
    if (event.detail.requestConfig?.triggeringEvent) {
      for (const region of document.querySelectorAll(".alerts")) region.replaceChildren();
    }
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    const target = event.detail.target;
    if (target?.id === "dialog-body") {
      if (target.childElementCount) openDialog();
      else if (dialog().open) dialog().close();
    }
  });

  // Focus: a part of the page that is read again by itself leaves the focus where it was, at the link or button that
  // leads to the same place. (What has an id, htmx itself focuses again.)

  const ways = ["href", "formaction", "name", "value"];
  let focused = null;

  document.addEventListener("htmx:beforeSwap", (event) => {
    const active = document.activeElement;
    const isInside = active !== event.detail.target && event.detail.target?.contains(active);
    focused = isInside && !event.detail.requestConfig?.triggeringEvent ? active : null;
  });

  document.addEventListener("htmx:afterSettle", () => {
    if (!focused || focused.isConnected) return;
    const alike = [...document.querySelectorAll(focused.localName)].find((element) =>
      ways.every((way) => element.getAttribute(way) === focused.getAttribute(way)));
    focused = null;
    if (document.activeElement === document.body) alike?.focus({ preventScroll: true });
  });

  // Answers htmx does not swap.

  function say(sentence) {
    const region = document.getElementById(dialog()?.open ? "dialog-alerts" : "alerts");
    if (region.querySelector(".notice-heading")?.textContent === sentence) return;
    const notice = document.getElementById("notice-template").content.cloneNode(true);
    notice.querySelector(".notice-heading").textContent = sentence;
    region.replaceChildren(notice);
  }

  function parse(html) {
    return new DOMParser().parseFromString(html, "text/html");
  }

  function sentenceOf(xhr) {
    const type = xhr.getResponseHeader("Content-Type") ?? "";
    if (type.startsWith("text/plain") && xhr.responseText.length < 500) return xhr.responseText;
    const marked = type.startsWith("text/html") && parse(xhr.responseText).querySelector("[data-sentence]");
    return marked ? marked.textContent.replace(/\s+/g, " ").trim() : sentence("failed");
  }

  // What a page reads by itself, beside what it is for, fails without a word.
  const inBackground = (event) => event.detail.elt?.dataset?.inBackground !== undefined;

  document.addEventListener("htmx:responseError", (event) => {
    if (inBackground(event)) return;
    const { xhr } = event.detail;
    if (xhr.status === 401) document.getElementById("sign-in-again")?.showModal();
    else if (xhr.status >= 502 && askedOutcome(event)) askOutcome(askedOutcome(event));
    else say(sentenceOf(xhr));
  });

  // The connection may have broken after the server got the press.
  document.addEventListener("htmx:sendError", (event) => {
    if (inBackground(event)) return;
    if (navigator.onLine && askedOutcome(event)) askOutcome(askedOutcome(event));
    else say(sentence("no-connection"));
  });
  document.addEventListener("htmx:timeout", (event) => {
    if (inBackground(event)) return;
    const reads = event.detail.requestConfig.verb === "get";
    if (askedOutcome(event)) askOutcome(askedOutcome(event));
    else say(sentence(reads ? "no-answer-to-read" : "no-answer-to-change"));
  });

  // A press whose answer did not arrive: its button has the URL that says what became of it. The server may still be
  // at work, so it is asked for half a minute.
  const askedOutcome = (event) => event.detail.elt?.dataset?.outcome;
  const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

  async function askOutcome(url) {
    say(sentence("asking-outcome"));
    for (const seconds of [0, 2, 3, 5, 10, 10]) {
      await pause(seconds);
      if (!document.querySelector(`[data-outcome="${CSS.escape(url)}"]`)) return;
      let answer;
      try {
        answer = await fetch(url, { credentials: "same-origin", headers: { "HX-Request": "true" } });
      } catch {
        say(sentence("no-connection"));
        return;
      }
      if (answer.status === 401) {
        document.getElementById("sign-in-again")?.showModal();
        return;
      }
      if (answer.status === 200) {
        document.getElementById("dialog-alerts").replaceChildren();
        htmx.ajax("GET", url, { target: "#dialog-body" });
        return;
      }
    }
    say(sentence("no-outcome"));
  }

  // A request outside a form still carries the page's CSRF token.
  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector("input[name=csrfmiddlewaretoken]");
    if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token.value;
  });

  // After signing in elsewhere the page's tokens are stale. The sign-out page has a fresh one and only a
  // signed-in person sees it. If another person signed in, they must not continue with this page.
  async function signedInAgain() {
    const state = document.querySelector("[data-sign-in-state]");
    const form = document.querySelector("form[data-sign-out]");
    const answer = await fetch(form.action, { credentials: "same-origin", headers: { Accept: "text/html" } });
    const page = parse(await answer.text());
    const user = page.body.dataset.user;
    const token = page.querySelector("input[name=csrfmiddlewaretoken]");
    if (!user || !token) {
      state.textContent = sentence("not-signed-in");
    } else if (user !== document.body.dataset.user) {
      location.assign("/");
    } else {
      document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((field) => (field.value = token.value));
      state.textContent = "";
      document.getElementById("sign-in-again").close();
    }
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-sign-in-continue]")) {
      signedInAgain().catch(() => {
        document.querySelector("[data-sign-in-state]").textContent = sentence("no-connection");
      });
    }
  });

  // Copying a share code.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const label = button.querySelector("[data-copy-label]");
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      label.textContent = button.dataset.copied;
    } catch {
      label.textContent = button.dataset.notCopied;
    }
  });

  // A password can be read while it is typed; it is sent as a password, so that the browser keeps it as one.

  function showPassword(button, isShown) {
    document.getElementById(button.dataset.showPassword).type = isShown ? "text" : "password";
    const [show, hide] = button.children;
    show.hidden = isShown;
    hide.hidden = !isShown;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-show-password]");
    if (button) showPassword(button, button.children[1].hidden);
  });

  document.addEventListener("submit", (event) => {
    event.target.querySelectorAll("[data-show-password]").forEach((button) => showPassword(button, false));
  }, true);

  function start() {
    document.querySelector("[data-focus]")?.focus();
  }

  window.addEventListener("pageshow", start);
  start();
})();
