// Upload: the chosen files as a table by patient, study and series, with ticks, and how much of each is sent.
(() => {
  "use strict";

  const section = document.querySelector("[data-chosen]");
  if (!section) return;
  const { counted } = window.cimar;
  const body = section.querySelector("tbody");
  const language = document.documentElement.lang;
  const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const megabytes = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const MB = 1024 * 1024;
  const MOST_NAMES = 50;

  const size = (bytes) => `${megabytes.format(Math.max(0.1, bytes / MB))} MB`;
  const sum = (files) => files.reduce((total, { file }) => total + file.size, 0);

  function dated(raw) {
    const [, year, month, date] = raw.match(/^(\d{4})\.?(\d{2})\.?(\d{2})$/) ?? [];
    return year ? day.format(new Date(Date.UTC(year, month - 1, date))) : raw;
  }

  // "Family, Given Middle" of the first form of the name that is written.
  function named(raw) {
    const written = raw.split("=").find((form) => form.replace(/[\^\s]/g, "")) ?? "";
    const [family, ...given] = written.split("^").map((part) => part.trim());
    return [family, given.filter(Boolean).join(" ")].filter(Boolean).join(", ");
  }

  function place(map, key, made) {
    if (!map.has(key)) map.set(key, made());
    return map.get(key);
  }

  const DIFFER = ["name", "id", "issuer", "born"];

  // Two files are of one patient when their names or MRNs are the same and nothing that both say differs.
  function isSame(is, other) {
    const alike = (field) => is[field] && is[field] === other[field];
    return (alike("id") || alike("name")) && DIFFER.every((field) => !is[field] || !other[field] || alike(field));
  }

  function patientOf(all, read) {
    const is = { ...read, name: named(read.name), key: named(read.name).toLowerCase() };
    const compared = ({ key, id, issuer, born }) => ({ name: key, id, issuer, born });
    let patient = all.find((known) => isSame(compared(known.is), compared(is)));
    if (!patient) all.push((patient = { is, inside: new Map() }));
    for (const field in is) patient.is[field] ||= is[field];
    return patient;
  }

  function grouped(files) {
    const all = [];
    for (const chosen of files) {
      const patient = patientOf(all, chosen.patient);
      const study = place(patient.inside, chosen.study.uid, () => ({ is: chosen.study, inside: new Map() }));
      const series = place(study.inside, chosen.series.uid, () => ({ is: chosen.series, files: [] }));
      series.files.push(chosen);
    }
    return all;
  }

  const filesIn = (group) => group.files ?? [...group.inside.values()].flatMap(filesIn);

  const WORDS = {
    patient: ({ is }) => [is.name || section.dataset.noName, [is.id && `${section.dataset.mrn} ${is.id}`, is.born && `${section.dataset.born} ${dated(is.born)}`, is.sex]],
    study: ({ is }) => [is.words || section.dataset.noWords, [dated(is.date)]],
    series: ({ is }) => [is.words || section.dataset.noWords, [is.modality]],
  };

  // A row whose box ticks all of `files`.
  function addRow(kind, files, [title, more]) {
    const row = section.querySelector("template[data-row]").content.cloneNode(true).firstElementChild;
    row.classList.add(`chosen-${kind}`);
    row.querySelector("[data-title]").textContent = title;
    row.querySelector("[data-more]").textContent = more.filter(Boolean).join(" · ");
    const count = row.querySelector("[data-count]");
    count.textContent = counted(count, files.length);
    row.querySelector("[data-size]").textContent = size(sum(files));
    const box = row.querySelector("input");
    box.addEventListener("change", () => {
      for (const chosen of files) chosen.wanted = box.checked;
      update();
    });
    body.append(row);
    rows.push({ box, files, sent: row.querySelector("[data-sent]") });
  }

  let rows = [];
  let patients = [];
  let chosen = [];

  function addGroups(kinds, groups) {
    const [kind, ...below] = kinds;
    for (const group of groups) {
      addRow(kind, filesIn(group), WORDS[kind](group));
      if (below.length) addGroups(below, [...group.inside.values()]);
    }
  }

  function draw(files) {
    chosen = files;
    for (const file of files) file.wanted ??= file.kind !== "other";
    const of = (kind) => files.filter((file) => file.kind === kind);
    rows = [];
    body.replaceChildren();
    patients = grouped(of("image"));
    addGroups(["patient", "study", "series"], patients);
    for (const zip of of("zip")) addRow("apart", [zip], [zip.path, [section.dataset.zip]]);
    const unread = of("unread");
    if (unread.length) addRow("apart", unread, [section.dataset.unread, []]);
    drawOthers(of("other"));
    section.hidden = files.length === 0;
    update();
  }

  function drawOthers(files) {
    const others = section.querySelector("[data-others]");
    others.hidden = files.length === 0;
    const count = others.querySelector("[data-others-count]");
    count.textContent = count.dataset.words.replace("{files}", counted(count, files.length));
    const names = files.slice(0, MOST_NAMES).map(({ path }) => {
      const item = document.createElement("li");
      item.textContent = path;
      return item;
    });
    if (files.length > MOST_NAMES) names.push("…");
    others.querySelector("ul").replaceChildren(...names);
    const box = others.querySelector("input");
    box.checked = files.length > 0 && files.every(({ wanted }) => wanted);
    box.onchange = () => {
      for (const file of files) file.wanted = box.checked;
      update();
    };
  }

  const wanted = () => chosen.filter((file) => file.wanted);
  const patientsWanted = () => patients.filter((patient) => filesIn(patient).some((file) => file.wanted)).length;

  function update() {
    for (const { box, files } of rows) {
      const ticked = files.filter((file) => file.wanted).length;
      box.checked = ticked === files.length;
      box.indeterminate = ticked > 0 && ticked < files.length;
    }
    const total = section.querySelector("[data-total]");
    total.textContent = `${counted(total, wanted().length)}, ${size(sum(wanted()))}`;
    const several = section.querySelector("[data-several]");
    const number = patientsWanted();
    several.hidden = number < 2;
    if (several.dataset.number !== String(number)) several.querySelector("input").checked = false;
    several.dataset.number = number;
    const words = several.querySelector("[data-several-words]");
    words.textContent = words.dataset.words.replace("{patients}", counted(words, number));
    if (several.hidden || several.querySelector("input").checked) several.querySelector("[data-several-missing]").hidden = true;
  }

  // How much of each row has arrived; from then on nothing can be ticked.
  function showArrived(arrived) {
    section.classList.add("is-sending");
    for (const box of section.querySelectorAll("input, [data-clear]")) box.disabled = true;
    for (const { files, sent } of rows) {
      const going = files.filter((file) => file.wanted);
      const done = going.filter((file) => arrived.has(file.mark)).length;
      sent.textContent = going.length ? `${done} / ${going.length}` : "–";
    }
  }

  // Whether everything may go; otherwise the tick that is missing has the focus and its sentence.
  function confirmed() {
    const several = section.querySelector("[data-several]");
    const box = several.querySelector("input");
    if (several.hidden || box.checked) return true;
    several.querySelector("[data-several-missing]").hidden = false;
    box.focus();
    return false;
  }

  section.querySelector("[data-several] input").addEventListener("change", update);

  Object.assign(window.cimar.upload, { draw, wanted, confirmed, showArrived });
})();
