// What the codec's script asks for where it runs in Node, which a browser is not.
import { resolve } from "node:path";

const NODE_ONLY = ["fs", "path"];

/** @returns {import("vite").Plugin} */
export function lean(here) {
  return {
    name: "lean",
    enforce: "pre",
    resolveId: (source) => (NODE_ONLY.includes(source) ? resolve(here, "build/instead/nothing.js") : null),
  };
}
