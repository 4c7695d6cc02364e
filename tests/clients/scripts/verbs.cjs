// Every verb of dicomweb-client for JavaScript, which OHIF uses: verbs.cjs URL TOKEN FILE…; prints how often each was
// answered, and what failed. Run in a folder that has dicomweb-client and xhr2, which is a browser's XMLHttpRequest.
const fs = require("fs");
const { createRequire } = require("module");
const here = createRequire(`${process.cwd()}/`);
global.XMLHttpRequest = here("xhr2");
const { DICOMwebClient } = here("dicomweb-client").api;

const [url, token, ...files] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };
const client = new DICOMwebClient({ url, headers, verbose: false });
const single = new DICOMwebClient({ url, headers, singlepart: "all", verbose: false });
const done = {};
const failed = {};

async function ask(name, verb) {
    try {
        const answer = await verb();
        done[name] = (done[name] || 0) + 1;
        return answer;
    } catch (error) {
        const what = `${name}: ${error.status || ""} ${error.message || error}`;
        failed[what] = (failed[what] || 0) + 1;
        return undefined;
    }
}

const first = (match, tag) => match[tag].Value[0];
const octets = (transferSyntaxUID) => ({ mediaType: "application/octet-stream", transferSyntaxUID });
// As OHIF accepts frames: decoded ones, or those of its codecs under the names that this client has for them.
const SHARED = [
    octets("1.2.840.10008.1.2.1"),
    ...["50", "51", "57", "70"].map((end) => ({ mediaType: "image/jpeg", transferSyntaxUID: `1.2.840.10008.1.2.4.${end}` })),
    ...["80", "81"].map((end) => ({ mediaType: "image/x-jls", transferSyntaxUID: `1.2.840.10008.1.2.4.${end}` })),
    ...["90", "91"].map((end) => ({ mediaType: "image/jp2", transferSyntaxUID: `1.2.840.10008.1.2.4.${end}` })),
    { mediaType: "image/x-dicom-rle", transferSyntaxUID: "1.2.840.10008.1.2.5" },
];

async function instance(which) {
    const [model] = [].concat(await ask("instance metadata", () => client.retrieveInstanceMetadata(which)));
    await ask("instance", () => client.retrieveInstance(which));
    for (const element of Object.values(model).filter((each) => each.BulkDataURI)) {
        const { BulkDataURI } = element;
        await ask("bulk data", () => client.retrieveBulkData({ BulkDataURI }));
        await ask("bulk data, single", () => single.retrieveBulkData({ BulkDataURI }));
        await ask("bulk data, a range", () => client.retrieveBulkData({ BulkDataURI, byteRange: [0, 9] }));
    }
    if (!model["00280010"]) return;
    const frames = { ...which, frameNumbers: [1] };
    const png = { mediaTypes: [{ mediaType: "image/png" }] };
    await ask("frames", () => client.retrieveInstanceFrames(frames));
    await ask("frames, single", () => single.retrieveInstanceFrames(frames));
    await ask("frames, as stored", () => client.retrieveInstanceFrames({ ...frames, mediaTypes: [octets("*")] }));
    await ask("frames, shared types", () => client.retrieveInstanceFrames({ ...frames, mediaTypes: SHARED }));
    await ask("rendered", () => client.retrieveInstanceRendered(which));
    // Of several frames a single picture is a moving one.
    const mediaTypes = [{ mediaType: model["00280008"] ? "image/gif" : "image/png" }];
    await ask("rendered, as asked", () =>
        client.retrieveInstanceRendered({ ...which, mediaTypes, queryParams: { viewport: "64,64", quality: 80 } }));
    await ask("thumbnail", () => client.retrieveInstanceThumbnail(which));
    await ask("frames rendered", () => client.retrieveInstanceFramesRendered({ ...frames, ...png }));
    await ask("frames thumbnail", () => client.retrieveInstanceFramesThumbnail(frames));
}

async function main() {
    const datasets = files.map((file) => new Uint8Array(fs.readFileSync(file)).buffer);
    await ask("store", () => client.storeInstances({ datasets }));
    const queryParams = { limit: 50, includefield: "all" };
    for (const match of await ask("studies", () => client.searchForStudies({ queryParams }))) {
        const study = { studyInstanceUID: first(match, "0020000D") };
        await ask("study metadata", () => client.retrieveStudyMetadata(study));
        await ask("study", () => client.retrieveStudy(study));
        for (const row of await ask("series", () => client.searchForSeries(study))) {
            const series = { ...study, seriesInstanceUID: first(row, "0020000E") };
            await ask("series metadata", () => client.retrieveSeriesMetadata(series));
            await ask("a series", () => client.retrieveSeries(series));
            for (const one of await ask("instances", () => client.searchForInstances(series))) {
                await instance({ ...series, sopInstanceUID: first(one, "00080018") });
            }
        }
    }
    console.log(JSON.stringify({ done, failed }));
}

main();
