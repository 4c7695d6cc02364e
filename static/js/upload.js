// Upload: the paths of a folder's files, and how far the files are sent. Without this script the form works as it is.
(() => {
  "use strict";

  const form = document.querySelector("[data-upload]");
  if (!form) return;
  const line = form.querySelector("[data-upload-progress]");
  const bar = line.querySelector("progress");
  const button = form.querySelector('button[type="submit"]');
  // A form's texts may not be larger: then the files keep their bare names.
  const LONGEST = 400_000;

  const megabytes = (bytes) => Math.max(1, Math.round(bytes / 1024 / 1024)).toLocaleString(document.documentElement.lang);

  function withPaths() {
    const folder = form.querySelector("[webkitdirectory]");
    const paths = JSON.stringify([...folder.files].map((file) => file.webkitRelativePath || file.name));
    form.elements.paths.value = folder.files.length && paths.length < LONGEST ? paths : "";
    return new FormData(form);
  }

  function say(words) {
    line.querySelector("[data-upload-words]").textContent = words;
  }

  function stopped(name) {
    button.disabled = false;
    bar.hidden = true;
    say(window.cimar.sentence(name));
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button.disabled) return;
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", ({ loaded, total, lengthComputable }) => {
      if (!lengthComputable) return;
      bar.max = total;
      bar.value = loaded;
      const { sending, sent } = line.dataset;
      say(loaded < total ? sending.replace("{sent}", megabytes(loaded)).replace("{total}", megabytes(total)) : sent);
    });
    request.addEventListener("load", () => {
      if (request.status === 422) {
        // The form again, with what is wrong with it.
        const page = new DOMParser().parseFromString(request.responseText, "text/html");
        const errors = page.querySelector("[data-upload] [role=alert]");
        form.querySelectorAll("[role=alert]").forEach((old) => old.remove());
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
    });
    request.addEventListener("error", () => stopped("no-connection"));
    request.open("POST", form.action);
    line.hidden = bar.hidden = false;
    button.disabled = true;
    bar.removeAttribute("value");
    say(line.dataset.begins);
    request.send(withPaths());
  });
})();
