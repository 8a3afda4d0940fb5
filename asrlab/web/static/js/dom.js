/** Building the page: every text goes through a text node, so what a transcript holds is never markup. */

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

/** An element with properties (`class`, `data`, `on`, attributes) and children; strings become text nodes. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "value" || name === "checked" || name === "selected") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Replaces what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
}

const PATHS = {
  play: "M7 5l12 7-12 7z",
  pause: "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z",
  back: "M11 7L5 12l6 5zM19 7l-6 5 6 5z",
  loop: "M17 3l3 3-3 3M4 11V9a3 3 0 0 1 3-3h13M7 21l-3-3 3-3M20 13v2a3 3 0 0 1-3 3H4",
  zoomIn: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l5 5M8 11h6M11 8v6",
  zoomOut: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l5 5M8 11h6",
  check: "M4 12.5l5 5L20 6.5",
  cross: "M6 6l12 12M18 6L6 18",
  skip: "M5 6l8 6-8 6zM17 6v12",
  edit: "M4 20l1-4L16 5l3 3L8 19zM13.5 7.5l3 3",
  undo: "M8 5L4 9l4 4M4 9h10a5 5 0 0 1 0 10h-4",
  split: "M12 3v18M8 8l-4 4 4 4M16 8l4 4-4 4",
  merge: "M12 3v18M4 8l4 4-4 4M20 8l-4 4 4 4",
  compare: "M4 5h7v14H4zM13 5h7v14h-7z",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M19 5l-1.4 1.4M6.4 17.6L5 19",
  moon: "M19 14.5A8 8 0 0 1 9.5 5a8 8 0 1 0 9.5 9.5z",
  keyboard: "M3 7h18v10H3zM7 10h.01M11 10h.01M15 10h.01M17.500 13h.01M8 14h7",
  flag: "M6 21V4M6 4h11l-2 4 2 4H6",
  doubt: "M12 17h.01M9.500 9a2.500 2.500 0 1 1 3.500 2.300c-.7.3-1 .8-1 1.700v.5",
  history: "M4 12a8 8 0 1 0 3-6.200M4 4v4h4M12 8v4l3 2",
};
const FILLED = new Set(["play", "pause", "back", "skip"]);

/** A drawn sign; what it means is said by the text or label beside it. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", FILLED.has(name) ? "sign filled" : "sign");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** Keys as they are printed on a keyboard. */
export function kbd(combination) {
  return h("kbd", { "aria-hidden": "true" }, combination);
}

/** Seconds as h:mm:ss or m:ss with so many decimals. */
export function time(seconds, decimals = 1) {
  const unit = 10 ** decimals;
  const whole = Math.max(0, Math.round(seconds * unit));
  const hours = Math.floor(whole / (3600 * unit));
  const minutes = Math.floor(whole / (60 * unit)) % 60;
  const rest = ((whole % (60 * unit)) / unit).toFixed(decimals).padStart(decimals ? decimals + 3 : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** How long something takes, in words. */
export function span(seconds) {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

export const percent = (share) => (share === null || share === undefined ? "–" : `${(share * 100).toFixed(1)} %`);

/** The last part of a place, which is what people call a file by. */
export const fileName = (place) => String(place ?? "").split(/[\\/]/).pop() || String(place ?? "");

const LANGUAGE_NAMES = new Intl.DisplayNames(["en"], { type: "language" });

/** "de" → "German (de)"; what is no tag stays as it is. */
export function languageName(tag) {
  if (!tag) return "";
  try {
    const name = LANGUAGE_NAMES.of(tag);
    return name && name !== tag ? `${name} (${tag})` : tag;
  } catch (error) {
    if (error instanceof RangeError) return tag;
    throw error;
  }
}
