/* The Print button of a card; without script the browser's own menu does it. */
document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
