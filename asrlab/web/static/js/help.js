/** The sheet of keys, where each can be given another. */

import { ask, toast } from "./dialog.js";
import { fill, h } from "./dom.js";
import { ACTIONS, bind, combinationOf, isFree, keysOf, resetKeys, shown } from "./keys.js";

function keyButton(action, redraw) {
  const keys = keysOf(action.id);
  const button = h("button", { type: "button", class: "key", title: "Give it another key", "aria-label": `${action.title}: ${keys.map(shown).join(" or ") || "no key"}. Change` },
    keys.length ? keys.map((key) => h("kbd", {}, shown(key))) : h("span", { class: "soft" }, "none"));
  button.addEventListener("click", () => {
    fill(button, h("span", {}, "press a key …"));
    button.addEventListener("keydown", (event) => listen(event, action, redraw));
    button.addEventListener("blur", redraw, { once: true });
  }, { once: true });
  return button;
}

function listen(event, action, redraw) {
  event.preventDefault();
  event.stopPropagation();
  const combination = combinationOf(event);
  if (combination === null) return;
  if (combination === "Escape" && action.id !== "leave") return redraw();
  if (!isFree(action.id, combination)) {
    toast(`${shown(combination)} is needed to get about the page: choose another key.`, { kind: "bad" });
    return redraw(action.id);
  }
  const loser = bind(action.id, combination);
  if (loser) toast(`${shown(combination)} was the key of “${loser}”.`);
  redraw(action.id);
}

export function open() {
  const sheet = h("div", { class: "keys" });
  const redraw = (focus) => {
    const groups = [...new Set(ACTIONS.map(({ group }) => group))];
    fill(sheet, groups.map((group) => h("section", {}, h("h3", {}, group), h("dl", {}, ACTIONS.filter((action) => action.group === group).map((action) =>
      h("div", { data: { action: action.id } }, h("dt", {}, action.title), h("dd", {}, keyButton(action, redraw))))))));
    if (typeof focus === "string") sheet.querySelector(`[data-action=${focus}] button`).focus();
  };
  redraw();
  const hint = h("p", { class: "soft" }, "Press a key's button to give it another. Plain keys work outside the text, those with Ctrl everywhere. ",
    "Click a word to hear it, double-click to edit there; drag the borders of words and of the segment in the waveform.");
  const reset = h("button", { type: "button", class: "quiet", on: { click: () => { resetKeys(); redraw(); } } }, "Back to the defaults");
  return ask("Keys", [hint, sheet, reset], [{ label: "Close", kind: "primary", value: null }], { wide: true });
}
