/** Two versions side by side, engines above all: take one, or mix them place by place. */

import { choice } from "./conflict.js";
import { chunks, joined } from "./diff.js";
import { byId, fill, h, percent } from "./dom.js";
import * as editor from "./editor.js";
import { on, state } from "./state.js";

let pair = [null, null];

export const isOpen = () => !byId("compare").hidden;

export function toggle() {
  byId("compare").hidden = isOpen();
  if (isOpen()) {
    pair = defaultPair();
    render();
    byId("compare").scrollIntoView({ block: "nearest" });
    byId("compare").querySelector(".choice button, .column button")?.focus();
  }
}

export function close() {
  byId("compare").hidden = true;
}

// The newest version of each of two engines; else the current one and the one before.
function defaultPair() {
  const { versions, current } = state.page;
  const engines = new Map(versions.filter(({ origin }) => origin === "engine").map((version) => [version.source, version]));
  const found = [...engines.values()].slice(-2);
  if (found.length === 2) return found.map(({ transcript_id: id }) => id);
  const others = versions.filter(({ transcript_id: id }) => id !== current.transcript_id);
  return [others.at(-1)?.transcript_id ?? current.transcript_id, current.transcript_id];
}

/** A version as a person calls it. */
export const versionName = (version) => `${version.version} · ${version.source ?? version.origin}`;

function picker(which, label) {
  const options = state.page.versions.map((version) => h("option", { value: version.transcript_id, selected: version.transcript_id === pair[which] }, versionName(version)));
  return h("label", {}, h("span", { class: "side-name" }, label), h("select", {
    on: { change: (event) => { pair[which] = Number(event.target.value); render(); } },
  }, options));
}

function column(version, label, use) {
  return h("div", { class: "column" },
    h("p", { class: "text-small", dir: "auto" }, version.text || "(no text)"),
    h("p", { class: "soft" }, version.confidence === null ? version.origin : `${percent(version.confidence)} sure`),
    h("button", { type: "button", on: { click: () => use(version.text) } }, `Use ${label}`));
}

function render() {
  const box = byId("compare");
  const versions = pair.map((id) => state.page.versions.find((version) => version.transcript_id === id));
  if (state.page.versions.length < 2 || versions.includes(undefined)) {
    fill(box, h("h2", {}, "Compare engines"), h("p", { class: "soft" },
      "There is one version of this text. “asrlab relabel --engine NAME” adds another engine's, to be compared here."));
    return;
  }
  const [a, b] = versions;
  const use = (text) => {
    editor.put(text);
    close();
  };
  const runs = chunks(a.text, b.text);
  const taken = runs.map(() => "b");
  const mixed = () => joined(runs.map((run, index) => (run.same ? run.b : run[taken[index]])));
  const places = runs.filter(({ same }) => !same).length;
  const mix = runs.map((run, index) => (run.same ? run.b : choice([["a", "A", run.a], ["b", "B", run.b]], "b", (side) => { taken[index] = side; })));
  fill(box,
    h("div", { class: "compare-head" }, h("h2", {}, "Compare"), picker(0, "A"), picker(1, "B"), h("button", { type: "button", class: "quiet", on: { click: close } }, "Close")),
    h("div", { class: "columns" }, column(a, "A", use), column(b, "B", use)),
    places
      ? [h("h3", {}, `Mix: ${places} ${places === 1 ? "place differs" : "places differ"}`), h("p", { class: "mix", dir: "auto" }, mix),
        h("button", { type: "button", class: "primary", on: { click: () => use(mixed()) } }, "Use the mix")]
      : h("p", { class: "soft" }, "The two are the same, word by word."));
}

on("page", () => {
  if (!isOpen()) return;
  if (state.blind) return close();
  pair = defaultPair();
  render();
});
