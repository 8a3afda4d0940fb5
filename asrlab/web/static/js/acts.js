/** What a person does to the item shown; every act is sent with the version it was made on. */

import * as api from "./api.js";
import * as claims from "./claims.js";
import * as clock from "./clock.js";
import { resolve } from "./conflict.js";
import { ask, toast } from "./dialog.js";
import { byId, h, time } from "./dom.js";
import * as editor from "./editor.js";
import * as item from "./item.js";
import * as player from "./player.js";
import * as queue from "./queue.js";
import { baseOf, emit, state } from "./state.js";
import { wordAt } from "./words.js";

const REASONS = ["Not speech", "Wrong language", "Unintelligible", "Overlapping speech", "Bad cut", "Private"];
const done = [];
let running = null;

/** One act at a time: a key pressed twice decides nothing twice; `waits` has its turn after the one under way. */
async function act(work, { waits = false } = {}) {
  while (waits && running) await running;
  if (!state.page || running) return;
  running = perform(work);
  await running;
  running = null;
}

// What the server refuses is said, and what another changed is shown.
async function perform(work) {
  byId("item-body").setAttribute("aria-busy", "true");
  try {
    await work(state.page);
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    if (error.status === 409) await overtaken(error);
    else toast(error.message, { kind: "bad" });
  } finally {
    byId("item-body").removeAttribute("aria-busy");
  }
}

/** What is given out as the machine heard it is only accepted, corrected, rejected or skipped. */
const change = (work, options) => act(async (page) => {
  if (state.blind) toast("This one is taken as it was heard: accept, correct, reject or skip it.");
  else if (await mayGoOn(page)) await work(state.page);
}, options);

// Somebody may have taken the item over since it was opened. Annotators the server refuses, others are asked.
async function mayGoOn(page) {
  const claim = await claims.ask(page.segment_id);
  if (claim === null || claim.is_mine || state.me.role === "annotator") return true;
  const body = h("p", { dir: "auto" }, `${claim.person} has this item now, and may be changing it.`);
  const yes = await ask("Somebody else is at it", body, [{ label: "Cancel", value: false }, { label: "Take it over and go on", value: true }]);
  if (yes) await claims.take(page.segment_id, true);
  return Boolean(yes);
}

async function overtaken(error) {
  const by = error.body.current?.source;
  toast(by ? `${by} has changed this item: here is how it is now.` : `${error.message} Here is how it is now.`, { kind: "bad" });
  await item.reload();
}

// What every act says: the version it was made on, and the time it took since the last.
function made(page) {
  return { parent_id: page.current.transcript_id, seconds: clock.spent() };
}

const offerUndo = { act: ["Undo", () => undo()] };

async function decided(page, message, verdict) {
  const isSecond = state.blind === "second";
  done.push({ id: page.segment_id, what: state.blind ? "pass" : "act" });
  // A rejected text is the one that stands, whatever was typed.
  const text = verdict === "rejected" ? page.current.text : editor.text();
  queue.settle(page.segment_id, { text, verdict: isSecond ? null : verdict });
  editor.discard();
  emit("decided", clock.spent());
  toast(message, isSecond ? {} : offerUndo);
  await queue.goOn();
}

/** Saves a text; on a conflict the person merges, as often as it takes. Null: they took the other's. */
async function store(page, text, verdict) {
  let base = baseOf(page);
  let parent = base.transcript_id;
  for (;;) {
    try {
      return await api.save(page.segment_id, { parent_id: parent, text, verdict, seconds: clock.spent() });
    } catch (error) {
      const current = error instanceof api.ApiError && error.status === 409 ? error.body.current : null;
      if (!current) throw error;
      const merged = await resolve(base, current, text);
      if (merged === null) return null;
      [base, parent, text] = [current, current.transcript_id, merged];
    }
  }
}

/** Accepts the text, or saves what was typed as the correction; then the next item. */
export const accept = () => act(async (page) => {
  const text = editor.text().trim();
  const isChanged = editor.isDirty();
  if (!(await mayGoOn(page))) return;
  if (state.blind) {
    const [verdict, message] = isChanged ? ["corrected", "Corrected."] : ["accepted", "Accepted."];
    await sendPass(page, text, verdict, message);
  } else if (isChanged) {
    const saved = await store(page, text, "corrected");
    if (saved === null) return void (await takeTheirs());
    await decided(page, "Corrected.", "corrected");
  } else {
    await api.judge(page.segment_id, { ...made(page), verdict: "accepted", reason: "" });
    await decided(page, "Accepted.", "accepted");
  }
});

async function takeTheirs() {
  editor.discard();
  await item.reload();
}

// What is heard a second time is said to be that; a gold item is to look like any other.
async function sendPass(page, text, verdict, message) {
  await api.pass(page.segment_id, { ...made(page), kind: state.blind, text, verdict });
  await decided(page, state.blind === "second" ? "Noted, for comparison." : message, verdict);
}

/** Saves the text without a verdict, and stays. */
export const save = () => change(async (page) => {
  if (editor.isDirty() && (await keep(page))) toast("Saved as a new version.", offerUndo);
});

/** Resolves with whether it was kept: on a conflict the person may take the other's text. */
async function keep(page) {
  const saved = await store(page, editor.text().trim(), null);
  if (saved !== null) done.push({ id: page.segment_id, what: "act" });
  editor.discard();
  clock.restart();
  await item.reload();
  return saved !== null;
}

// What is done to words and borders is done to a saved text.
async function settled(page) {
  if (editor.isDirty()) await keep(page);
  return state.page;
}

export const reject = () => act(async (page) => {
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
  const why = await ask("Reject this segment", body, [{ label: "Cancel", value: null }, { label: "Reject", kind: "bad", value: () => reason.value.trim() || "No reason given" }]);
  if (why === null || !(await mayGoOn(page))) return;
  if (state.blind) return void (await sendPass(page, page.current.text, "rejected", `Rejected: ${why}`));
  // What was typed is kept as a version: undoing the rejection brings it back.
  if (editor.isDirty() && !(await keep(page))) return;
  const kept = state.page;
  await api.judge(kept.segment_id, { ...made(kept), verdict: "rejected", reason: why });
  await decided(kept, `Rejected: ${why}`, "rejected");
});

export const skip = () => act(async (page) => {
  await api.skip(page.segment_id, clock.spent());
  done.push({ id: page.segment_id, what: "skip" });
  queue.settle(page.segment_id);
  await queue.goOn();
});

/** Takes back the last act of this visit, else one's last on the item shown. */
export const undo = () => act(async (page) => {
  const { id, what } = done.pop() ?? { id: page.segment_id, what: "act" };
  if (what === "pass") return void toast("What you made of the last one stays. Undo again for the one before it.");
  if (what === "skip") {
    queue.revive(id);
    toast("Here is what you skipped.");
    return void (await item.open(id));
  }
  if (state.blind && id === page.segment_id) return void toast("There is nothing of yours to undo here.");
  const saved = await api.undo(id);
  if (saved === null) {
    toast("There is nothing of yours to undo here.");
    return;
  }
  toast("Undone.");
  queue.revive(id, { verdict: null });
  await item.open(saved.segment_id);
}, { waits: true });

/** Cuts the segment in two, at the caret of the text box or at the play position. */
export const split = () => change(async () => {
  const at = editor.caret();
  const page = await settled(state.page);
  const { text, words } = page.current;
  let character = at ?? null;
  let index = null;
  let seconds = player.now();
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
  const cut = await ask("Split into two segments", body, [{ label: "Cancel", value: null }, { label: "Split", kind: "primary", value: () => Number(where.value) }], { wide: true });
  if (cut === null) return;
  // The server counts code points, not the halves that JavaScript counts.
  const { segments } = await api.split(page.segment_id, { ...made(page), at_s: round(cut), at_character: [...text.slice(0, character)].length });
  await reshaped(page.segment_id, segments[0].segment_id, "Split in two.");
});

function startOf(text, words, index) {
  let at = 0;
  for (let n = 0; n <= index; n += 1) {
    const found = text.indexOf(words[n].word, at);
    if (found < 0) return at;
    at = n === index ? found : found + words[n].word.length;
  }
  return at;
}

async function reshaped(oldId, newId, message) {
  done.push({ id: newId, what: "act" });
  toast(message, offerUndo);
  await queue.refresh();
  await item.open(newId, { replaces: oldId });
}

export const merge = () => change(async () => {
  const page = await settled(state.page);
  if (page.next_id === null) return void toast("There is no next segment in this recording.");
  const other = await api.read(page.next_id);
  const body = h("div", { class: "halves" }, h("p", { dir: "auto" }, page.current.text || "(no text)"), h("p", { dir: "auto" }, other.current?.text || "(no text)"),
    h("p", { class: "soft" }, `${time(page.start_s)} – ${time(other.end_s)}`));
  const yes = await ask("Merge with the next segment", body, [{ label: "Cancel", value: null }, { label: "Merge", kind: "primary", value: true }], { wide: true });
  if (!yes) return;
  const saved = await api.merge(page.segment_id, { ...made(page), other_id: other.segment_id, other_parent_id: other.current?.transcript_id ?? null });
  await reshaped(page.segment_id, saved.segment_id, "Merged.");
});

/** Moves the segment's borders; what is left undefined stays. */
export const moveSegment = ({ start, end }) => change(async () => {
  const page = await settled(state.page);
  const [startS, endS] = [start ?? page.start_s, end ?? page.end_s];
  if (!(endS > startS)) return void toast("A segment must begin before it ends.", { kind: "bad" });
  const saved = await api.borders(page.segment_id, { ...made(page), start_s: round(startS), end_s: round(endS) });
  await reshaped(page.segment_id, saved.segment_id, "Borders moved.");
}, { waits: true });

/** Gives a word other times; neighbours in its way give way. */
export const moveWord = ({ index, start, end }) => change(async () => {
  const page = await settled(state.page);
  const { words } = page.current;
  const moved = [{ position: words[index].position, start_s: round(start), end_s: round(end) }];
  const [before, after] = [words[index - 1], words[index + 1]];
  if (before && before.end_s > start) moved.push({ position: before.position, start_s: Math.min(before.start_s, round(start)), end_s: round(start) });
  if (after && after.start_s < end) moved.push({ position: after.position, start_s: round(end), end_s: Math.max(after.end_s, round(end)) });
  await api.words(page.segment_id, { ...made(page), words: moved.sort((a, b) => a.position - b.position) });
  done.push({ id: page.segment_id, what: "act" });
  clock.restart();
  await item.reload();
  toast(`“${words[index].word}” moved.`, offerUndo);
}, { waits: true });

const round = (seconds) => Math.round(seconds * 1000) / 1000;

export const describe = (what, message) => change(async () => {
  const page = await settled(state.page);
  const saved = await api.describe(page.segment_id, { ...made(page), ...what });
  done.push({ id: page.segment_id, what: "act" });
  clock.restart();
  toast(message, offerUndo);
  await item.open(saved.segment_id, { stays: true });
}, { waits: true });

export const restore = (version) => change(async (page) => {
  await api.restore(page.segment_id, { ...made(page), transcript_id: version.transcript_id });
  editor.discard();
  done.push({ id: page.segment_id, what: "act" });
  clock.restart();
  toast(`Version ${version.version} is the text again, as a new version.`, offerUndo);
  await item.reload();
});

export const gold = () => change(async (page) => {
  await api.gold(page.segment_id);
  toast("A gold item now: others get it blind, to be measured by.");
});
