// The studies page keeps the reader's place; the study page leafs through a series without loading the page again.
(() => {
  "use strict";

  // The way back from a study leads to the list as it was: its search, sorting and page are in its URL.
  function keepWay() {
    const at = document.getElementById("studies") ? location.pathname : "";
    try {
      if (at) sessionStorage.setItem(`cimar-list ${at}`, location.search);
      const back = document.querySelector("[data-way-back]");
      if (back) back.href = new URL(back.href).pathname + (sessionStorage.getItem(`cimar-list ${new URL(back.href).pathname}`) ?? "");
    } catch {
      // Without storage the link leads to the whole list.
    }
  }

  document.addEventListener("htmx:pushedIntoHistory", keepWay);
  window.addEventListener("pageshow", keepWay);
  keepWay();

  // htmx added another page of the list: the keyboard focus moves to its beginning, unless it is set already.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "studies" && event.target?.id !== "studies") return;
    if (document.activeElement === document.body) {
      const studies = document.getElementById("studies");
      const region = ["[data-sentence]", ".table-region", "h1"].map((selector) => studies.querySelector(selector)).find(Boolean);
      if (region && !region.hasAttribute("tabindex")) region.tabIndex = -1;
      region?.focus({ preventScroll: true });
    }
  });

  const stage = document.querySelector("[data-stack]");
  if (!stage) return;

  // Every position of the series as [instance, frame, state], as the server lists them.
  const positions = stage.dataset.stack.split(" ").flatMap((entry) => {
    const [uuid, frames, state] = entry.split(":");
    return Array.from({ length: Math.max(Number(frames), 1) }, (_, at) => [uuid, Number(frames) ? at + 1 : 0, state]);
  });
  const total = positions.length;
  let position = Number(stage.dataset.position);
  let brought = false;

  const image = () => stage.querySelector("[data-image]");
  const isReady = (at) => positions[at - 1]?.[1] > 0 && positions[at - 1][2] === "ready";
  const pageOf = (at) => `${stage.dataset.placement}?series=${stage.dataset.series}&image=${at}`;
  const fileOf = (at) => {
    const [uuid, frame] = positions[at - 1];
    return `${stage.dataset.placement}instances/${uuid}/frames/${frame}.png`;
  };

  function point(link, at) {
    const exists = at >= 1 && at <= total;
    if (exists) link.href = pageOf(at);
    else link.removeAttribute("href");
    link.toggleAttribute("aria-disabled", false);
    if (!exists) link.setAttribute("aria-disabled", "true");
  }

  function show(at) {
    if (at < 1 || at > total || at === position) return;
    if (!image() || !isReady(at)) {
      // The server's page shows what there is instead of a picture.
      location.assign(pageOf(at));
      return;
    }
    position = at;
    brought = true;
    image().src = fileOf(at);
    const count = stage.querySelector("[data-count]");
    count.textContent = count.dataset.words.replace("{image}", at).replace("{total}", total);
    image().alt = `${count.textContent}, ${stage.dataset.label}`;
    const range = stage.querySelector("[data-range]");
    if (range) range.value = at;
    point(stage.querySelector("[data-previous]"), at - 1);
    point(stage.querySelector("[data-next]"), at + 1);
    history.replaceState(history.state, "", pageOf(at));
    for (const beside of [at + 1, at - 1, at + 2]) if (isReady(beside)) new Image().src = fileOf(beside);
  }

  // A picture that this page requested did not arrive: the share may have ended. The server's page has the sentence.
  stage.addEventListener(
    "error",
    (event) => {
      if (brought && event.target === image()) location.assign(pageOf(position));
    },
    true,
  );

  stage.addEventListener("click", (event) => {
    const link = event.target.closest("[data-previous], [data-next]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(position + (link.matches("[data-next]") ? 1 : -1));
  });

  stage.addEventListener("input", (event) => {
    if (event.target.matches("[data-range]")) show(Number(event.target.value));
  });

  // Left and right anywhere on the page; up, down, the ends and the wheel on the image, where nothing scrolls by them.
  const ANYWHERE = { ArrowLeft: () => position - 1, ArrowRight: () => position + 1 };
  const ON_IMAGE = {
    ArrowUp: () => position - 1,
    ArrowDown: () => position + 1,
    PageUp: () => Math.max(position - 10, 1),
    PageDown: () => Math.min(position + 10, total),
    Home: () => 1,
    End: () => total,
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const at = event.target;
    if (at.closest("input, select, textarea, dialog, details[open], .table-region")) return;
    const key = ANYWHERE[event.key] ?? (at.closest("[data-stage]") && ON_IMAGE[event.key]);
    if (!key) return;
    event.preventDefault();
    show(key());
  });

  stage.querySelector("[data-stage]").addEventListener(
    "wheel",
    (event) => {
      const next = position + Math.sign(event.deltaY);
      if (!event.deltaY || event.ctrlKey || next < 1 || next > total) return;
      event.preventDefault();
      show(next);
    },
    { passive: false },
  );
})();
