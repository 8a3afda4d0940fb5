/**
 * The waveform: a window of the recording around the segment, its words and borders as regions that can be dragged.
 * Only the window's peaks are fetched and drawn, however long the recording is.
 */

import * as api from "./api.js";
import { byId, h, time } from "./dom.js";
import * as player from "./player.js";
import { doubtOf, emit, on, state } from "./state.js";

// More is shown when asked for: at this width words can be read in their lane.
const FIRST_WINDOW_S = 9;
const FITS_S = 1.5 * FIRST_WINDOW_S;
const SHORTEST_WINDOW_S = 1;
const WIDEST_ZOOM_S = 600;
const SHORTEST_WORD_S = 0.02;
const ZOOM_STEP = 1.6;
const HEIGHT_PX = 96;
// Peaks are still being computed for this stretch: it is looked at again.
const AGAIN_MS = 700;
const LETTER_PX = 6;

/** The media element as wavesurfer is to see it: time 0 is the window's start, and it may only look. */
class WindowClock extends EventTarget {
  start = 0;
  duration = 0;
  src = "";
  currentSrc = "";
  error = null;

  constructor(audio) {
    super();
    this.audio = audio;
    for (const event of ["play", "pause", "ended", "timeupdate", "seeking", "seeked", "ratechange"]) {
      audio.addEventListener(event, () => this.dispatchEvent(new Event(event)));
    }
  }

  get currentTime() { return Math.min(this.duration, Math.max(0, this.audio.currentTime - this.start)); }
  set currentTime(seconds) { this.audio.currentTime = this.start + seconds; }
  get paused() { return this.audio.paused; }
  get ended() { return this.audio.ended; }
  get seeking() { return this.audio.seeking; }
  get readyState() { return this.audio.readyState; }
  get volume() { return this.audio.volume; }
  get muted() { return this.audio.muted; }
  get playbackRate() { return this.audio.playbackRate; }
  play() { return this.audio.play(); }
  pause() { this.audio.pause(); }
}

let surfer = null;
let regions = null;
let clock = null;
let view = { start: 0, end: 0 };
let wanted = null;
let byRegion = new Map();

/** Loads wavesurfer and puts it into the page; without its files the page works on, with a note instead. */
export async function start() {
  let modules;
  try {
    modules = await Promise.all([import("/vendor/wavesurfer/wavesurfer.esm.js"), import("/vendor/wavesurfer/plugins/regions.esm.js")]);
  } catch (error) {
    note("The waveform's files are missing: run “make assets” in a clone, or install asrlab again.");
    return;
  }
  const [{ default: WaveSurfer }, { default: RegionsPlugin }] = modules;
  clock = new WindowClock(player.media);
  regions = RegionsPlugin.create();
  surfer = WaveSurfer.create({
    container: byId("wave"),
    height: HEIGHT_PX,
    media: clock,
    interact: false,
    normalize: false,
    hideScrollbar: true,
    autoScroll: false,
    cursorWidth: 2,
    plugins: [regions],
    cspNonce: document.querySelector("meta[name=csp-nonce]")?.content,
    ...colours(),
  });
  surfer.getWrapper().addEventListener("click", onClick);
  regions.on("region-updated", onDragged);
  regions.on("region-double-clicked", onDoubleClick);
  byId("wave").addEventListener("wheel", onWheel, { passive: false });
}

// Canvas colours are read from the stylesheet, where light and dark are decided.
function colours() {
  const probe = h("span", { class: "wave-colours" });
  byId("wave").append(probe);
  const style = getComputedStyle(probe);
  const found = { waveColor: style.color, progressColor: style.backgroundColor, cursorColor: style.borderTopColor };
  probe.remove();
  return found;
}

export const recolour = () => surfer?.setOptions(colours());

function note(text) {
  const element = byId("wave-note");
  element.textContent = text ?? "";
  element.hidden = !text;
}

const around = (page) => Math.min(3, Math.max(0.4, (page.end_s - page.start_s) * 0.06));

/** Shows a segment with a little around it; of a long one the beginning. */
export function show(page) {
  const from = page.start_s - around(page);
  const to = page.end_s + around(page);
  return look(from, to - from > FITS_S ? from + FIRST_WINDOW_S : to);
}

/** Shows the whole segment, however long. */
export function fit() {
  if (state.page) look(state.page.start_s - around(state.page), state.page.end_s + around(state.page));
}

/** Looks at another window of the same recording. */
export async function look(from, to) {
  const page = state.page;
  if (!page || !surfer || !(to > from)) return;
  const span = Math.min(to - from, WIDEST_ZOOM_S, page.duration_s);
  const start = Math.min(Math.max(0, from), Math.max(0, page.duration_s - span));
  const window = { start, end: start + span };
  view = window;
  wanted?.abort();
  wanted = new AbortController();
  const pixels = Math.max(200, Math.round(byId("wave").clientWidth));
  const request = { start: window.start.toFixed(3), end: window.end.toFixed(3), pixels, channel: page.channel };
  try {
    const [peaks, others] = await Promise.all([
      api.peaks(page.recording_id, request, wanted.signal),
      api.segmentsBetween(page.recording_id, request.start, request.end, wanted.signal),
    ]);
    if (view !== window || state.page !== page) return;
    note(null);
    await draw(window, peaks, others.segments);
    if (!peaks.is_complete) setTimeout(() => { if (view === window && state.page === page) look(window.start, window.end); }, AGAIN_MS);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof api.ApiError)) throw error;
    note(`No waveform: ${error.message}`);
  }
}

async function draw(window, peaks, others) {
  clock.start = window.start;
  clock.duration = window.end - window.start;
  const loudest = Math.max(0.05, ...peaks.max, ...peaks.min.map(Math.abs));
  surfer.setOptions({ maxPeak: undefined, barHeight: Math.min(8, 0.92 / loudest) });
  await surfer.load("", [peaks.max, peaks.min], clock.duration);
  drawRegions(others);
  clock.dispatchEvent(new Event("timeupdate"));
  Object.assign(byId("wave").dataset, { from: window.start, to: window.end });
}

let neighbours = [];

/** Draws words and borders anew, as the page knows them now. */
export function drawRegions(others = neighbours) {
  const page = state.page;
  if (!surfer || !page || !surfer.getDuration()) return;
  neighbours = others;
  regions.clearRegions();
  byRegion = new Map();
  for (const other of others) if (other.segment_id !== page.segment_id && other.channel === page.channel) addOther(other);
  const seen = [page.start_s >= view.start && "begins", page.end_s <= view.end && "ends"].filter(Boolean);
  add({ start: page.start_s, end: page.end_s, id: ["segment", ...seen].join(" "), drag: false, resize: !state.blind }, { kind: "segment" });
  page.current.words.forEach((word, index) => addWord(word, index));
  mark(state.playing ?? null);
}

function add({ start, end, ...options }, what) {
  if (end < view.start || start > view.end) return;
  const region = regions.addRegion({
    start: Math.max(0, start - view.start),
    end: Math.min(view.end, end) - view.start,
    resizeStart: start >= view.start,
    resizeEnd: end <= view.end,
    color: "transparent",
    ...options,
  });
  byRegion.set(region, { ...what, start, end });
}

function addOther(other) {
  const label = h("div", { title: other.text, dir: "auto" }, other.text);
  const verdict = other.verdict ? ` ${other.verdict}` : "";
  add({ start: other.start_s, end: other.end_s, id: `other${verdict}`, drag: false, resize: false, content: label }, { kind: "other", id: other.segment_id });
}

function addWord(word, index) {
  const doubt = doubtOf(word);
  // A word without length could not be taken hold of.
  const end = Math.max(word.end_s, word.start_s + SHORTEST_WORD_S);
  const label = h("div", { dir: "auto", title: `${word.word}  ${time(word.start_s, 2)}–${time(word.end_s, 2)}` }, fits(index) ? word.word : "");
  // Words take turns in two lanes: each has its own borders to take hold of, and room for its letters.
  const id = ["word", `word-${index}`, `lane-${index % 2}`, doubt, word.flags.includes("interpolated") ? "placed" : null].filter(Boolean).join(" ");
  add({ start: word.start_s, end, id, drag: false, resize: !state.blind, minLength: SHORTEST_WORD_S, content: label }, { kind: "word", index });
}

// Whether a word's letters, centred on it, keep clear of those before and after it in its lane.
function fits(index) {
  const { words } = state.page.current;
  const [word, before, after] = [words[index], words[index - 2], words[index + 2]];
  const room = Math.min(word.start_s - (before?.end_s ?? -Infinity), (after?.start_s ?? Infinity) - word.end_s);
  const pixels = ((word.end_s - word.start_s + Math.max(0, room)) / (view.end - view.start)) * byId("wave").clientWidth;
  const widths = [...word.word.trim()].map((letter) => (letter > "\u2e80" ? 2 : 1));
  return pixels > widths.reduce((sum, width) => sum + width, 0) * LETTER_PX;
}

/** Marks the word that plays, and the one selected, in its lane. */
export function mark(playing) {
  for (const [region, { kind, index }] of byRegion) {
    if (kind !== "word" || !region.element) continue;
    region.element.toggleAttribute("data-on", index === playing);
    const parts = `region ${region.id}${index === playing ? " now" : ""}${index === state.selected ? " chosen" : ""}`;
    if (region.element.getAttribute("part") !== parts) region.element.setAttribute("part", parts);
  }
}

function onClick(event) {
  const box = surfer.getWrapper().getBoundingClientRect();
  player.seek(view.start + ((event.clientX - box.left) / box.width) * (view.end - view.start));
}

function onDoubleClick(region) {
  const what = byRegion.get(region);
  if (what?.kind === "other") emit("open", what.id);
}

function onDragged(region, side) {
  const what = byRegion.get(region);
  if (!what || !side) return;
  const start = side === "start" ? view.start + region.start : what.start;
  const end = side === "end" ? view.start + region.end : what.end;
  if (what.kind === "segment") emit("move-segment", { start, end });
  else if (what.kind === "word") emit("move-word", { word: state.page.current.words[what.index], start, end });
}

function onWheel(event) {
  if (event.ctrlKey) {
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1 / ZOOM_STEP : ZOOM_STEP);
  } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    event.preventDefault();
    const shift = (event.deltaX / byId("wave").clientWidth) * (view.end - view.start);
    look(view.start + shift, view.end + shift);
  }
}

/** Widens (> 1) or narrows (< 1) the window around the play position. */
export function zoom(factor) {
  const length = Math.min(WIDEST_ZOOM_S, Math.max(SHORTEST_WINDOW_S, (view.end - view.start) * factor));
  const at = player.now() >= view.start && player.now() <= view.end ? player.now() : (view.start + view.end) / 2;
  const share = (at - view.start) / (view.end - view.start);
  look(at - share * length, at + (1 - share) * length);
}

export const zoomIn = () => zoom(1 / ZOOM_STEP);
export const zoomOut = () => zoom(ZOOM_STEP);

// The window follows the play position, a page at a time.
on("time", (at) => {
  if (!state.page || !surfer || view.end <= view.start) return;
  if ((at >= view.start && at <= view.end) || at > state.page.duration_s) return;
  const length = view.end - view.start;
  look(at - length * 0.05, at + length * 0.95);
});

let resizing = 0;
let width = 0;
new ResizeObserver(([{ contentRect }]) => {
  const changed = width && contentRect.width && contentRect.width !== width;
  width = contentRect.width || width;
  clearTimeout(resizing);
  if (changed) resizing = setTimeout(() => look(view.start, view.end), 200);
}).observe(byId("wave"));
