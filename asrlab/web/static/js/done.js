/** What the person did in this tab, newest last, so that it can be taken back; it outlives a reload. */

import { state } from "./state.js";

const MOST = 100;

let acts = null;
const key = () => `asrlab.done.${state.me.person}`;

function all() {
  if (acts) return acts;
  try {
    acts = JSON.parse(sessionStorage.getItem(key()) ?? "[]");
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof DOMException)) throw error;
    acts = [];
  }
  return acts;
}

function keep() {
  try {
    sessionStorage.setItem(key(), JSON.stringify(all()));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

/** `what` is act, skip or pass; the segment is the one it can be taken back on. */
export function add(id, what = "act") {
  all().push({ id, what });
  all().splice(0, all().length - MOST);
  keep();
}

export const last = () => all().at(-1) ?? null;

/** It is taken back, or can't be. */
export function forget(one) {
  const at = all().lastIndexOf(one);
  if (at >= 0) all().splice(at, 1);
  keep();
}
