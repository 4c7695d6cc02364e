// Upload: sending files in parts, one request after the other; a large file in pieces. What has arrived is not sent
// again, after a pause, a broken connection, or when the same files are chosen on a page that was opened anew.
(() => {
  "use strict";

  const PART_FILES = 50;
  const PART_BYTES = 16 * 1024 * 1024;
  const SECONDS_BETWEEN = [1, 2, 5, 10, 20, 30];
  const SILENT_SECONDS = 90;
  const AGAIN_LATER = [0, 408, 429, 500, 502, 503, 504];

  // Why sending does not go on: "later", "paused", "signed-out", "unreadable", or a refusal with its sentence.
  class Halt extends Error {
    constructor(why, sentence = "") {
      super(why);
      Object.assign(this, { why, sentence });
    }
  }

  function haltOf(status, text) {
    if (AGAIN_LATER.includes(status)) return new Halt("later");
    if (status === 401) return new Halt("signed-out");
    let sentence = "";
    try {
      sentence = JSON.parse(text).sentence ?? "";
    } catch {
      // A page, which says it in its own way.
    }
    return new Halt("refused", sentence || window.cimar.sentence("failed"));
  }

  async function ask(url, fields) {
    const options = { credentials: "same-origin", headers: { "HX-Request": "true", Accept: "application/json" } };
    if (fields) Object.assign(options, { method: "POST", body: new URLSearchParams(fields) });
    let answer;
    try {
      answer = await fetch(url, options);
    } catch {
      throw new Halt("later");
    }
    const text = await answer.text();
    if (!answer.ok) throw haltOf(answer.status, text);
    return text;
  }

  // What is sent of a file: all of it, or of a larger one the piece behind what has arrived.
  function nextPiece(chosen, begun) {
    const start = begun.get(chosen.mark) ?? 0;
    return { chosen, start, end: Math.min(chosen.file.size, start + PART_BYTES) };
  }

  const sizeOf = (files) => files.reduce((total, { file }) => total + file.size, 0);

  function nextPart(waiting) {
    const part = [];
    let size = 0;
    for (const chosen of waiting) {
      if (chosen.file.size > PART_BYTES && part.length === 0) return [chosen];
      if (part.length === PART_FILES || (part.length && size + chosen.file.size > PART_BYTES)) break;
      part.push(chosen);
      size += chosen.file.size;
    }
    return part;
  }

  // Throws for the first file that went away or was changed: the browser only says that the request failed.
  async function checkReadable(part) {
    for (const { file, path } of part) {
      try {
        await file.slice(0, 1).arrayBuffer();
      } catch {
        throw new Halt("unreadable", path);
      }
    }
  }

  // `token` gives the form's token, `show` is called with what there is to see.
  function sender({ action, begin, unfinished, files, token, show }) {
    let urls = null;
    let request = null;
    // Pausing, continuing and stopping each begin a new turn: what belongs to an earlier turn ends.
    let turn = 0;
    let wake = () => {};
    const arrived = new Set();
    // By mark, how much of a large file has arrived.
    const begun = new Map();
    const total = sizeOf(files);

    const askArrived = async (known) => JSON.parse(await ask(known.arrived));
    const csrf = () => ({ csrfmiddlewaretoken: token() });

    // The interrupted upload that most of these files belong to, or a new upload.
    async function start() {
      let most = 0;
      for (const known of unfinished) {
        const there = await askArrived(known);
        const alike = files.filter(({ mark }) => there.marks.includes(mark) || mark in there.begun).length;
        if (alike > most) [most, urls] = [alike, known];
      }
      urls ??= JSON.parse(await ask(begin, { ...csrf(), n_files: files.length, size: total }));
      show.started(urls);
    }

    function post(part, mine) {
      const piece = part[0].file.size > PART_BYTES ? nextPiece(part[0], begun) : null;
      const data = new FormData();
      for (const [name, value] of Object.entries(csrf())) data.append(name, value);
      data.append("upload", urls.upload);
      data.append("mark_list", JSON.stringify(part.map(({ mark }) => mark)));
      data.append("paths", JSON.stringify(part.map(({ path }) => path)));
      if (piece) {
        data.append("start", piece.start);
        data.append("whole", part[0].file.size);
        data.append("folder", part[0].file.slice(piece.start, piece.end), part[0].file.name);
      } else {
        for (const { file } of part) data.append("folder", file, file.name);
      }
      return new Promise((resolve, reject) => {
        request = new XMLHttpRequest();
        let silence = 0;
        const listen = () => {
          clearTimeout(silence);
          silence = setTimeout(() => request.abort(), SILENT_SECONDS * 1000);
        };
        request.upload.addEventListener("progress", ({ loaded }) => {
          listen();
          step(part, loaded);
        });
        request.addEventListener("loadend", () => {
          clearTimeout(silence);
          const { status, responseText } = request;
          request = null;
          if (mine !== turn) reject(new Halt("paused"));
          else if (status === 200) resolve(piece ? JSON.parse(responseText).arrived : null);
          else reject(haltOf(status, responseText));
        });
        request.open("POST", action);
        request.setRequestHeader("HX-Request", "true");
        request.setRequestHeader("Accept", "application/json");
        listen();
        request.send(data);
      });
    }

    // How far all is sent, and which file of this part is on its way.
    function step(part, loaded) {
      const here = files.reduce((sum, { mark, file }) => sum + (arrived.has(mark) ? file.size : (begun.get(mark) ?? 0)), 0);
      let before = 0;
      const current = part.findIndex(({ file }) => (before += file.size) > loaded);
      const at = current < 0 ? part.length - 1 : current;
      show.progress({ sent: Math.min(total, here + loaded), total, done: arrived.size + at, path: part[at].path });
    }

    async function sendRest(mine) {
      if (!urls) await start();
      const there = await askArrived(urls);
      const marks = new Set(there.marks);
      for (const { mark } of files) if (marks.has(mark)) arrived.add(mark);
      for (const [mark, bytes] of Object.entries(there.begun)) begun.set(mark, bytes);
      show.arrived(arrived);
      for (;;) {
        if (mine !== turn) throw new Halt("paused");
        const waiting = files.filter(({ mark }) => !arrived.has(mark));
        if (!waiting.length) return;
        const part = nextPart(waiting);
        step(part, 0);
        let bytes = null;
        try {
          bytes = await post(part, mine);
        } catch (halt) {
          if (halt.why === "later") await checkReadable(part);
          throw halt;
        }
        if (bytes !== null) begun.set(part[0].mark, bytes);
        for (const { mark, file } of part) if (bytes === null || bytes >= file.size) arrived.add(mark);
        tries = 0;
        show.arrived(arrived);
      }
    }

    let tries = 0;

    function rest() {
      const seconds = SECONDS_BETWEEN[Math.min(tries++, SECONDS_BETWEEN.length - 1)];
      return new Promise((resolve) => {
        wake = resolve;
        setTimeout(resolve, seconds * 1000);
      });
    }

    async function finish() {
      await ask(urls.end, csrf());
      show.finished(urls.progress);
    }

    async function run(work) {
      const mine = ++turn;
      while (mine === turn) {
        try {
          await work(mine);
          return;
        } catch (halt) {
          if (!(halt instanceof Halt)) throw halt;
          if (mine !== turn) return;
          if (halt.why !== "later") {
            show.halted(halt, arrived.size);
            return;
          }
          show.waiting();
          await rest();
        }
      }
    }

    window.addEventListener("online", () => wake());

    return {
      send: () => run(async (mine) => {
        await sendRest(mine);
        await finish();
      }),
      pause: () => {
        turn += 1;
        request?.abort();
        wake();
        show.halted(new Halt("paused"), arrived.size);
      },
      stop: () => {
        turn += 1;
        request?.abort();
        wake();
        return run(() => (urls ? finish() : location.reload()));
      },
    };
  }

  window.cimar.upload.sender = sender;
})();
