/** What a person does to the item shown; every act is sent with the version it was made on. */

import { act, change, isHere, mayGoOn, replace } from "./act.js";
import * as api from "./api.js";
import * as clock from "./clock.js";
import { resolve, THEIRS } from "./conflict.js";
import { ask, toast } from "./dialog.js";
import { h, time } from "./dom.js";
import * as done from "./done.js";
import * as editor from "./editor.js";
import * as item from "./item.js";
import * as player from "./player.js";
import * as queue from "./queue.js";
import { baseOf, emit, keepDraft, state } from "./state.js";
import { wordAt } from "./words.js";

const REASONS = ["Not speech", "Wrong language", "Unintelligible", "Overlapping speech", "Bad cut", "Private"];

// What every act says: the version it was made on, and the time it took since the last.
const made = (page, { seconds }) => ({ parent_id: page.current.transcript_id, seconds });

const offerUndo = { act: ["Undo", () => undo()] };

async function decided(page, { blind, seconds }, { text, verdict }, message) {
  const isSecond = blind === "second";
  done.add(page.segment_id, blind ? "pass" : "act");
  queue.settle(page.segment_id, { text, verdict: isSecond ? null : verdict });
  emit("decided", seconds);
  toast(message, isSecond ? {} : offerUndo);
  if (isHere(page)) await queue.goOn();
}

/**
 * Saves a text; on a conflict the person merges, as often as it takes. Resolves with the page saved on, which is
 * another's where the segment was cut anew meanwhile, and the text; null: they took the other's, or went back to theirs.
 */
async function store(page, text, verdict, seconds) {
  let on = page;
  let base = baseOf(page);
  let parent = base.transcript_id;
  const typed = text;
  for (;;) {
    try {
      const saved = await api.save(on.segment_id, { parent_id: parent, text, verdict, seconds });
      editor.settle(page, typed, saved, text);
      return { page: on, text };
    } catch (error) {
      if (!(error instanceof api.ApiError) || error.status !== 409) throw error;
      const { current, superseded_by: cutInto } = error.body;
      if (cutInto) on = await item.read(cutInto);
      const theirs = cutInto ? on.current : current;
      if (!theirs) throw error;
      const merged = await resolve(base, theirs, text, cutInto ? on : null);
      if (merged === THEIRS) keepDraft(page, null);
      if (merged === THEIRS || merged === null) {
        if (isHere(page) && (cutInto || merged === THEIRS)) await showTheirs(page);
        return null;
      }
      [base, parent, text] = [theirs, theirs.transcript_id, merged];
    }
  }
}

// What was typed and is kept goes along to what took the segment's place.
async function showTheirs(page) {
  editor.reset();
  await item.open(page.segment_id, { stays: true });
}

/** Accepts the text, or saves what was typed as the correction; then the next item. */
export const accept = () => act(async (page, how) => {
  const text = editor.text(page).trim();
  const isChanged = editor.isDirty(page);
  if (!(await mayGoOn(page))) return;
  if (how.blind) {
    const [verdict, message] = isChanged ? ["corrected", "Corrected."] : ["accepted", "Accepted."];
    await sendPass(page, how, { text, verdict }, message);
  } else if (isChanged) {
    const saved = await store(page, text, "corrected", how.seconds);
    if (saved === null) return;
    if (isHere(page) && saved.page !== page) await item.open(saved.page.segment_id, { stays: true });
    await decided(isHere(saved.page) ? state.page : saved.page, how, { text: saved.text, verdict: "corrected" }, "Corrected.");
  } else {
    await api.judge(page.segment_id, { ...made(page, how), verdict: "accepted", reason: "" });
    await decided(page, how, { text, verdict: "accepted" }, "Accepted.");
  }
}, { waits: true, decides: true });

// What is heard a second time is said to be that; a gold item is to look like any other.
async function sendPass(page, how, { text, verdict }, message) {
  await api.pass(page.segment_id, { ...made(page, how), kind: how.blind, text, verdict });
  editor.discard(page);
  await decided(page, how, { text, verdict }, how.blind === "second" ? "Noted, for comparison." : message);
}

/** Saves the text without a verdict, and stays. */
export const save = () => change(async (page, how) => {
  if (editor.isDirty(page) && (await keep(page, how))) toast("Saved as a new version.", offerUndo);
}, { waits: true });

/** Resolves with the page as it is then; null where it was not kept: the person took the other's, or went back. */
async function keep(page, { seconds }) {
  const saved = await store(page, editor.text(page).trim(), null, seconds);
  if (saved === null) return null;
  done.add(saved.page.segment_id);
  if (!isHere(page)) return await item.read(saved.page.segment_id);
  clock.restart();
  await item.open(saved.page.segment_id, { stays: true });
  return state.page;
}

// What is done to words and borders is done to a saved text.
const settled = async (page, how) => (editor.isDirty(page) ? await keep(page, how) : page);

export const reject = () => act(async (page, how) => {
  const reason = h("input", { id: "reason", list: "reasons", maxlength: 500, autocomplete: "off", autofocus: true });
  const body = (close) => {
    const quick = REASONS.map((text, index) => h("button", { type: "button", class: "chip", on: { click: () => close(text) } }, h("kbd", { "aria-hidden": "true" }, `${index + 1}`), text));
    const box = h("div", {}, h("div", { class: "chips" }, quick), h("label", { for: "reason" }, "Why"), reason, h("datalist", { id: "reasons" }, REASONS.map((text) => h("option", { value: text }))));
    box.addEventListener("keydown", (event) => {
      const number = Number(event.key);
      if (event.key === "Enter" && reason.value.trim()) close(reason.value.trim());
      else if (!reason.value && number >= 1 && number <= REASONS.length) close(REASONS[number - 1]);
      else return;
      event.preventDefault();
    });
    return box;
  };
  const why = await ask("Reject this segment", body, [{ label: "Cancel", value: null }, { label: "Reject", kind: "bad", value: () => reason.value.trim() }]);
  if (why === null || !(await mayGoOn(page))) return;
  const message = why ? `Rejected: ${why}` : "Rejected.";
  // A rejected text is the one that stands, whatever was typed.
  const verdict = { text: page.current.text, verdict: "rejected" };
  if (how.blind) return void (await sendPass(page, how, verdict, message));
  // What was typed is kept as a version: undoing the rejection brings it back.
  const kept = await settled(page, how);
  if (!kept) return;
  await api.judge(kept.segment_id, { ...made(kept, how), verdict: "rejected", reason: why });
  await decided(kept, how, { ...verdict, text: kept.current.text }, message);
});

export const skip = () => act(async (page, { seconds }) => {
  await api.skip(page.segment_id, seconds);
  done.add(page.segment_id, "skip");
  queue.settle(page.segment_id);
  if (isHere(page)) await queue.goOn();
});

/** Takes back the last act of this tab, else one's last on the item shown. */
export const undo = () => act(async (page, { blind }) => {
  const last = done.last();
  const { id, what } = last ?? { id: page.segment_id, what: "act" };
  if (what === "pass") {
    done.forget(last);
    return void toast("What you made of the last one stays. Undo again for the one before it.");
  }
  if (what === "skip") {
    done.forget(last);
    queue.revive(id);
    toast("Here is what you skipped.");
    return void (await item.open(id));
  }
  if (blind && id === page.segment_id) return void toast("There is nothing of yours to undo here.");
  let saved;
  try {
    saved = await api.undo(id);
  } catch (error) {
    // Where another has gone on it can't be taken back; where nobody answered it still can.
    if (error instanceof api.ApiError && error.status >= 400 && error.status < 500) done.forget(last);
    throw error;
  }
  done.forget(last);
  if (saved === null) return void toast("There is nothing of yours to undo here.");
  toast("Undone.");
  queue.revive(id, { verdict: null });
  await item.open(saved.segment_id);
}, { waits: true });

/** Cuts the segment in two, at the caret of the text box or at the play position. */
export const split = () => {
  const [at, now] = [editor.caret(), player.now()];
  return change((page, how) => cut(page, how, at, now));
};

async function cut(shown, how, at, now) {
  const page = await settled(shown, how);
  if (!page || !isStill(page)) return;
  const { text, words } = page.current;
  let character = at ?? null;
  let index = null;
  let seconds = now;
  if (character !== null) {
    index = wordAt(character);
    if (index !== null && index > 0) seconds = (words[index - 1].end_s + words[index].start_s) / 2;
  } else {
    index = words.findIndex((word) => (word.start_s + word.end_s) / 2 >= seconds);
    character = index >= 0 ? startOf(text, words, index) : Math.round((text.length * (seconds - page.start_s)) / (page.end_s - page.start_s));
  }
  const where = h("input", { id: "split-at", type: "number", step: "0.01", min: page.start_s, max: page.end_s, value: seconds.toFixed(2) });
  const body = h("div", { class: "halves" },
    h("p", { dir: "auto" }, text.slice(0, character).trim() || "(no text)"), h("p", { dir: "auto" }, text.slice(character).trim() || "(no text)"),
    h("label", { for: "split-at" }, "Cut at second"), where);
  const place = await ask("Split into two segments", body, [{ label: "Cancel", value: null }, { label: "Split", kind: "primary", value: () => Number(where.value) }], { wide: true });
  if (place === null) return;
  // The server counts code points, not the halves that JavaScript counts.
  const { segments } = await api.split(page.segment_id, { ...made(page, how), at_s: round(place), at_character: [...text.slice(0, character)].length });
  await reshaped(page, segments[0].segment_id, "Split in two.");
}

// A question about an item that is no longer in sight would be about nothing.
function isStill(page) {
  if (!isHere(page)) toast("You had gone on to another item: nothing was cut.", { kind: "bad" });
  return isHere(page);
}

function startOf(text, words, index) {
  let at = 0;
  for (let n = 0; n <= index; n += 1) {
    const found = text.indexOf(words[n].word, at);
    if (found < 0) return at;
    at = n === index ? found : found + words[n].word.length;
  }
  return at;
}

async function reshaped(page, newId, message) {
  done.add(newId);
  replace(page.segment_id, newId);
  toast(message, offerUndo);
  await queue.refresh();
  if (isHere(page)) await item.open(newId);
}

export const merge = () => change(async (shown, how) => {
  const page = await settled(shown, how);
  if (!page || !isStill(page)) return;
  if (page.next_id === null) return void toast("There is no next segment in this recording.");
  const other = await api.read(page.next_id);
  const body = h("div", { class: "halves" }, h("p", { dir: "auto" }, page.current.text || "(no text)"), h("p", { dir: "auto" }, other.current?.text || "(no text)"),
    h("p", { class: "soft" }, `${time(page.start_s)} – ${time(other.end_s)}`));
  const yes = await ask("Merge with the next segment", body, [{ label: "Cancel", value: null }, { label: "Merge", kind: "primary", value: true }], { wide: true });
  if (!yes) return;
  const saved = await api.merge(page.segment_id, { ...made(page, how), other_id: other.segment_id, other_parent_id: other.current?.transcript_id ?? null });
  await reshaped(page, saved.segment_id, "Merged.");
});

/** Moves the segment's borders; what is left undefined stays. */
export const moveSegment = ({ start, end }) => change(async (shown, how) => {
  const page = await settled(shown, how);
  if (!page) return;
  const [startS, endS] = [start ?? page.start_s, end ?? page.end_s];
  if (!(endS > startS)) return void toast("A segment must begin before it ends.", { kind: "bad" });
  const saved = await api.borders(page.segment_id, { ...made(page, how), start_s: round(startS), end_s: round(endS) });
  await reshaped(page, saved.segment_id, "Borders moved.");
}, { waits: true });

/** Gives a word other times; neighbours in its way give way. `word` is as it was when it was moved. */
export const moveWord = ({ word, start, end }) => change(async (shown, how) => {
  const page = await settled(shown, how);
  if (!page) return;
  const { words } = page.current;
  const index = words.findIndex((each) => each.word === word.word && each.start_s === word.start_s);
  if (index < 0) return void toast("The words are others now: move it again.", { kind: "bad" });
  const moved = [{ position: words[index].position, start_s: round(start), end_s: round(end) }];
  const [before, after] = [words[index - 1], words[index + 1]];
  if (before && before.end_s > start) moved.push({ position: before.position, start_s: Math.min(before.start_s, round(start)), end_s: round(start) });
  if (after && after.start_s < end) moved.push({ position: after.position, start_s: round(end), end_s: Math.max(after.end_s, round(end)) });
  await api.words(page.segment_id, { ...made(page, how), words: moved.sort((a, b) => a.position - b.position) });
  await changed(page, `“${word.word}” moved.`);
}, { waits: true });

async function changed(page, message, newId = page.segment_id) {
  done.add(newId);
  replace(page.segment_id, newId);
  toast(message, offerUndo);
  if (!isHere(page)) return;
  clock.restart();
  await item.open(newId, { stays: true });
}

const round = (seconds) => Math.round(seconds * 1000) / 1000;

export const describe = (what, message) => change(async (shown, how) => {
  const page = await settled(shown, how);
  if (!page) return;
  const saved = await api.describe(page.segment_id, { ...made(page, how), ...what });
  await changed(page, message, saved.segment_id);
}, { waits: true });

export const restore = (version) => change(async (shown, how) => {
  // What was typed is kept as a version of its own.
  const page = await settled(shown, how);
  if (!page) return;
  await api.restore(page.segment_id, { ...made(page, how), transcript_id: version.transcript_id });
  await changed(page, `Version ${version.version} is the text again, as a new version.`);
});

export const gold = () => change(async (page) => {
  await api.gold(page.segment_id);
  toast("A gold item now: others get it blind, to be measured by.");
  if (isHere(page)) await item.reload();
});

export const notGold = () => change(async (page) => {
  await api.notGold(page.segment_id);
  toast("No gold item any more; what was said to it counts for nobody.");
  if (isHere(page)) await item.reload();
});
