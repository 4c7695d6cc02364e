// Writes LICENSES.txt: every package of which something is in the bundle, its version and its licence.
import { readFileSync, readdirSync } from "node:fs";
import { join, sep } from "node:path";

const CODEC = "node_modules/@cornerstonejs/codec-openjph";
const RULE = "=".repeat(80);

/** @returns {import("vite").Plugin} */
export function licences(here) {
  return {
    name: "licences",
    apply: "build",
    generateBundle(_, bundle) {
      // The codec is in a worker and in its wasm, of which no module of this bundle tells.
      const folders = new Set([join(here, CODEC)]);
      for (const file of Object.values(bundle)) {
        for (const [id, { renderedLength }] of Object.entries(file.modules ?? {})) {
          const folder = renderedLength && packageOf(id);
          if (folder) folders.add(folder);
        }
      }
      const texts = [...folders].map((folder) => described(here, folder));
      texts.push(openjph(here));
      texts.sort((a, b) => (a < b ? -1 : 1));
      const source = `What the files of this folder hold besides the viewer's own source.\n\n${texts.map((text) => `${RULE}\n${text}\n`).join("\n")}`;
      this.emitFile({ type: "asset", fileName: "LICENSES.txt", source });
    },
  };
}

function packageOf(id) {
  const marker = `${sep}node_modules${sep}`;
  const at = id.lastIndexOf(marker);
  if (at < 0) return null;
  const parts = id.slice(at + marker.length).split(sep);
  return id.slice(0, at + marker.length) + parts.slice(0, parts[0].startsWith("@") ? 2 : 1).join(sep);
}

function described(here, folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).sort().find((entry) => /^licen[cs]e/i.test(entry));
  // Cornerstone's packages carry no file of their own; the text of their repository lies with its codec.
  const from = file ? join(folder, file) : name.startsWith("@cornerstonejs/") ? join(here, CODEC, "LICENSE") : null;
  if (!from) throw new Error(`${name} carries no licence: say in viewer/build/licences.js where its text is.`);
  return `${name} ${version} (${license})\n\n${readFileSync(from, "utf8").trim()}`;
}

// The library that the codec compiles; the codec's package leaves its licence out.
function openjph(here) {
  return `OpenJPH, within @cornerstonejs/codec-openjph (BSD-2-Clause)\n\n${readFileSync(join(here, "build/openjph.txt"), "utf8").trim()}`;
}
