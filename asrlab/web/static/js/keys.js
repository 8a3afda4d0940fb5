/** What can be done by keyboard, with which keys; a person's own keys go before the defaults. */

import { emit, remember, settings } from "./state.js";

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform);

/** Plain keys work outside text boxes, those with Ctrl everywhere. */
export const ACTIONS = [
  { id: "play", group: "Listen", title: "Play or pause", keys: ["Space", "Ctrl+Space"] },
  { id: "rewind", group: "Listen", title: "Back 2 seconds", keys: ["ArrowLeft", "Ctrl+ArrowLeft"] },
  { id: "forward", group: "Listen", title: "On 2 seconds", keys: ["ArrowRight"] },
  { id: "loop", group: "Listen", title: "Loop the segment", keys: ["L"] },
  { id: "slower", group: "Listen", title: "Slower", keys: ["[", "Ctrl+["] },
  { id: "faster", group: "Listen", title: "Faster", keys: ["]", "Ctrl+]"] },
  { id: "zoomIn", group: "Listen", title: "Zoom in", keys: ["+"] },
  { id: "zoomOut", group: "Listen", title: "Zoom out", keys: ["-"] },
  { id: "fit", group: "Listen", title: "Show the whole segment", keys: ["0"] },
  { id: "accept", group: "Decide", title: "Accept, or save the correction, and go on", keys: ["Ctrl+Enter"] },
  { id: "save", group: "Decide", title: "Save the text and stay", keys: ["Ctrl+S"] },
  { id: "reject", group: "Decide", title: "Reject with a reason", keys: ["R"] },
  { id: "skip", group: "Decide", title: "Skip", keys: ["S"] },
  { id: "undo", group: "Decide", title: "Undo my last act", keys: ["Ctrl+Z"], outsideText: true },
  { id: "next", group: "Move", title: "Next item", keys: ["J", "ArrowDown"] },
  { id: "previous", group: "Move", title: "Previous item", keys: ["K", "ArrowUp"] },
  { id: "doubt", group: "Move", title: "Next doubtful word", keys: ["N", "Ctrl+."] },
  { id: "doubtBack", group: "Move", title: "Previous doubtful word", keys: ["Shift+N"] },
  { id: "search", group: "Move", title: "Search the queue", keys: ["/"] },
  { id: "edit", group: "Change", title: "Edit the text", keys: ["E"] },
  { id: "leave", group: "Change", title: "Leave the text, close", keys: ["Escape"] },
  { id: "split", group: "Change", title: "Split at the caret or play position", keys: ["Ctrl+Shift+S"] },
  { id: "merge", group: "Change", title: "Merge with the next segment", keys: ["M"] },
  { id: "startHere", group: "Change", title: "Segment starts at the play position", keys: ["I"] },
  { id: "endHere", group: "Change", title: "Segment ends at the play position", keys: ["O"] },
  { id: "speaker", group: "Change", title: "Set the speaker", keys: ["P"] },
  { id: "history", group: "Compare", title: "History and differences", keys: ["D"] },
  { id: "compare", group: "Compare", title: "Compare engines (A/B)", keys: ["A"] },
  { id: "help", group: "Help", title: "This sheet", keys: ["?"] },
];

const handlers = new Map();

/** Says what the actions do: {id: function}. */
export function handle(functions) {
  for (const [id, act] of Object.entries(functions)) handlers.set(id, act);
}

export function run(id) {
  const act = handlers.get(id);
  if (act) act();
}

export const keysOf = (id) => settings.keys[id] ?? ACTIONS.find((action) => action.id === id).keys;

// Without these nobody reaches a button, presses it, or leaves the text.
const KEPT = ["Tab", "Shift+Tab", "Enter", "Shift+Enter", "Escape"];

/** Whether the key may be an action's. */
export const isFree = (id, combination) => !KEPT.includes(combination) || ACTIONS.find((action) => action.id === id).keys.includes(combination);

const isPlain = (combination) => !/^(Ctrl|Alt)\+/.test(combination) && combination !== "Escape";

/**
 * Gives an action one key of its own; whoever had it loses it. Returns the title of that action, or null.
 * A plain key takes the place of plain ones: those with Ctrl, which work inside the text, stay.
 */
export function bind(id, combination) {
  const keys = { ...settings.keys };
  let loser = null;
  for (const action of ACTIONS) {
    if (action.id === id || !keysOf(action.id).includes(combination)) continue;
    keys[action.id] = keysOf(action.id).filter((key) => key !== combination);
    loser = action.title;
  }
  keys[id] = [combination, ...keysOf(id).filter((key) => key !== combination && isPlain(key) !== isPlain(combination))];
  remember("keys", keys);
  return loser;
}

export const resetKeys = () => remember("keys", {});

/** A key event as text: "Ctrl+Shift+S", "Space", "?"; null while only modifiers are down. */
export function combinationOf(event) {
  let key = event.key;
  if (["Control", "Shift", "Alt", "Meta", "AltGraph", "Dead", "Process"].includes(key)) return null;
  // On a keyboard of another script the letter's place counts.
  if (key.length === 1 && key.charCodeAt(0) > 127 && /^Key[A-Z]$/.test(event.code)) key = event.code.slice(3);
  if (key === " ") key = "Space";
  if (key.length === 1) key = key.toUpperCase();
  const isLetter = /^[A-Z]$/.test(key);
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  // Shift is part of how signs like ? are typed.
  if (event.shiftKey && (isLetter || key.length > 1)) parts.push("Shift");
  return [...parts, key].join("+");
}

const SHOWN = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Enter: "↵", Escape: "Esc" };

/** As it is printed on this person's keyboard. */
export function shown(combination) {
  const parts = combination === "+" || combination.endsWith("++") ? [...combination.slice(0, -1).split("+").filter(Boolean), "+"] : combination.split("+");
  const names = parts.map((part) => (IS_MAC ? { Ctrl: "⌘", Shift: "⇧", Alt: "⌥" }[part] : null) ?? SHOWN[part] ?? part);
  return names.join(IS_MAC ? "" : "+");
}

/** The first key of an action, for its button. */
export const keyOf = (id) => (keysOf(id).length ? shown(keysOf(id)[0]) : "");

/** The first of them that works inside the text. */
export function keyInText(id) {
  const key = keysOf(id).find((each) => !isPlain(each));
  return key ? shown(key) : "";
}

const isText = (element) =>
  element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement ||
  (element instanceof HTMLInputElement && !["range", "checkbox", "radio", "button"].includes(element.type));

// What these elements do with a plain key of their own is theirs.
function isNative(element, combination) {
  if (element instanceof HTMLInputElement && element.type === "range") return combination.startsWith("Arrow");
  // Words of the text are played with Enter; Space pauses and goes on, wherever one is.
  if (combination === "Space") return element.closest?.("button, a, summary, input, [role=button]:not(.word)") !== null;
  return false;
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
  const combination = combinationOf(event);
  if (combination === null) return;
  const inText = isText(event.target);
  if (inText && isPlain(combination)) return;
  if (isNative(event.target, combination)) return;
  const action = ACTIONS.find(({ id, outsideText }) => keysOf(id).includes(combination) && !(outsideText && inText));
  if (!action || !handlers.has(action.id)) return;
  event.preventDefault();
  emit("active");
  run(action.id);
}

export function listen() {
  document.addEventListener("keydown", onKey);
  // A button pressed with the mouse must not be pressed again by the next Space.
  document.addEventListener("click", (event) => {
    if (event.detail > 0) event.target.closest?.("button")?.blur();
  });
}
