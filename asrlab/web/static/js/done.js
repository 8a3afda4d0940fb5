/**
 * What the person did in this tab, newest last, so that it can be taken back. It outlives a reload, and no restart of
 * the server, which may show another catalog then: its token is another.
 */

import { state } from "./state.js";

const MOST = 100;

let acts = null;
const key = () => `asrlab.done.${state.me.person}`;

function kept() {
  const { csrf, acts: found } = JSON.parse(sessionStorage.getItem(key()) ?? "{}");
  return csrf === state.me.csrf ? found : [];
}

function all() {
  if (acts) return acts;
  try {
    acts = kept();
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof DOMException)) throw error;
    acts = [];
  }
  return acts;
}

function keep() {
  try {
    sessionStorage.setItem(key(), JSON.stringify({ csrf: state.me.csrf, acts: all() }));
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
