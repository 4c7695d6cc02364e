// Upload: what the chosen files are, read from their first bytes in the browser. Nothing is sent from here.
(() => {
  "use strict";

  // Nearly every header ends before the first; the second is for long sequences in front of the identifiers.
  const HEAD = 32 * 1024;
  const LONG_HEAD = 1024 * 1024;
  const AT_ONCE = 8;
  const DIRECTORY = "1.2.840.10008.1.3.10";
  const SERIES_UID = "x0020000e";

  // The text of a file by its Specific Character Set; what is not in this list is read as UTF-8, else as Latin.
  const ENCODINGS = {
    100: "iso-8859-1", 101: "iso-8859-2", 109: "iso-8859-3", 110: "iso-8859-4", 144: "iso-8859-5", 127: "iso-8859-6",
    126: "iso-8859-7", 138: "iso-8859-8", 148: "iso-8859-9", 203: "iso-8859-15", 166: "windows-874", 13: "shift_jis",
    87: "iso-2022-jp", 159: "iso-2022-jp", 149: "euc-kr", 58: "gb2312", 192: "utf-8",
  };

  function decoderFor(sets) {
    const last = sets.split("\\").map((set) => set.trim()).filter(Boolean).pop() ?? "";
    const number = last.match(/(\d+)$/)?.[1];
    return new TextDecoder(ENCODINGS[number] ?? (/^GB(K|18030)$/.test(last) ? "gb18030" : "utf-8"));
  }

  function bytesOf(data, tag) {
    const element = data.elements[tag];
    if (!element || element.dataOffset + element.length > data.byteArray.length) return null;
    return data.byteArray.subarray(element.dataOffset, element.dataOffset + element.length);
  }

  const plain = (data, tag) => new TextDecoder("iso-8859-1").decode(bytesOf(data, tag) ?? new Uint8Array());
  const code = (data, tag) => plain(data, tag).replace(/[\0 ]+$/, "").trim();

  function text(data, tag, decoder) {
    const bytes = bytesOf(data, tag);
    if (!bytes) return "";
    let words = decoder.decode(bytes);
    if (words.includes("\ufffd")) words = plain(data, tag);
    // Of a Korean name the escapes are no text.
    return words.replace(/\x1b\$?[()][A-Z0-9]/g, "").replace(/\0/g, "").trim();
  }

  function begins(bytes, ...start) {
    return start.every((value, index) => bytes[index] === value);
  }

  function isPart10(bytes) {
    return bytes.length > 132 && begins(bytes.subarray(128, 132), 0x44, 0x49, 0x43, 0x4d);
  }

  // Files of scanners that lack the first 132 bytes begin with an element of group 2 or 8, in either byte order.
  function mayBeBare(bytes) {
    return [2, 8].some((group) => begins(bytes, group, 0) || begins(bytes, 0, group));
  }

  // The elements up to the identifier of the series, as far as these bytes reach.
  function elementsIn(bytes) {
    try {
      return window.dicomParser.parseDicom(bytes, { untilTag: SERIES_UID });
    } catch (error) {
      return error?.dataSet ?? null;
    }
  }

  function described(data) {
    const decoder = decoderFor(code(data, "x00080005"));
    return {
      kind: "image",
      patient: {
        name: text(data, "x00100010", decoder),
        id: text(data, "x00100020", decoder),
        issuer: text(data, "x00100021", decoder),
        born: code(data, "x00100030"),
        sex: code(data, "x00100040"),
      },
      study: { uid: code(data, "x0020000d"), date: code(data, "x00080020"), words: text(data, "x00081030", decoder) },
      series: { uid: code(data, SERIES_UID), modality: code(data, "x00080060"), words: text(data, "x0008103e", decoder) },
    };
  }

  // What a file is: an image, a ZIP, a file that only the server can read, or one that is no DICOM.
  async function kindOf(file, head) {
    if (begins(head, 0x50, 0x4b, 3, 4) || begins(head, 0x50, 0x4b, 5, 6)) return { kind: "zip" };
    if (!isPart10(head)) return { kind: mayBeBare(head) ? "unread" : "other" };
    let data = elementsIn(head);
    if (data && code(data, "x00020002") === DIRECTORY) return { kind: "other" };
    if (data && !code(data, SERIES_UID) && file.size > HEAD) {
      data = elementsIn(new Uint8Array(await file.slice(0, LONG_HEAD).arrayBuffer()));
    }
    const read = data && described(data);
    return read?.series.uid && read.study.uid ? read : { kind: "unread" };
  }

  // By which the same file is known again: a digest of its first bytes, path, size and time, which tells nobody anything.
  async function markOf({ file, path }, head) {
    const about = new TextEncoder().encode(JSON.stringify([path, file.size, file.lastModified]));
    const digest = await crypto.subtle.digest("SHA-256", await new Blob([about, head]).arrayBuffer());
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async function read(chosen) {
    try {
      const head = new Uint8Array(await chosen.file.slice(0, HEAD).arrayBuffer());
      // Browsers give digests to pages that came encrypted, or from this machine, alone.
      if (window.crypto?.subtle) chosen.mark = await markOf(chosen, head);
      Object.assign(chosen, await kindOf(chosen.file, head));
    } catch {
      // It went away or may not be read: the person is told by the server's list, or when it is sent.
      chosen.kind = "unread";
    }
  }

  async function readAll(all, progress) {
    const waiting = [...all];
    let done = 0;
    const work = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        await read(next);
        progress(++done, all.length);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  const opened = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));
  const listed = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));

  async function inEntry(entry, path, into) {
    if (entry.isFile) {
      into.push({ file: await opened(entry), path });
      return;
    }
    const reader = entry.createReader();
    // A browser lists a folder in portions; the last one is empty.
    for (let part = await listed(reader); part.length; part = await listed(reader)) {
      for (const inside of part) await inEntry(inside, `${path}/${inside.name}`, into);
    }
  }

  // Of what was dropped: every file, with its path. To be called before the event is over.
  function dropped(transfer) {
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    return (async () => {
      const into = [];
      for (const entry of entries) await inEntry(entry, entry.name, into);
      return into;
    })();
  }

  const chosenIn = (input) => [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));

  window.cimar.upload = { readAll, dropped, chosenIn };
})();
