/** How long a person works at an item: only while the page is seen and they do something or listen. */

import * as player from "./player.js";
import { on } from "./state.js";

const IDLE_AFTER_MS = 30_000;
const TICK_MS = 500;

let worked = 0;
let active = performance.now();
let ticked = performance.now();

function tick() {
  const at = performance.now();
  const passed = Math.min(at - ticked, 2 * TICK_MS);
  ticked = at;
  if (player.isPlaying()) active = at;
  if (document.visibilityState === "visible" && at - active < IDLE_AFTER_MS) worked += passed;
}

/** Seconds worked since `restart`. */
export function spent() {
  tick();
  return Math.round(worked / 100) / 10;
}

export function restart() {
  tick();
  worked = 0;
}

export function start() {
  for (const event of ["keydown", "pointerdown", "pointermove", "wheel"]) {
    document.addEventListener(event, () => { active = performance.now(); }, { passive: true });
  }
  on("active", () => { active = performance.now(); });
  setInterval(tick, TICK_MS);
}
