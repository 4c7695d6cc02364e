/** The picture of a pane that is saved or printed: as on the screen, with the patient line under it. */

const PAD = 8;

/** @returns {Promise<HTMLCanvasElement>} */
export async function compose(pane, { patient, reference }) {
  pane.draw();
  const { canvas, size } = pane;
  const ratio = canvas.width / size[0];
  const font = Math.round(13 * ratio);
  const foot = [patient, reference].filter(Boolean);
  const sheet = document.createElement("canvas");
  sheet.width = canvas.width;
  sheet.height = canvas.height + (foot.length ? foot.length * font * 1.5 + PAD * ratio * 2 : 0);
  const context = sheet.getContext("2d");
  context.fillStyle = "#000";
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.drawImage(canvas, 0, 0);
  if (!pane.overlay.canvas.hidden) context.drawImage(pane.overlay.canvas, 0, 0, canvas.width, canvas.height);
  context.drawImage(await marksOf(pane), 0, 0, canvas.width, canvas.height);
  words(context, pane, ratio, font);
  context.textAlign = "left";
  context.textBaseline = "top";
  foot.forEach((line, i) => {
    context.font = `${i === foot.length - 1 && reference ? "bold " : ""}${fitting(context, line, font, sheet.width - 2 * PAD * ratio)}px system-ui, sans-serif`;
    context.fillStyle = "#fff";
    context.fillText(line, PAD * ratio, canvas.height + PAD * ratio + i * font * 1.5);
  });
  return sheet;
}

function fitting(context, line, font, most) {
  context.font = `${font}px system-ui, sans-serif`;
  return Math.max(6, Math.min(font, Math.floor((font * most) / context.measureText(line).width)));
}

async function marksOf(pane) {
  const drawing = pane.corners.drawing.cloneNode(true);
  const [width, height] = pane.size;
  for (const [name, value] of Object.entries({ xmlns: "http://www.w3.org/2000/svg", width, height })) drawing.setAttribute(name, value);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(drawing))}`;
  await image.decode();
  return image;
}

/** What stands in the corners and at the edges, where it stands. */
function words(context, pane, ratio, font) {
  const { corners, canvas } = pane;
  const [width, height, pad] = [canvas.width, canvas.height, PAD * ratio];
  const line = font * 1.35;
  context.font = `${font}px system-ui, sans-serif`;
  context.shadowColor = "#000";
  context.shadowBlur = 3 * ratio;
  context.fillStyle = "#fff";
  const block = (lines, right, bottom) => {
    const all = lines.filter(Boolean);
    context.textAlign = right ? "right" : "left";
    context.textBaseline = "top";
    const top = bottom ? height - pad - all.length * line : pad;
    all.forEach((text, i) => context.fillText(text, right ? width - pad : pad, top + i * line));
  };
  block(corners.which(), false, false);
  block(corners.marks(), true, false);
  block(corners.how(), false, true);
  block(corners.where(), true, true);
  const letters = pane.edges || {};
  context.textAlign = "center";
  context.textBaseline = "middle";
  const places = { left: [pad * 1.5, height / 2], right: [width - pad * 1.5, height / 2], top: [width / 2, pad * 1.5], bottom: [width / 2, height - pad * 1.5] };
  for (const [edge, place] of Object.entries(places)) if (letters[edge]) context.fillText(letters[edge], ...place);
  context.shadowBlur = 0;
}
