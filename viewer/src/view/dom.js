/** Small helpers for building the page. */

/** An element with attributes and children; `on…` attributes are listeners. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  fill(element, attributes);
  element.append(...children);
  return element;
}

export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  fill(element, attributes);
  element.append(...children);
  return element;
}

function fill(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
}

/** Where a pointer is within an element, in CSS pixels. */
export function pointIn(element, { clientX, clientY }) {
  const box = element.getBoundingClientRect();
  return [clientX - box.left, clientY - box.top];
}

/** Says a sentence to screen readers, once the reader has stopped moving. */
export function announcer(element, wait = 350) {
  let timer = 0;
  return (sentence, at = wait) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (element && element.textContent !== sentence) element.textContent = sentence;
    }, at);
  };
}
