/** Drawing with WebGL 2: the values go to the card as they are, the shader windows them. */

import { reduction } from "./reduction.js";
import { inverse } from "./transform.js";

const VERTEX = `#version 300 es
void main() {
  gl_Position = vec4(vec2(gl_VertexID == 1 ? 3 : -1, gl_VertexID == 2 ? 3 : -1), 0, 1);
}`;

const fragment = (sampler) => `#version 300 es
precision highp float;
precision highp int;
uniform highp ${sampler} pixels;
uniform ivec2 size;       // of these pixels
uniform vec2 shape;       // of the whole image
uniform vec2 ratio;       // of its pixels to these
uniform float offset;
uniform vec3 across;      // screen to image
uniform vec3 down;
uniform float height;
uniform vec2 window;      // centre and width
uniform int kind;         // 0 linear, 1 linear exact, 2 sigmoid
uniform bool colour;
uniform bool inverted;
uniform int taps;
out vec4 seen;

vec3 stored(ivec2 at) { return vec3(texelFetch(pixels, clamp(at, ivec2(0), size - 1), 0).rgb); }

vec3 smooth_at(vec2 at) {
  vec2 from = at - 0.5;
  ivec2 corner = ivec2(floor(from));
  vec2 part = from - floor(from);
  return mix(
    mix(stored(corner), stored(corner + ivec2(1, 0)), part.x),
    mix(stored(corner + ivec2(0, 1)), stored(corner + ivec2(1, 1)), part.x), part.y);
}

vec3 bright(vec3 value) {
  if (kind == 2) return 1.0 / (1.0 + exp(-4.0 * (value - window.x) / window.y));
  if (kind == 1) return clamp((value - window.x) / window.y + 0.5, 0.0, 1.0);
  if (window.y <= 1.0) return step(window.x - 0.5, value);
  return clamp((value - (window.x - 0.5)) / (window.y - 1.0) + 0.5, 0.0, 1.0);
}

void main() {
  vec2 corner = vec2(gl_FragCoord.x - 0.5, height - gl_FragCoord.y - 0.5);
  vec3 middle = vec3(corner + 0.5, 1);
  vec2 there = vec2(dot(across, middle), dot(down, middle));
  if (any(lessThan(there, vec2(0))) || any(greaterThan(there, shape))) {
    seen = vec4(0, 0, 0, 1);
    return;
  }
  vec3 sum = vec3(0);
  for (int j = 0; j < taps; j++) for (int i = 0; i < taps; i++) {
    vec3 at = vec3(corner + (vec2(i, j) + 0.5) / float(taps), 1);
    sum += smooth_at((vec2(dot(across, at), dot(down, at)) - offset) / ratio + offset);
  }
  vec3 value = sum / float(taps * taps);
  vec3 shown = bright(colour ? value : value.rrr);
  seen = vec4(inverted ? 1.0 - shown : shown, 1);
}`;

const KINDS = { LINEAR: 0, LINEAR_EXACT: 1, SIGMOID: 2 };

/** What browsers call the programs that compute WebGL where there is no graphics card. */
const COMPUTED = /swiftshader|llvmpipe|softpipe|software|basic render/i;

let computed;

/** Whether the browser computes WebGL itself: drawing without WebGL is quicker there. Asked once, of a canvas of its own. */
function isComputed() {
  if (computed === undefined) {
    const gl = document.createElement("canvas").getContext("webgl2");
    const names = gl?.getExtension("WEBGL_debug_renderer_info");
    computed = Boolean(names) && COMPUTED.test(gl.getParameter(names.UNMASKED_RENDERER_WEBGL));
    gl?.getExtension("WEBGL_lose_context")?.loseContext();
  }
  return computed;
}

/**
 * Null as well where the browser computes WebGL itself.
 *
 * @returns {{draw: Function, clear: Function, close: Function} | null} null where WebGL 2 is missing
 */
export function openGl(canvas) {
  const gl = isComputed() ? null : canvas.getContext("webgl2", {
    alpha: false,
    antialias: false,
    depth: false,
    preserveDrawingBuffer: true,
  });
  if (!gl) return null;
  const programs = {};
  for (const kind of ["isampler2D", "usampler2D", "sampler2D"]) programs[kind] = program(gl, kind);
  if (!Object.values(programs).every(Boolean)) return null;
  const most = gl.getParameter(gl.MAX_TEXTURE_SIZE);
  let [texture, held] = [null, null];

  function hold(frame) {
    const pixels = frame.pixels;
    if (held === pixels) return;
    if (texture) gl.deleteTexture(texture);
    texture = gl.createTexture();
    held = pixels;
    const [inside, format, type, data] = formats(gl, frame);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.texImage2D(gl.TEXTURE_2D, 0, inside, frame.columns, frame.rows, 0, format, type, data);
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
  }

  function clear() {
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  function draw({ frame, shape, matrix, window, kind, invert }) {
    if (frame.rows > most || frame.columns > most) frame = thinned(frame, most);
    hold(frame);
    const { handle, at } = programs[samplerOf(frame.pixels)];
    const [a, b, c, d, e, f] = inverse(matrix);
    const { ratio, offset } = reduction(frame, shape);
    const texels = Math.hypot(a, b) / ratio[0];
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.useProgram(handle);
    gl.uniform2i(at("size"), frame.columns, frame.rows);
    gl.uniform2f(at("shape"), shape.columns, shape.rows);
    gl.uniform2f(at("ratio"), ...ratio);
    gl.uniform1f(at("offset"), offset);
    gl.uniform3f(at("across"), a, c, e);
    gl.uniform3f(at("down"), b, d, f);
    gl.uniform1f(at("height"), canvas.height);
    gl.uniform2f(at("window"), window.center, window.width);
    gl.uniform1i(at("kind"), KINDS[kind] ?? 0);
    gl.uniform1i(at("colour"), frame.samples > 1 ? 1 : 0);
    gl.uniform1i(at("inverted"), invert ? 1 : 0);
    gl.uniform1i(at("taps"), Math.min(8, Math.max(1, Math.round(texels))));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  const close = () => gl.getExtension("WEBGL_lose_context")?.loseContext();
  return { draw, clear, close };
}

function program(gl, sampler) {
  const handle = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, fragment(sampler)]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(handle, shader);
  }
  gl.linkProgram(handle);
  if (!gl.getProgramParameter(handle, gl.LINK_STATUS)) return null;
  const places = new Map();
  const at = (name) => {
    if (!places.has(name)) places.set(name, gl.getUniformLocation(handle, name));
    return places.get(name);
  };
  return { handle, at };
}

function samplerOf(pixels) {
  if (pixels instanceof Float32Array) return "sampler2D";
  return pixels instanceof Int16Array || pixels instanceof Int8Array ? "isampler2D" : "usampler2D";
}

function formats(gl, { pixels, samples }) {
  const names = samples === 1 ? "R" : samples === 3 ? "RGB" : "RGBA";
  const format = samples === 1 ? gl.RED_INTEGER : samples === 3 ? gl.RGB_INTEGER : gl.RGBA_INTEGER;
  if (pixels instanceof Float32Array) return [gl[`${names}32F`], gl[samples === 1 ? "RED" : names], gl.FLOAT, pixels];
  if (pixels instanceof Int16Array) return [gl[`${names}16I`], format, gl.SHORT, pixels];
  if (pixels instanceof Uint16Array) return [gl[`${names}16UI`], format, gl.UNSIGNED_SHORT, pixels];
  if (pixels instanceof Int8Array) return [gl[`${names}8I`], format, gl.BYTE, pixels];
  const bytes = pixels instanceof Uint8ClampedArray ? new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.length) : pixels;
  return [gl[`${names}8UI`], format, gl.UNSIGNED_BYTE, bytes];
}

const thin = new WeakMap();

/** Every n-th pixel of an image that is larger than the card can hold. */
function thinned(frame, most) {
  if (thin.has(frame.pixels)) return thin.get(frame.pixels);
  const by = Math.ceil(Math.max(frame.rows, frame.columns) / most);
  const [rows, columns] = [Math.floor(frame.rows / by), Math.floor(frame.columns / by)];
  const pixels = new frame.pixels.constructor(rows * columns * frame.samples);
  for (let y = 0, at = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      const from = (y * by * frame.columns + x * by) * frame.samples;
      for (let s = 0; s < frame.samples; s += 1, at += 1) pixels[at] = frame.pixels[from + s];
    }
  }
  const smaller = { ...frame, rows, columns, pixels, step: by };
  thin.set(frame.pixels, smaller);
  return smaller;
}
