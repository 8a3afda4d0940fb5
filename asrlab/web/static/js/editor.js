/** Editing the text: a plain text box, and under it what has been changed so far. */

import { chunks } from "./diff.js";
import { byId, fill, h } from "./dom.js";
import { draftOf, emit, keepDraft, state } from "./state.js";
import { charactersOf } from "./words.js";

const box = byId("text");

export const isOpen = () => !byId("editor").hidden;
const isShown = (page) => state.page?.segment_id === page.segment_id;
/** What stands in the box, or was typed before the person went on to another item. */
export const text = (page = state.page) => (isOpen() && isShown(page) ? box.value : (draftOf(page)?.text ?? page.current.text));
export const isDirty = (page = state.page) => page !== null && text(page).trim() !== page.current.text.trim();
export const caret = () => (isOpen() ? box.selectionStart : null);

/** Opens the box; with a word's position, that word is selected, or else the caret stands before word `before`. */
export function open(index = null, before = null) {
  if (!state.page) return;
  if (!isOpen()) {
    box.value = text();
    byId("editor").hidden = false;
    byId("words").hidden = true;
    grow();
    showChange();
  }
  box.focus({ preventScroll: true });
  const place = index ?? before;
  const characters = place === null || isDirty() ? null : charactersOf(place);
  if (!characters) box.setSelectionRange(box.value.length, box.value.length);
  else box.setSelectionRange(characters[0], characters[index === null ? 0 : 1]);
  emit("editing", true);
}

/** Leaves the box; what was typed is kept as a draft. */
export function close() {
  if (!isOpen()) return;
  keepDraft(state.page, box.value);
  reset();
}

/** Shuts the box; what was typed since the last draft goes. */
export function reset() {
  byId("editor").hidden = true;
  byId("words").hidden = false;
  box.blur();
  showChange();
  emit("editing", false);
}

/** Throws away what was typed. */
export function discard(page = state.page) {
  keepDraft(page, null);
  if (!isShown(page)) return;
  box.value = page.current.text;
  reset();
}

/** What was sent is stored as version `saved`; what the person typed on meanwhile is typed over that one. */
export function settle(page, sent, saved, stored) {
  const now = text(page).trim();
  if (now === sent || stored !== sent) return discard(page);
  keepDraft(page, null);
  page.versions = [page.current, ...page.versions];
  page.current = { ...page.current, transcript_id: saved.transcript_id, text: stored };
  keepDraft(page, now);
}

/** Puts a text into the box, as if typed. */
export function put(value) {
  if (!isOpen()) open();
  box.value = value;
  onInput();
  box.focus({ preventScroll: true });
}

/** Selects a word in the box when the text is still as it was. */
export function choose(index) {
  const characters = charactersOf(index);
  if (isOpen() && characters && !isDirty()) box.setSelectionRange(...characters);
}

function onInput() {
  keepDraft(state.page, box.value);
  grow();
  showChange();
  emit("editing", true);
}

function grow() {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 2}px`;
}

/** What is changed and not saved yet, whether the box is open or not. */
export function showChange() {
  const change = isDirty() ? changeOf(state.page.current.text, text()) : [];
  const drop = isDirty() && !isOpen() ? h("button", { type: "button", class: "quiet", on: { click: () => discard() } }, "Not saved: discard") : null;
  fill(byId("live-diff"), change, drop);
}

/** The difference of two texts as elements: removed and added words, with a few unchanged ones around. */
export function changeOf(before, after) {
  return chunks(before, after).flatMap(({ same, a, b }, index, all) => {
    if (same) return [around(b, index > 0, index < all.length - 1)];
    return [a && h("del", {}, a.trimEnd()), a && b && " ", b && h("ins", {}, b.trimEnd()), " "].filter(Boolean);
  });
}

const WORDS_AROUND = 4;

function around(same, hasBefore, hasAfter) {
  const words = same.split(/(?<=\s)/u);
  if (words.length <= 2 * WORDS_AROUND + 1) return same;
  const head = hasBefore ? words.slice(0, WORDS_AROUND).join("") : "";
  const tail = hasAfter ? words.slice(-WORDS_AROUND).join("") : "";
  return `${head}… ${tail}`;
}

export function start() {
  box.addEventListener("input", onInput);
}
