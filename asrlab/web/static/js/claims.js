/** The claim on the item shown: taken when it opens, renewed while the page is seen, given back when left. */

import * as api from "./api.js";
import { emit } from "./state.js";

// Far more often than a claim ends, because somebody may take it over.
const RENEWED_EVERY_MS = 15_000;

let held = null;
let timer = 0;

async function renew(take = false) {
  const id = held;
  if (id === null || document.visibilityState !== "visible") return;
  try {
    const claim = await api.claim(id, take === true);
    if (held === id) emit("claim", claim);
  } catch (error) {
    // Gone, or no longer ours to see: the next act says so.
    if (!(error instanceof api.ApiError)) throw error;
  }
}

/** Claims an item; `over` takes it from whoever has it. */
export async function take(id, over = false) {
  if (held !== id) drop();
  held = id;
  clearInterval(timer);
  timer = setInterval(renew, RENEWED_EVERY_MS);
  await renew(over);
}

/** Whose the item is at this moment; null where the server does not say. */
export async function ask(id) {
  try {
    const claim = await api.claim(id);
    if (held === id) emit("claim", claim);
    return claim;
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    return null;
  }
}

/** Gives the item back; resolves when the server knows. */
export async function drop() {
  const id = held;
  held = null;
  clearInterval(timer);
  if (id === null) return;
  try {
    await api.release(id);
  } catch (error) {
    // It is given back by itself in five minutes.
    if (!(error instanceof api.ApiError)) throw error;
  }
}

document.addEventListener("visibilitychange", renew);
window.addEventListener("pagehide", drop);
