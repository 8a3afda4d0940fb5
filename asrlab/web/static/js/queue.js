/** The queue on the left: what is to be reviewed, filtered, a page at a time, and what comes next. */

import * as api from "./api.js";
import { toast } from "./dialog.js";
import { byId, fill, fileName, h, icon, languageName, percent, time } from "./dom.js";
import { flagsOf, flagTitle, knownFlags } from "./flags.js";
import * as item from "./item.js";
import { on, remember, settings, state } from "./state.js";

export const KINDS = [
  ["open", "To review", "Not decided yet"],
  ["doubtful", "Least certain first", "By the engine's confidence"],
  ["flagged", "Flagged", "Cut off, not covered, echo, repaired"],
  ["disagreement", "Engines disagree", "Engines heard other words"],
  ["sample", "Random sample", "Drawn evenly, for quality control"],
  ["second", "Second pass", "Decided by others, blind"],
  ["mine", "My items", "What I acted on, newest first"],
  ["rejected", "Rejected", "With their reasons"],
  ["all", "Everything", "Decided or not"],
];
const LIMIT = 50;
const SEARCH_WAIT_MS = 250;
const MOST_SKIPPED = 500;

let items = [];
let cursor = null;
let isLoading = false;
let turn = 0;
const settled = new Set();

function filters() {
  const { below, ...rest } = settings.filters;
  return { kind: settings.kind, ...rest, below: below ? Number(below) : null, search: byId("queue-search").value.trim() || null };
}

const list = () => byId("queue-list");

/** Reads the queue from its beginning. */
export async function refresh() {
  cursor = null;
  items = [];
  await more(++turn);
  list().scrollTop = 0;
}

async function more(now = turn) {
  if (isLoading && now === turn && items.length) return;
  isLoading = true;
  list().setAttribute("aria-busy", "true");
  try {
    const page = await api.queue(filters(), cursor, LIMIT);
    if (now !== turn) return;
    items.push(...page.items);
    cursor = page.next;
    draw();
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    draw();
    byId("queue-foot").textContent = error.message;
  } finally {
    if (now === turn) {
      isLoading = false;
      list().removeAttribute("aria-busy");
    }
  }
}

function draw() {
  fill(list(), items.map(entry));
  mark();
  byId("queue-foot").textContent = items.length ? (cursor ? `${items.length} shown, more below` : `${items.length} ${items.length === 1 ? "item" : "items"}`) : "Nothing here.";
}

function entry(each) {
  const flags = flagsOf(each.flags);
  const marks = [
    each.confidence === null ? null : h("span", { class: each.confidence < settings.doubt ? "sure low" : "sure", title: "Confidence" }, percent(each.confidence).replace(".0", "")),
    flags.length ? h("span", { class: "chip flag small", title: flags.map(flagTitle).join(", ") }, icon("flag"), flags.length > 1 ? String(flags.length) : flagTitle(flags[0])) : null,
    each.verdict ? h("span", { class: `badge small ${each.verdict === "rejected" ? "bad" : "good"}` }, each.verdict) : null,
    each.claimed_by && each.claimed_by !== state.me.person ? h("span", { class: "chip small", title: "At it now", dir: "auto" }, each.claimed_by) : null,
  ];
  return h("li", { data: { id: each.segment_id }, class: settled.has(each.segment_id) ? "settled" : "" },
    h("button", { type: "button", on: { click: () => open(each.segment_id) } },
      h("span", { class: "entry-head" }, h("span", { class: "entry-name", dir: "auto" }, fileName(each.name)), h("span", { class: "mono soft" }, time(each.start_s, 0)), marks),
      h("span", { class: "entry-text", dir: "auto" }, each.text || "(no text)")));
}

function mark() {
  for (const row of list().children) {
    const isHere = Number(row.dataset.id) === state.page?.segment_id;
    row.classList.toggle("here", isHere);
    row.firstElementChild.setAttribute("aria-current", isHere ? "true" : "false");
    if (isHere) bringInto(list(), row);
  }
}

// Only the list scrolls: on a narrow screen the item stands above it, and must stay in sight.
function bringInto(box, row) {
  const [outer, inner] = [box.getBoundingClientRect(), row.getBoundingClientRect()];
  if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top;
  else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom;
}

export const open = (id, options = {}) => item.open(id, { autoplay: true, ...options });

/** The item after (1) or before (-1) the one shown, in the list's order. */
export async function step(by) {
  const at = items.findIndex(({ segment_id: id }) => id === state.page?.segment_id);
  const to = at < 0 ? 0 : at + by;
  if (to >= items.length - 3 && cursor) await more();
  if (items[to]) await open(items[to].segment_id);
  else if (by > 0) toast("This is the last item of the queue.");
}

/** An item is decided or skipped in this visit: it stays in sight, as it is now, and is not offered again. */
export function settle(id, now = {}) {
  settled.add(id);
  redraw(id, now);
}

/** It is to be done again. */
export function revive(id, now = {}) {
  settled.delete(id);
  redraw(id, now);
}

function redraw(id, now) {
  const at = items.findIndex(({ segment_id: each }) => each === id);
  if (at < 0) return;
  Object.assign(items[at], now);
  list().children[at].replaceWith(entry(items[at]));
  mark();
}

// First what comes after the item shown, as the list is ordered; then what was passed over.
function passed() {
  const at = items.findIndex(({ segment_id: id }) => id === state.page?.segment_id);
  return [...settled, ...items.slice(0, Math.max(0, at)).map(({ segment_id: id }) => id)].slice(-MOST_SKIPPED);
}

function whyEmpty(title) {
  if (!state.choices.corpora?.length) return "There are no recordings in this catalog yet: “asrlab label FOLDER” puts some in, with texts.";
  if (settings.kind === "second" && !state.me.second_share) return `“${title}” is empty: “asrlab review --second 0.1” gives a tenth of what others decided.`;
  const isFiltered = Object.keys(settings.filters).length > 0 || byId("queue-search").value.trim();
  return `“${title}” is empty${isFiltered ? ", as it is filtered now" : ""}.`;
}

/** Opens what is to be done next, as the server hands it out. */
export async function goOn() {
  let given = await api.next(filters(), passed());
  if (given.segment_id === null) given = await api.next(filters(), [...settled].slice(-MOST_SKIPPED));
  if (given.segment_id !== null) return void (await open(given.segment_id, { blind: given.blind }));
  const [, title] = KINDS.find(([kind]) => kind === settings.kind);
  item.empty(settled.size ? "All done here" : "Nothing to review here",
    settled.size ? `“${title}” holds nothing more for you. ${settled.size} done in this visit.` : whyEmpty(title),
    h("button", { type: "button", class: "primary", on: { click: () => setKind("all") } }, "Show everything"));
  mark();
}

async function setKind(kind) {
  remember("kind", kind);
  byId("queue-kind").value = kind;
  await refresh();
  if (items.length) await open(items[0].segment_id, { autoplay: false });
}

function setFilter(name, value) {
  const { [name]: _, ...rest } = settings.filters;
  remember("filters", value === "" ? rest : { ...rest, [name]: value });
  countFilters();
  refresh();
}

function countFilters() {
  const count = Object.keys(settings.filters).length;
  byId("filters-on").textContent = String(count);
  byId("filters-on").hidden = count === 0;
}

function select(name, label, values, title = (value) => value) {
  const chosen = settings.filters[name] ?? "";
  const all = chosen && !values.includes(chosen) ? [...values, chosen] : values;
  return h("label", {}, h("span", {}, label), h("select", { on: { change: (event) => setFilter(name, event.target.value) } },
    h("option", { value: "" }, "any"), all.map((value) => h("option", { value, selected: value === chosen }, title(value)))));
}

export async function start() {
  fill(byId("queue-kind"), KINDS.map(([kind, title, what]) => h("option", { value: kind, title: what, selected: kind === settings.kind }, title)));
  byId("queue-kind").addEventListener("change", (event) => setKind(event.target.value));
  const { corpora = [], flags = [], languages = [] } = state.choices;
  fill(byId("filters-form"),
    select("corpus", "Corpus", corpora.filter(Boolean)),
    select("language", "Language", languages.filter(Boolean), languageName),
    select("flag", "Flag", [...new Set([...flags, ...knownFlags()])], flagTitle),
    select("below", "Confidence below", ["0.95", "0.9", "0.8", "0.7", "0.5", "0.3"], (value) => percent(Number(value)).replace(".0", "")));
  countFilters();
  let wait = 0;
  byId("queue-search").addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(refresh, SEARCH_WAIT_MS);
  });
  byId("queue-search").addEventListener("keydown", (event) => {
    if (event.key === "Escape" || event.key === "Enter") byId("queue-search").blur();
  });
  list().addEventListener("scroll", () => {
    if (cursor && !isLoading && list().scrollTop + list().clientHeight > list().scrollHeight - 400) more();
  });
  on("page", mark);
  await refresh();
}
