/** Starts the page: who we are, what is open, and what each key does. */

import * as acts from "./acts.js";
import * as api from "./api.js";
import * as bars from "./bars.js";
import * as claims from "./claims.js";
import * as clock from "./clock.js";
import * as compare from "./compare.js";
import * as details from "./details.js";
import { toast } from "./dialog.js";
import { byId, fill, h, icon, span } from "./dom.js";
import * as editor from "./editor.js";
import * as help from "./help.js";
import * as history from "./history.js";
import * as item from "./item.js";
import * as keys from "./keys.js";
import * as login from "./login.js";
import * as player from "./player.js";
import * as queue from "./queue.js";
import { emit, hasDrafts, on, recallDrafts, remember, settings, state } from "./state.js";
import * as stats from "./stats.js";
import * as wave from "./wave.js";
import * as words from "./words.js";

const REWIND_S = 2;

keys.handle({
  play: player.toggle,
  rewind: () => player.jump(-REWIND_S),
  forward: () => player.jump(REWIND_S),
  loop: () => remember("loop", !settings.loop),
  slower: () => player.faster(-1),
  faster: () => player.faster(1),
  zoomIn: wave.zoomIn,
  zoomOut: wave.zoomOut,
  fit: wave.fit,
  accept: acts.accept,
  save: acts.save,
  reject: acts.reject,
  skip: acts.skip,
  undo: acts.undo,
  next: () => queue.step(1),
  previous: () => queue.step(-1),
  doubt: () => item.doubt(1),
  doubtBack: () => item.doubt(-1),
  search: () => byId("queue-search").focus(),
  edit: () => editor.open(state.selected, state.playing),
  leave,
  split: acts.split,
  merge: acts.merge,
  startHere: () => acts.moveSegment({ start: player.now() }),
  endHere: () => acts.moveSegment({ end: player.now() }),
  speaker: details.focusSpeaker,
  history: history.show,
  compare: toggleCompare,
  help: help.open,
});

function toggleCompare() {
  if (!state.page || state.blind) return;
  compare.toggle();
  emit("comparing");
}

function leave() {
  if (editor.isOpen()) editor.close();
  else if (compare.isOpen()) toggleCompare();
  else if (state.page && state.selected !== null) words.select(null);
  document.activeElement?.blur();
}

function drawTheme() {
  const isDark = settings.theme === "dark" || (settings.theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = settings.theme;
  const button = byId("theme");
  fill(button, icon(isDark ? "sun" : "moon"));
  button.title = isDark ? "Light colours" : "Dark colours";
  button.setAttribute("aria-label", button.title);
  button.onclick = () => remember("theme", isDark ? "light" : "dark");
  wave.recolour();
}

function drawHelp() {
  fill(byId("help"), icon("keyboard"), h("kbd", { "aria-hidden": "true" }, keys.keyOf("help")));
  byId("help").title = `Keys (${keys.keyOf("help")})`;
  byId("help").setAttribute("aria-label", byId("help").title);
}

let count = 0;
let seconds = 0;

function session(spent) {
  count += 1;
  seconds += spent;
  byId("session").textContent = `${count} done · ${span(seconds / count)} each`;
}

async function route() {
  const isStats = location.hash === "#stats";
  byId("stats").hidden = !isStats;
  byId("review").hidden = isStats;
  byId("nav-stats").toggleAttribute("aria-current", isStats);
  byId("nav-review").toggleAttribute("aria-current", !isStats);
  if (isStats) {
    player.pause();
    await stats.show();
    return;
  }
  const id = Number(location.hash.match(/^#segment=(\d+)$/)?.[1]);
  if (id && id !== state.page?.segment_id) await queue.open(id, { autoplay: false });
  else if (!state.page) await queue.goOn();
  else window.history.replaceState(null, "", `#segment=${state.page.segment_id}`);
}

async function signIn() {
  state.me = await api.me();
  if (state.me.needs_login && !state.me.person) {
    await login.ask();
    state.me = await api.me();
  }
  recallDrafts();
  byId("person").textContent = `${state.me.person}${state.me.role === "annotator" || !state.me.role ? "" : ` · ${state.me.role}`}`;
  byId("person").dir = "auto";
  byId("logout").hidden = !state.me.needs_login;
  byId("nav-stats").hidden = !state.me.is_reviewer;
}

let isLeaving = false;

// Somebody else gets a page of their own; what was typed waits in the tab for who typed it.
async function signInAgain() {
  const now = await login.again();
  if (now === null) return false;
  if (now.person === state.me.person) return true;
  isLeaving = true;
  location.reload();
  return false;
}

function listen() {
  on("open", (id) => queue.open(id));
  on("edit", (index) => editor.open(index));
  on("move-segment", acts.moveSegment);
  on("move-word", acts.moveWord);
  on("decided", session);
  on("audio-failed", (message) => toast(`The audio can't be played: ${message}`, { kind: "bad" }));
  on("setting", (name) => { if (name === "theme") drawTheme(); if (name === "keys") drawHelp(); });
  api.whenSignedOut(signInAgain);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawTheme);
  byId("help").addEventListener("click", help.open);
  byId("logout").addEventListener("click", async () => {
    // Signed out, the page may give nothing back any more.
    await claims.drop();
    await api.quiet();
    await api.logout();
    location.reload();
  });
  window.addEventListener("hashchange", route);
  window.addEventListener("beforeunload", (event) => { if (!isLeaving && hasDrafts()) event.preventDefault(); });
}

async function start() {
  drawTheme();
  drawHelp();
  try {
    await signIn();
    state.choices = await api.choices();
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    toast(error.message, { kind: "bad" });
    return;
  }
  listen();
  keys.listen();
  for (const part of [clock, words, editor, bars]) part.start();
  byId("review").hidden = location.hash === "#stats";
  await Promise.all([wave.start(), queue.start()]);
  await route();
  document.documentElement.dataset.ready = "true";
}

await start();
