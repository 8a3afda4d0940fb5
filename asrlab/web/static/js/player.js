/** One audio element on the recording's clock: plays a segment, loops it, keeps the speed. */

import * as api from "./api.js";
import { byId } from "./dom.js";
import { emit, remember, settings } from "./state.js";

export const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2];
const AT_END_S = 0.06;

const audio = byId("audio");
let source = null;
let start = 0;
let end = 0;
// Played from outside the segment: nothing stops it at the segment's end.
let isFree = false;
let frame = 0;

export const media = audio;
export const now = () => audio.currentTime;
export const isPlaying = () => !audio.paused;

/** Opens a segment: its recording is loaded unless it is there already. */
export function open(page) {
  pause();
  [start, end] = [page.start_s, page.end_s];
  tune(page);
  seek(start);
  setSpeed(settings.speed);
}

/** Of a recording with several channels, the segment's alone is heard, unless one wants all of them. */
export function tune(page) {
  const isOne = settings.solo && page.channel !== null && page.num_channels > 1;
  const wanted = api.audioPath(page.recording_id, isOne ? page.channel : null);
  if (source === wanted) return;
  const at = now();
  source = wanted;
  audio.src = wanted;
  audio.currentTime = at;
}

/** The segment's borders have moved. */
export function bound(startS, endS) {
  [start, end] = [startS, endS];
}

export function close() {
  pause();
  source = null;
  audio.removeAttribute("src");
}

export async function play() {
  const at = now();
  if (Math.abs(at - end) < AT_END_S) seek(start);
  isFree = now() < start - AT_END_S || now() > end;
  try {
    await audio.play();
  } catch (error) {
    // A browser plays nothing by itself before the person has touched the page; a new source ends the old wait.
    if (error.name !== "NotAllowedError" && error.name !== "AbortError") emit("audio-failed", error.message);
  }
}

export const pause = () => audio.pause();

export function toggle() {
  if (isPlaying()) pause();
  else play();
}

export function seek(seconds) {
  audio.currentTime = Math.max(0, seconds);
  isFree = seconds < start - AT_END_S || seconds > end;
  emit("time", seconds);
}

/** Goes back or on, within the segment when it plays that. */
export function jump(seconds) {
  const to = now() + seconds;
  seek(isFree ? to : Math.min(Math.max(to, start), end));
}

export function setSpeed(speed) {
  audio.playbackRate = speed;
  audio.preservesPitch = true;
  if (speed !== settings.speed) remember("speed", speed);
}

export function faster(steps) {
  const at = SPEEDS.indexOf(settings.speed);
  setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, (at < 0 ? 1 : at) + steps))]);
}

function tick() {
  const at = now();
  if (!isFree && isPlaying() && at >= end) {
    if (settings.loop) audio.currentTime = start;
    else {
      pause();
      audio.currentTime = end;
      emit("segment-played");
    }
  }
  emit("time", now());
}

function everyFrame() {
  tick();
  frame = isPlaying() ? requestAnimationFrame(everyFrame) : 0;
}

audio.addEventListener("play", () => {
  emit("playing", true);
  if (!frame) frame = requestAnimationFrame(everyFrame);
});
audio.addEventListener("pause", () => emit("playing", false));
audio.addEventListener("seeked", () => emit("time", now()));
// A hidden page has no frames, and still must stop at the end.
audio.addEventListener("timeupdate", tick);
audio.addEventListener("error", () => {
  if (audio.getAttribute("src")) emit("audio-failed", audio.error?.message || "The audio can't be played.");
});
