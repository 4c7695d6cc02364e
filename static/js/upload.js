// Upload: choosing files, the table of what they are, and sending those that are ticked. Without this script the form
// works as it is.
(() => {
  "use strict";

  const form = document.querySelector("[data-upload]");
  if (!form) return;
  const { readAll, dropped, chosenIn, draw, wanted, confirmed } = window.cimar.upload;
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

  // Sending

  function content() {
    const data = new FormData();
    data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    const files = wanted();
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

  function send() {
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
    request.send(content());
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    await reading;
    if (confirmed()) send();
    else button.disabled = false;
  });
})();
