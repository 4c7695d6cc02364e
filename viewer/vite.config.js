// Builds ../static/viewer: the same source and lock file give the same bytes.
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

import { licences } from "./build/licences.js";
import { report } from "./build/report.js";
import { lean } from "./build/lean.js";

const here = dirname(fileURLToPath(import.meta.url));

// Twelve hexadecimal digits: WhiteNoise sees a hashed name and lets browsers keep the file for good.
const hashed = "[name].[hash:12]";

export default defineConfig({
  root: here,
  base: "./",
  publicDir: false,
  plugins: [lean(here), licences(here), ...(process.env.REPORT ? [report()] : [])],
  build: {
    target: "es2022",
    outDir: resolve(here, "../static/viewer"),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    sourcemap: false,
    reportCompressedSize: false,
    rolldownOptions: {
      checks: { bundlerTimings: false, pluginTimings: false },
      input: resolve(here, "src/viewer.js"),
      output: {
        hashCharacters: "hex",
        // Django gives this file its own hash, so no other may import it: the page and they would load it twice.
        entryFileNames: "viewer.js",
        chunkFileNames: `parts/${hashed}.js`,
        assetFileNames: `parts/${hashed}[extname]`,
        codeSplitting: {
          // What asks for the study and its images: small, and first. What draws is `viewer`, and comes meanwhile.
          groups: [{ name: "study", test: /viewer[\\/]src[\\/](main|texts|data[\\/])|preload-helper/ }],
        },
      },
    },
  },
  worker: {
    format: "es",
    plugins: () => [lean(here)],
    rolldownOptions: {
      checks: { bundlerTimings: false, pluginTimings: false },
      output: { hashCharacters: "hex", entryFileNames: `parts/${hashed}.js`, assetFileNames: `parts/${hashed}[extname]` },
    },
  },
});
