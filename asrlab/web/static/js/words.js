/** The text as it is read: its words highlighted while they play, doubtful ones marked, each a way to its place. */

import { byId, fill, h, percent, time } from "./dom.js";
import { flagMeaning } from "./flags.js";
import * as player from "./player.js";
import { doubtOf, emit, on, state } from "./state.js";
import * as wave from "./wave.js";

const LEAD_S = 0.15;

let shown = [];

/** The text in pieces, in order: {text, index} for an aligned word, {text} for what lies between. */
export function pieces(text, words) {
  const found = [];
  let at = 0;
  words.forEach((word, index) => {
    const start = place(text, word.word, at);
    if (start < 0) return;
    if (start > at) found.push({ text: text.slice(at, start), start: at });
    at = start + word.word.trim().length;
    found.push({ text: text.slice(start, at), index, start });
  });
  if (at < text.length) found.push({ text: text.slice(at), start: at });
  return found;
}

// A word is looked for near where the last one ended; one that the text writes otherwise is passed over.
function place(text, word, from) {
  const wanted = word.trim();
  if (!wanted) return -1;
  const start = text.indexOf(wanted, from);
  return start >= 0 && start - from <= wanted.length + 40 ? start : -1;
}

/** Where a word begins and ends in the text, or null. */
export function charactersOf(index) {
  const piece = pieces(state.page.current.text, state.page.current.words).find((each) => each.index === index);
  return piece ? [piece.start, piece.start + piece.text.length] : null;
}

/** The position of the first word that ends after a character, or null. */
export function wordAt(character) {
  const piece = pieces(state.page.current.text, state.page.current.words).find((each) => each.index !== undefined && each.start + each.text.length > character);
  return piece?.index ?? null;
}

export function render() {
  const { current } = state.page;
  shown = [];
  const parts = pieces(current.text, current.words).map((piece) => (piece.index === undefined ? piece.text : wordElement(piece, current.words[piece.index])));
  const box = byId("words");
  box.dir = "auto";
  if (current.text) fill(box, parts);
  else fill(box, h("span", { class: "soft" }, "No text. Press E to write one."));
  const first = shown.find(Boolean);
  if (first) first.tabIndex = 0;
}

function wordElement(piece, word) {
  const doubt = doubtOf(word);
  const why = [
    doubt ? `${doubt === "doubtful" ? "very doubtful" : "doubtful"}, ${percent(word.confidence ?? word.score)} sure` : null,
    ...word.flags.map(flagMeaning),
  ].filter(Boolean);
  const element = h("span", {
    class: ["word", doubt, ...word.flags].filter(Boolean).join(" "),
    role: "button",
    tabindex: -1,
    title: [`${time(word.start_s, 2)}–${time(word.end_s, 2)}`, ...why].join("\n"),
    "aria-description": why.join("; ") || null,
    data: { index: piece.index },
  }, piece.text);
  shown[piece.index] = element;
  return element;
}

function setPlaying(index) {
  if (index === state.playing) return;
  shown[state.playing]?.classList.remove("now");
  state.playing = index;
  shown[index]?.classList.add("now");
  wave.mark(index);
}

function playingAt(at) {
  const index = state.page.current.words.findIndex((word) => at >= word.start_s && at < word.end_s);
  return index < 0 ? null : index;
}

/** Selects a word (or none): it is marked in text and waveform, and the details tell of it. */
export function select(index, { listen = true } = {}) {
  if (state.selected !== null) shown[state.selected]?.classList.remove("chosen");
  state.selected = index;
  if (index !== null) {
    const word = state.page.current.words[index];
    shown[index]?.classList.add("chosen");
    shown[index]?.scrollIntoView({ block: "nearest" });
    if (listen) player.seek(Math.max(0, word.start_s - (player.isPlaying() ? LEAD_S : 0)));
  }
  wave.mark(state.playing ?? null);
  emit("selected", index);
}

/** The next word in doubt after the one selected or playing, round the text; null when there is none. */
export function nextDoubt(step) {
  const { words } = state.page.current;
  const here = state.selected ?? state.playing ?? (step > 0 ? -1 : words.length);
  for (let n = 1; n <= words.length; n += 1) {
    const index = (((here + step * n) % words.length) + words.length) % words.length;
    if (doubtOf(words[index])) return index;
  }
  return null;
}

export const countDoubts = () => state.page.current.words.filter((word) => doubtOf(word)).length;

function onWordKey(event) {
  const index = Number(event.target.dataset?.index);
  if (!event.target.classList.contains("word")) return;
  const forward = getComputedStyle(byId("words")).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
  const backward = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
  const to = event.key === forward ? index + 1 : event.key === backward ? index - 1 : null;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Enter") {
    event.preventDefault();
    select(index);
    player.play();
  } else if (to !== null && shown[to]) {
    event.preventDefault();
    event.target.tabIndex = -1;
    shown[to].tabIndex = 0;
    shown[to].focus();
    select(to);
  }
}

export function start() {
  const box = byId("words");
  const indexOf = (event) => event.target.closest(".word")?.dataset.index;
  box.addEventListener("mousedown", (event) => { if (event.target.closest(".word")) event.preventDefault(); });
  box.addEventListener("click", (event) => {
    const index = indexOf(event);
    if (index !== undefined) select(Number(index));
  });
  box.addEventListener("dblclick", (event) => {
    const index = indexOf(event);
    emit("edit", index === undefined ? null : Number(index));
  });
  box.addEventListener("keydown", onWordKey);
  on("time", (at) => { if (state.page) setPlaying(playingAt(at)); });
}
