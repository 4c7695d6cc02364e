// `npm run report`: how many bytes of which package are in which file, before they are made small.
/** @returns {import("vite").Plugin} */
export function report() {
  return {
    name: "report",
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        const sizes = new Map();
        for (const [id, { renderedLength }] of Object.entries(file.modules ?? {})) {
          const name = id.split("node_modules/").pop().split("/").slice(0, 5).join("/");
          sizes.set(name, (sizes.get(name) ?? 0) + renderedLength);
        }
        console.log(`\n${file.fileName} ${file.code?.length ?? file.source.length}`);
        for (const [name, size] of [...sizes].sort((a, b) => b[1] - a[1]).slice(0, 60)) if (size) console.log(`  ${size}\t${name}`);
      }
    },
  };
}
