/** The item in the middle: opens a segment, shows what is said of it, keeps it fresh while words are re-aligned. */

import * as api from "./api.js";
import * as claims from "./claims.js";
import * as clock from "./clock.js";
import * as compare from "./compare.js";
import { toast } from "./dialog.js";
import { byId, fill, fileName, h, icon, percent, span, time } from "./dom.js";
import * as editor from "./editor.js";
import { flagMeaning, flagsOf, flagTitle } from "./flags.js";
import * as player from "./player.js";
import { carryDraft, draftOf, emit, on, settings, state } from "./state.js";
import * as wave from "./wave.js";
import * as words from "./words.js";

const POLLED_EVERY_MS = 1500;
const POLLS = 80;
// So many later, it is said where to look.
const SLOW_AFTER = 4;

let opening = 0;
let claim = null;

/** Opens a segment; `stays` keeps the play position (the same audio, something about it changed). */
export async function open(id, { blind = null, stays = false, autoplay = false, from = null } = {}) {
  const turn = ++opening;
  if (!stays) editor.close();
  let page;
  try {
    page = await read(id);
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    toast(error.status === 404 ? "This segment is no longer there." : error.message, { kind: "bad" });
    return;
  }
  if (turn !== opening) return;
  if (page.is_superseded && page.superseded_by) {
    return void (await open(page.superseded_by, { stays, from: draftOf(page) ? page : from }));
  }
  if (from && carryDraft(from, page)) toast("The segment was cut anew; what you had typed is in the text box.");
  const isSame = state.page?.segment_id === page.segment_id;
  put(page, page.blind ?? blind);
  if (!stays || !isSame) {
    clock.restart();
    player.open(page);
    claim = null;
    claims.take(page.segment_id);
    if (autoplay && settings.autoplay) player.play();
    history.replaceState(null, "", `#segment=${page.segment_id}`);
    byId("item").scrollTop = 0;
    if (draftOf(page)) editor.open();
  } else player.bound(page.start_s, page.end_s);
  if (stays && isSame) wave.drawRegions();
  else wave.show(page);
}

// A segment that nobody has written a text for yet.
const NO_TEXT = { transcript_id: null, version: 0, parent_id: null, origin: "", source: null, language: null, text: "", confidence: null, flags: "", verdict: null, words: [] };

/** A segment as it is now. */
export async function read(id) {
  const page = await api.read(id);
  page.current ??= { ...NO_TEXT };
  page.current.flags = flagsOf(page.current.flags);
  for (const version of [page.current, ...page.versions]) for (const word of version.words) word.flags = flagsOf(word.flags);
  return page;
}

function put(page, blind) {
  state.page = page;
  state.blind = blind;
  state.selected = null;
  state.playing = null;
  byId("item-empty").hidden = true;
  byId("item-body").hidden = false;
  byId("item-body").dataset.segment = page.segment_id;
  byId("side").hidden = false;
  head();
  words.render();
  editor.showChange();
  banners();
  emit("page", page);
  if (page.is_pending && state.me.aligner) poll(page, POLLS);
}

/** Reads the item again, after an act on it. */
export async function reload() {
  if (!state.page) return;
  if (editor.isOpen()) editor.close();
  await open(state.page.segment_id, { stays: true });
}

// Words of a span just edited come within seconds, when an aligner runs beside the page.
function poll(page, left) {
  if (left <= 0) return;
  setTimeout(async () => {
    if (state.page !== page) return;
    let fresh;
    try {
      fresh = await read(page.segment_id);
    } catch (error) {
      if (!(error instanceof api.ApiError)) throw error;
      return;
    }
    if (state.page !== page) return;
    if (fresh.is_pending) {
      page.is_slow = left < POLLS - SLOW_AFTER;
      banners();
      return poll(page, left - 1);
    }
    if (editor.isDirty() || fresh.current.transcript_id !== page.current.transcript_id) return;
    put(fresh, fresh.blind);
    wave.drawRegions();
  }, POLLED_EVERY_MS);
}

const VERDICTS = { accepted: "good", corrected: "good", rejected: "bad" };

function head() {
  const { page, blind } = state;
  const { current } = page;
  document.title = `${fileName(page.name)} ${time(page.start_s)} · asrlab review`;
  fill(byId("item-head"),
    h("h1", { dir: "auto", title: page.name }, fileName(page.name)),
    h("span", { class: "mono soft" }, `${time(page.start_s)} – ${time(page.end_s)}`),
    h("span", { class: "soft" }, span(page.end_s - page.start_s)),
    page.corpus ? h("span", { class: "chip", dir: "auto" }, page.corpus) : null,
    page.channel === null ? null : h("span", { class: "chip" }, `channel ${page.channel + 1}`),
    page.speaker ? h("span", { class: "chip", dir: "auto" }, page.speaker) : null,
    current.language ? h("span", { class: "chip" }, current.language) : null,
    blind ? null : page.verdict && h("span", { class: `badge ${VERDICTS[page.verdict]}` }, page.verdict),
    flagsOf(current.flags).map((flag) => h("span", { class: "chip flag", title: flagMeaning(flag), "aria-description": flagMeaning(flag) }, icon("flag"), flagTitle(flag))));
}

function banners() {
  const { page, blind } = state;
  const lines = [];
  if (blind === "second") lines.push(["Independent check: this is what the engine wrote; what you make of it is compared with others' texts, and changes nothing.", ""]);
  if (claim && !claim.is_mine) lines.push([`${claim.person} is at this item now.`, "warn"]);
  if (page.is_superseded) lines.push(["This segment was cut anew; it is kept as history.", "warn"]);
  if (page.is_pending && page.is_slow) lines.push(["The new words are not placed in the audio yet; until then their times are guessed. If it stays so, “asrlab failures” says why.", "warn"]);
  else if (page.is_pending) lines.push([state.me.aligner ? "Words are being placed in the audio …" : "“asrlab align” will place the new words in the audio; until then their times are guessed.", ""]);
  fill(byId("banners"), lines.map(([text, kind]) => h("p", { class: `banner ${kind}`, dir: "auto" }, text)));
  if (claim && !claim.is_mine && ["reviewer", "admin"].includes(state.me.role)) {
    byId("banners").append(h("button", { type: "button", class: "quiet", on: { click: () => claims.take(page.segment_id, true) } }, "Take it over"));
  }
}

on("claim", (given) => {
  claim = given;
  if (state.page) banners();
});

on("setting", (name) => {
  if (name !== "doubt" || !state.page) return;
  words.render();
  wave.drawRegions();
});

/** Shows that there is nothing to do, and why. */
export function empty(title, text, ...buttons) {
  player.close();
  claims.drop();
  state.page = null;
  compare.close();
  byId("item-body").hidden = true;
  byId("side").hidden = true;
  fill(byId("item-empty"), h("h1", {}, title), h("p", { class: "soft" }, text), h("div", {}, buttons));
  byId("item-empty").hidden = false;
  document.title = "asrlab review";
}

/** Goes to the next (1) or previous (-1) word in doubt. */
export function doubt(step) {
  if (!state.page) return;
  const index = words.nextDoubt(step);
  if (index === null) return toast("No doubtful word here.");
  words.select(index);
  const { word, confidence, score } = state.page.current.words[index];
  byId("announced").textContent = `${word}, ${percent(confidence ?? score)} sure`;
  if (editor.isOpen()) editor.choose(index);
}

export const doubtLine = () => {
  const { words: all, confidence } = state.page.current;
  if (!all.length) return "No word times yet";
  const count = words.countDoubts();
  const sure = confidence === null ? "" : ` · ${percent(confidence)} sure`;
  return `${all.length} words, ${count || "none"} doubtful${sure}`;
};
