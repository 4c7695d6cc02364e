// Upload: choosing files, the table of what they are, and sending those that are ticked. Without this script the form
// works as it is.
(() => {
  "use strict";

  const form = document.querySelector("[data-upload]");
  if (!form) return;
  const { readAll, dropped, chosenIn, draw, wanted, confirmed, showArrived, sender } = window.cimar.upload;
  const line = form.querySelector("[data-upload-progress]");
  const bar = line.querySelector("progress");
  const button = form.querySelector('button[type="submit"]');
  // A form's texts may not be larger: then the files keep their bare names.
  const LONGEST = 400_000;

  const megabytes = (bytes) => Math.max(1, Math.round(bytes / 1024 / 1024)).toLocaleString(document.documentElement.lang);
  const number = (count) => count.toLocaleString(document.documentElement.lang);

  function say(words) {
    line.hidden = !words;
    line.querySelector("[data-upload-words]").textContent = words;
  }

  // Choosing: what is chosen again replaces its like, and what is chosen later is added.

  const chosen = new Map();
  let reading = Promise.resolve();

  async function add(files) {
    for (const file of files) chosen.set(file.path, file);
    bar.hidden = false;
    await readAll(files, (done, total) => {
      bar.max = total;
      bar.value = done;
      if (done % 25 === 0) say(line.dataset.reading.replace("{done}", number(done)).replace("{total}", number(total)));
    });
    say("");
    draw([...chosen.values()]);
  }

  function addLater(files) {
    reading = reading.then(async () => add(await files)).catch(() => stopped("failed"));
  }

  for (const input of form.querySelectorAll('input[type="file"]')) {
    input.addEventListener("change", () => {
      const files = chosenIn(input);
      // So that the same folder may be chosen once more. The table has the files.
      input.value = "";
      if (files.length) addLater(files);
    });
  }

  const zone = form.querySelector("[data-drop]");
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("is-over");
  });
  form.addEventListener("dragleave", (event) => {
    if (!form.contains(event.relatedTarget)) zone.classList.remove("is-over");
  });
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("is-over");
    addLater(dropped(event.dataTransfer));
  });

  form.querySelector("[data-clear]").addEventListener("click", () => {
    chosen.clear();
    draw([]);
    form.querySelector('input[type="file"]').focus();
  });

  // Sending in parts

  const controls = form.querySelector("[data-while-sending]");
  const pause = form.querySelector("[data-pause]");
  const resume = form.querySelector("[data-resume]");
  const failure = form.querySelector("[data-upload-error]");
  let sending = null;
  let isLeaving = false;

  function fail(sentence) {
    failure.hidden = !sentence;
    failure.textContent = sentence;
  }

  function running(isRunning) {
    pause.hidden = !isRunning;
    resume.hidden = isRunning;
    bar.hidden = !isRunning;
  }

  const filled = (words, values) => words.replace(/{(\w+)}/g, (whole, name) => values[name] ?? whole);

  function begin(files) {
    const inputs = form.querySelectorAll('input[type="file"]');
    const show = {
      started: ({ progress }) => window.htmx.ajax("GET", progress, { target: "[data-follow]", swap: "innerHTML" }),
      arrived: showArrived,
      progress: ({ sent, total, done, path }) => {
        bar.max = total;
        bar.value = sent;
        const { sending: words, file } = line.dataset;
        const name = path.split("/").pop();
        say(`${filled(words, { sent: megabytes(sent), total: megabytes(total) })} · ${filled(file, { done: number(done + 1), total: number(files.length), name })}`);
      },
      waiting: () => say(line.dataset.waiting),
      finished: (url) => {
        isLeaving = true;
        location.assign(url);
      },
      halted: ({ why, sentence }, done) => {
        running(false);
        resume.focus();
        say(filled(line.dataset.paused, { done: number(done), total: number(files.length) }));
        if (why === "signed-out") document.getElementById("sign-in-again")?.showModal();
        if (why === "signed-out") fail(line.dataset.signedOut);
        if (why === "unreadable") fail(filled(line.dataset.unreadable, { name: sentence }));
        if (why === "refused") fail(sentence);
      },
    };
    const unfinished = [...document.querySelectorAll("[data-unfinished]")].map((known) => JSON.parse(known.dataset.unfinished));
    const token = () => form.elements.csrfmiddlewaretoken.value;
    sending = sender({ action: form.action, begin: form.dataset.begin, unfinished, files, token, show });
    for (const input of inputs) input.disabled = true;
    form.querySelector("[data-before-sending]").hidden = button.hidden = zone.hidden = true;
    controls.hidden = false;
    goOn();
    pause.focus();
  }

  function goOn() {
    fail("");
    running(true);
    bar.removeAttribute("value");
    say(line.dataset.marking);
    sending.send().catch(() => stopped("failed"));
  }

  pause.addEventListener("click", () => sending.pause());
  resume.addEventListener("click", () => {
    goOn();
    pause.focus();
  });
  form.querySelector("[data-stop]").addEventListener("click", () => {
    isLeaving = true;
    sending.stop().catch(() => stopped("failed"));
  });
  window.addEventListener("beforeunload", (event) => {
    if (sending && !isLeaving) event.preventDefault();
  });

  // Sending all in a single request: where nothing is chosen, which the server says, or the browser makes no digests.

  function content(files) {
    const data = new FormData();
    data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    const paths = JSON.stringify(files.map(({ path }) => path));
    if (paths.length < LONGEST) data.append("paths", paths);
    for (const { file } of files) data.append("folder", file, file.name);
    return data;
  }

  function stopped(name) {
    button.disabled = false;
    bar.hidden = true;
    say(window.cimar.sentence(name));
  }

  function answered(request) {
    if (request.status === 422) {
      // The form again, with what is wrong with it.
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const errors = page.querySelector("[data-upload] [role=alert]");
      form.querySelectorAll(":scope > [role=alert]").forEach((old) => old.remove());
      if (errors) form.prepend(errors);
      stopped("failed");
      if (errors) line.hidden = true;
      errors?.focus();
    } else if (request.status < 400) {
      // The page of the upload, or the one that asks to sign in.
      location.assign(request.responseURL);
    } else {
      stopped("failed");
    }
  }

  function sendAtOnce(files) {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", ({ loaded, total, lengthComputable }) => {
      if (!lengthComputable) return;
      bar.max = total;
      bar.value = loaded;
      const { sending, sent } = line.dataset;
      say(loaded < total ? sending.replace("{sent}", megabytes(loaded)).replace("{total}", megabytes(total)) : sent);
    });
    request.addEventListener("load", () => answered(request));
    request.addEventListener("error", () => stopped("no-connection"));
    request.open("POST", form.action);
    line.hidden = bar.hidden = false;
    bar.removeAttribute("value");
    say(line.dataset.begins);
    request.send(content(files));
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    await reading;
    const files = wanted();
    const large = files.find(({ file }) => file.size > Number(form.dataset.most));
    fail(large ? filled(line.dataset.large, { name: large.path }) : "");
    if (large || !confirmed()) button.disabled = false;
    else if (files.length && files.every(({ mark }) => mark)) begin(files);
    else sendAtOnce(files);
  });
})();
