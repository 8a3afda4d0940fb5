/** The versions of a segment, oldest at the bottom, and what changed between any two. */

import * as acts from "./acts.js";
import * as api from "./api.js";
import { byId, fill, h, percent } from "./dom.js";
import { versionName } from "./compare.js";
import { on, state } from "./state.js";

let pair = [null, null];

const ORIGINS = { engine: "engine", human: "person", import: "import", consensus: "consensus" };

function render() {
  const { page } = state;
  const box = byId("history");
  box.hidden = Boolean(state.blind);
  if (state.blind) return;
  const newest = [...page.versions].reverse();
  pair = [page.current.parent_id ?? newest.find(({ transcript_id: id }) => id !== page.current.transcript_id)?.transcript_id ?? null, page.current.transcript_id];
  fill(box,
    h("h2", {}, "History", h("span", { class: "count" }, String(newest.length))),
    newest.length > 1 ? [differences(), h("div", { id: "history-diff", class: "history-diff", "aria-live": "polite" })] : null,
    h("ol", { class: "versions" }, newest.map(entry)));
  if (newest.length > 1) compare();
}

function differences() {
  const picker = (which, label) => h("label", {}, h("span", {}, label), h("select", {
    on: { change: (event) => { pair[which] = Number(event.target.value); compare(); } },
  }, state.page.versions.map((version) => h("option", { value: version.transcript_id, selected: version.transcript_id === pair[which] }, versionName(version)))));
  return h("div", { class: "pickers" }, picker(0, "From"), picker(1, "to"));
}

async function compare() {
  const [a, b] = pair;
  const box = byId("history-diff");
  if (a === null || b === null || !box) return;
  let parts;
  try {
    ({ parts } = await api.diff(a, b));
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    fill(box, h("p", { class: "soft" }, error.message));
    return;
  }
  if (a !== pair[0] || b !== pair[1]) return;
  const tags = { removed: "del", added: "ins" };
  // The space after a changed part is no part of the change.
  const shown = parts.flatMap(({ kind, text }) => (tags[kind] ? [h(tags[kind], {}, text.trimEnd()), text.slice(text.trimEnd().length)] : text));
  fill(box, parts.some(({ kind }) => kind !== "equal") ? h("p", { dir: "auto" }, shown) : h("p", { class: "soft" }, "No difference in the text."));
}

const VERDICTS = { accepted: "good", corrected: "good", rejected: "bad" };

function entry(version) {
  const isCurrent = version.transcript_id === state.page.current.transcript_id;
  return h("li", { class: isCurrent ? "version current" : "version", "aria-current": isCurrent ? "true" : null },
    h("p", { class: "version-head" },
      h("b", {}, `Version ${version.version}`), h("span", { class: "soft", dir: "auto" }, `${ORIGINS[version.origin] ?? version.origin} ${version.source ?? ""}`),
      version.verdict ? h("span", { class: `badge ${VERDICTS[version.verdict]}` }, version.verdict) : null,
      version.confidence === null ? null : h("span", { class: "soft" }, percent(version.confidence))),
    h("p", { class: "text-small", dir: "auto" }, version.text || "(no text)"),
    h("p", { class: "version-foot soft" }, when(version.created_at),
      isCurrent ? " · the text that counts" : h("button", { type: "button", class: "quiet", on: { click: () => acts.restore(version) } }, "Restore")));
}

// The catalog's times are UTC.
function when(moment) {
  const at = new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(moment) ? moment : `${moment}Z`);
  return Number.isNaN(at.getTime()) ? "" : at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** Brings the history into sight and focus. */
export function show() {
  if (state.blind || !state.page) return;
  byId("history").scrollIntoView({ block: "start" });
  (byId("history").querySelector("select, button") ?? byId("item")).focus();
}

on("page", render);
