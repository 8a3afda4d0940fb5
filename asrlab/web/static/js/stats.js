/** The numbers: hours, speed, corrections, agreement; in all, and by engine, corpus and person. */

import * as api from "./api.js";
import { byId, fill, h, percent, span } from "./dom.js";

const hours = (value) => (value < 1 ? `${(value * 60).toFixed(1)} min` : `${value.toFixed(1)} h`);
const speed = (value) => (value === null ? "–" : `${value.toFixed(2)} ×`);
const count = (value) => value.toLocaleString("en");

/** [name, heading, what it means, how it is written] */
const COLUMNS = [
  ["items", "Items", "Segments decided", count],
  ["hours", "Audio", "Audio decided", hours],
  ["seconds_spent", "Time", "Time that people spent", span],
  ["speed", "Speed", "Audio reviewed per time spent", speed],
  ["accepted", "Accepted", "Taken as the machine wrote them", count],
  ["corrected", "Corrected", "Changed by a person", count],
  ["rejected", "Rejected", "Not to be used", count],
  ["wer", "WER", "Words the machine had wrong, against the final text", percent],
  ["cer", "CER", "Characters the machine had wrong, against the final text", percent],
  ["passes", "Passes", "Segments heard a second time, blind", count],
  ["agreement_wer", "Differing", "Words in which the second pass differs from the first", percent],
  ["gold_items", "Gold", "Gold items answered", count],
  ["gold_accuracy", "Gold right", "Gold items whose text came out right", percent],
];
const TILES = ["hours", "items", "speed", "wer", "agreement_wer", "gold_accuracy"];
const GROUPS = [["by_engine", "Engines"], ["by_corpus", "Corpora"], ["by_reviewer", "People"]];

function tile(name, total) {
  const [, heading, meaning, write] = COLUMNS.find(([column]) => column === name);
  return h("div", { class: "card tile" }, h("span", {}, heading), h("b", {}, write(total[name])), h("span", { class: "soft" }, meaning));
}

function table(title, rows) {
  const head = h("tr", {}, h("th", { scope: "col" }, "Name"), COLUMNS.map(([, heading, meaning]) => h("th", { scope: "col", title: meaning }, heading)));
  const body = rows.map((row) => h("tr", {}, h("th", { scope: "row", dir: "auto" }, row.name || "(none)"), COLUMNS.map(([name, , , write]) => h("td", {}, write(row[name])))));
  return h("section", { class: "card", tabindex: 0, "aria-label": title }, h("table", {}, h("caption", {}, title), h("thead", {}, head), h("tbody", {}, body)));
}

export async function show() {
  const box = byId("stats");
  fill(box, h("p", { class: "soft" }, "Counting …"));
  let answer;
  try {
    answer = await api.statistics();
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    fill(box, h("p", { class: "wrong", role: "alert" }, error.message));
    return;
  }
  const groups = GROUPS.filter(([name]) => answer[name].length).map(([name, title]) => table(title, answer[name]));
  fill(box, h("h1", {}, "Statistics"), h("div", { class: "tiles" }, TILES.map((name) => tile(name, answer.total))),
    groups.length ? groups : h("p", { class: "soft" }, "Nothing has been decided yet. Figures come with the first item accepted, corrected or rejected."));
}
