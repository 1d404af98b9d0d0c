// Small line drawings, 24 by 24, made for this page.

const PATHS = {
  send: ["M4 12 20 4l-5 16-4-6z", "M11 14l4-4"],
  plus: ["M12 5v14", "M5 12h14"],
  smile: ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M8.5 14.5c1.8 2.6 5.2 2.6 7 0", "M9 9.5v.2", "M15 9.5v.2"],
  close: ["M6 6l12 12", "M18 6 6 18"],
  more: ["M5 11.2a.8.8 0 1 0 0 1.6.8.8 0 0 0 0-1.6z", "M12 11.2a.8.8 0 1 0 0 1.6.8.8 0 0 0 0-1.6z", "M19 11.2a.8.8 0 1 0 0 1.6.8.8 0 0 0 0-1.6z"],
  help: ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8", "M12 16.7v.1"],
  sun: ["M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M12 2.5v2", "M12 19.5v2", "M2.5 12h2", "M19.5 12h2", "M5.3 5.3l1.4 1.4", "M17.3 17.3l1.4 1.4", "M18.7 5.3l-1.4 1.4", "M6.7 17.3l-1.4 1.4"],
  moon: ["M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z"],
  auto: ["M12 3.5a8.5 8.5 0 1 0 0 17z", "M12 3.5a8.5 8.5 0 0 1 0 17"],
  reply: ["M10 6 4 12l6 6", "M4 12h9c4 0 7 2 7 6"],
  edit: ["M5 19l1-4L16.5 4.5l3 3L9 18z", "M14 7l3 3"],
  undo: ["M8 5 4 9l4 4", "M4 9h10a5 5 0 0 1 0 10h-4"],
  photo: ["M4 5h16v14H4z", "M4 16l5-5 4 4 3-3 4 4", "M15.5 9v.1"],
  photos: ["M7 4h13v12H7z", "M4 8v12h13", "M7 13l4-4 3 3 2-2 4 4"],
  video: ["M4 6h11v12H4z", "M15 10l5-3v10l-5-3z"],
  audio: ["M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3z", "M6 11a6 6 0 0 0 12 0", "M12 17v4"],
  file: ["M6 3h8l4 4v14H6z", "M14 3v4h4", "M9 12h6", "M9 16h6"],
  contact: ["M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M4.5 20c1-4 4-5.5 7.5-5.5s6.5 1.5 7.5 5.5"],
  place: ["M12 21s-7-6.5-7-11.5a7 7 0 0 1 14 0C19 14.5 12 21 12 21z", "M12 7a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z"],
  button: ["M4 7h16v8H4z", "M12 11l4 9 1.5-3.5L21 15z"],
  ad: ["M4 10v4h3l8 4V6l-8 4z", "M18 9.5a4 4 0 0 1 0 5"],
  device: ["M4 15v4h16v-4", "M12 4v11", "M8 8l4-4 4 4"],
  check: ["M5 13l4 4L19 7"],
  checks: ["M2.5 13l4 4L15 8", "M11 16l1 1L21.5 7"],
  clock: ["M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z", "M12 7.5V12l3 2"],
  alert: ["M12 3.5 21.5 20h-19z", "M12 10v4.5", "M12 17.2v.1"],
  down: ["M12 5v14", "M6 13l6 6 6-6"],
  left: ["M15 5l-7 7 7 7"],
  right: ["M9 5l7 7-7 7"],
  out: ["M13 5h6v6", "M19 5l-9 9", "M17 14v5H5V7h5"],
  stop: ["M8.5 3.5h7l5 5v7l-5 5h-7l-5-5v-7z", "M9 12h6"],
};

const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: "0 0 24 24", class: "drawing", "aria-hidden": "true", focusable: "false" };
  for (const [key, value] of Object.entries(attributes)) drawing.setAttribute(key, value);
  for (const d of PATHS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    drawing.append(path);
  }
  return drawing;
}
