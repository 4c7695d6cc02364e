// How much of the machine's memory the viewer takes, in bytes: a tab that is killed shows nothing.

const MB = 2 ** 20;

/**
 * @param {number | undefined} memory what the browser says of the device, in GB, at most 8; some say nothing
 * @param {boolean} phone
 * @returns {{pixels: number, packed: number}} decoded images, and images as they came
 */
export function budget(memory = navigator.deviceMemory, phone = matchMedia?.("(pointer: coarse)").matches ?? false) {
  const size = memory ?? (phone ? 2 : 4);
  if (size >= 8) return { pixels: 192 * MB, packed: 96 * MB };
  if (size >= 4) return { pixels: 144 * MB, packed: 80 * MB };
  if (size >= 2) return { pixels: 96 * MB, packed: 56 * MB };
  return { pixels: 72 * MB, packed: 40 * MB };
}
