// Which frames are wanted first, and which bytes one request asks for. Pure functions: nothing here fetches.

// Of each group of frames wanted, how many lie in the direction of scrolling for one behind.
const AHEAD = 4;

/**
 * Frames in the order they are wanted: the one shown, then those ahead with a few behind between them.
 * @param {number} frames how many the series has
 * @param {number} index the frame shown
 * @param {number} direction where scrolling goes: 1, -1, or 0 while nobody scrolled
 * @param {number} most how many to name
 * @returns {number[]} each once
 */
export function wanted(frames, index, direction, most) {
  const forward = direction < 0 ? -1 : 1;
  const ratio = direction === 0 ? 1 : AHEAD;
  const order = [index];
  let ahead = index + forward;
  let behind = index - forward;
  const inside = (at) => at >= 0 && at < frames;
  while (order.length < most && (inside(ahead) || inside(behind))) {
    for (let nth = 0; nth < ratio && inside(ahead); nth += 1, ahead += forward) order.push(ahead);
    if (inside(behind)) {
      order.push(behind);
      behind -= forward;
    }
  }
  return order.slice(0, most);
}

/**
 * The next request: the first missing frame of the order, and its missing neighbours while they are wanted too and
 * the bytes stay within bounds. Neighbours are one range of the pack.
 * @param {number[]} order
 * @param {(index: number) => boolean} missing neither here nor on its way
 * @param {(index: number) => number} bytes
 * @param {{most: number, frames: number, direction: number}} bounds bytes and frames of one request
 * @returns {{first: number, last: number} | null}
 */
export function nextRun(order, missing, bytes, { most, frames, direction }) {
  const start = order.find(missing);
  if (start === undefined) return null;
  const among = new Set(order);
  const step = direction < 0 ? -1 : 1;
  let [total, end] = [bytes(start), start];
  for (let at = start + step; Math.abs(at - start) < frames; at += step) {
    if (!among.has(at) || !missing(at) || total + bytes(at) > most) break;
    total += bytes(at);
    end = at;
  }
  return { first: Math.min(start, end), last: Math.max(start, end) };
}

/**
 * Whether a request under way should give way: the frame shown waits for bytes that are in no request, and none of
 * what this one still has to bring is among the frames wanted first.
 * @param {{last: number, done: number}} run `done`: the first frame that it has yet to bring whole
 * @param {number[]} soon the frames wanted first
 * @param {boolean} waiting
 */
export function givesWay(run, soon, waiting) {
  return waiting && !soon.some((index) => index >= run.done && index <= run.last);
}
