// A SMART Health Link as an app opens it, by kill-the-clipboard alone: shlink.cjs TEXT [PASSCODE]; prints what it is and
// holds, or the library's name for what went wrong. Run in a folder that has the package.
const { createRequire } = require("module");
const here = createRequire(`${process.cwd()}/`);
const { SHLViewer } = here("kill-the-clipboard");

const [text, passcode] = process.argv.slice(2);
const viewer = new SHLViewer({ shlinkURI: text });

async function open() {
    try {
        const { fhirResources, manifest } = await viewer.resolveSHL({ recipient: "Dr Lee", passcode });
        const { label, flag, requiresPasscode } = viewer.shl;
        return { label, flag, requiresPasscode, resources: fhirResources, manifest };
    } catch (error) {
        return { error: error.constructor.name, said: error.message };
    }
}

open().then((answer) => console.log(JSON.stringify(answer)));
