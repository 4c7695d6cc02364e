// Sets the theme before the first paint: the reader's choice, else the system's. Without script, tokens.css follows the system.
(() => {
  "use strict";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return localStorage.getItem("cimar-theme");
    } catch {
      return null;
    }
  }

  function apply() {
    root.dataset.bsTheme = chosen() ?? (system.matches ? "dark" : "light");
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.setAttribute("aria-pressed", String(root.dataset.bsTheme === "dark"));
    }
  }

  function toggle() {
    const wanted = root.dataset.bsTheme === "dark" ? "light" : "dark";
    try {
      // What the system wants anyway is not a choice worth keeping.
      if (wanted === (system.matches ? "dark" : "light")) localStorage.removeItem("cimar-theme");
      else localStorage.setItem("cimar-theme", wanted);
    } catch {
      root.dataset.bsTheme = wanted;
      return;
    }
    apply();
  }

  root.classList.add("js");
  apply();
  system.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", apply);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) toggle();
  });
})();
