/** On a narrow screen the toolbar keeps its essentials; the rest moves into its last menu. */

const ESSENTIAL = ["window", "cine"];
const NARROW = "(max-width: 48rem)";

/** @param {HTMLElement | null} toolbar */
export function foldWhenNarrow(toolbar) {
  const menu = [...(toolbar?.querySelectorAll(":scope > details > .menu-panel") ?? [])].at(-1);
  if (!menu) return;
  const media = window.matchMedia(NARROW);
  const moved = [];

  function move(button) {
    const before = document.createComment("");
    button.before(before);
    moved.push({ button, before, className: button.className });
    button.className = "menu-item";
    menu.append(button);
  }

  function fold() {
    for (const button of toolbar.querySelectorAll(":scope > button[data-tool]")) {
      if (!ESSENTIAL.includes(button.dataset.tool)) move(button);
    }
    for (const other of toolbar.querySelectorAll(":scope > details")) {
      const tools = [...other.querySelectorAll(".menu-item[data-tool]")];
      if (other.contains(menu) || !tools.some(({ dataset }) => /^(rotate|layout-1x1)$/.test(dataset.tool))) continue;
      tools.forEach(move);
      other.hidden = true;
    }
  }

  function unfold() {
    for (const { button, before, className } of moved.splice(0)) {
      before.replaceWith(button);
      button.className = className;
    }
    for (const other of toolbar.querySelectorAll(":scope > details[hidden]")) other.hidden = false;
  }

  const change = () => (media.matches ? fold() : unfold());
  media.addEventListener("change", change);
  change();
}
