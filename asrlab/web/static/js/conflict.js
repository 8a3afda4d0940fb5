/** Two people saved on the same version: the other's change is shown, and one merged text comes out. */

import { mergeChunks, joined } from "./diff.js";
import { ask } from "./dialog.js";
import { fill, h, time } from "./dom.js";
import { changeOf } from "./editor.js";

const SIDES = [["theirs", "Theirs"], ["mine", "Mine"]];

/** The answer of who gives their own change up. */
export const THEIRS = Symbol("theirs");

/**
 * Resolves with the merged text, with THEIRS, or with null: back to one's own text, nothing is saved.
 * `base` and `theirs` are versions, `mine` a text; `cut`: the page of what took the segment's place, if it was cut anew.
 */
export async function resolve(base, theirs, mine, cut = null) {
  const runs = mergeChunks(base.text, theirs.text, mine);
  const taken = runs.map(({ kind }) => (kind === "theirs" ? "theirs" : "mine"));
  const result = h("textarea", { id: "merged", rows: 3, dir: "auto" });
  const write = () => { result.value = joined(runs.map((run, index) => run[run.kind === "same" ? "mine" : taken[index]])); };
  write();
  const open = runs.filter(({ kind }) => kind === "conflict").length;
  const lines = [
    h("p", {}, cut ? `This segment was cut anew while you were at it: it is ${time(cut.start_s)} – ${time(cut.end_s)} now. ` : [h("b", { dir: "auto" }, theirs.source ?? "Someone"), " saved this item while you were at it. "],
      "Nothing is lost: ", open ? `${open} ${open === 1 ? "place was" : "places were"} changed by both of you; choose there.` : "the two changes fit together."),
    h("h3", {}, "Their change"), h("p", { class: "live-diff", dir: "auto" }, changeOf(base.text, theirs.text)),
    h("h3", {}, "Your change"), h("p", { class: "live-diff", dir: "auto" }, changeOf(base.text, mine)),
    h("h3", {}, "Together"), h("p", { class: "mix", dir: "auto" }, runs.map((run, index) => part(run, index, taken, write))),
    h("label", { for: "merged" }, "What will be saved"), result,
  ];
  return ask(cut ? "Cut anew meanwhile" : "Changed by two", h("div", { class: "conflict" }, lines), [
    { label: "Back to my text", value: null },
    { label: "Take theirs", value: THEIRS },
    { label: "Save merged", kind: "primary", value: () => result.value.trim(), key: "Ctrl+↵", quietly: true },
  ], { wide: true });
}

function part(run, index, taken, write) {
  if (run.kind === "same" || run.kind === "both") return run.mine;
  return choice(SIDES.map(([side, name]) => [side, name, run[side]]), taken[index], (side) => {
    taken[index] = side;
    write();
  }, run.kind === "conflict");
}

/** One place where texts differ: pressing a side takes it. Sides are [value, name, text]. */
export function choice(sides, chosen, take, isOpen = false) {
  const group = h("span", { class: isOpen ? "choice open" : "choice", role: "group", "aria-label": "Differs" });
  const draw = (value) => fill(group, sides.map(([side, name, text]) => h("button", {
    type: "button",
    class: `side-${side}`,
    "aria-pressed": String(side === value),
    title: name,
    on: { click: () => { take(side); draw(side); group.querySelector("[aria-pressed=true]").focus(); } },
  }, h("span", { class: "choice-name" }, name), text.trim() || "∅")));
  draw(chosen);
  return group;
}
