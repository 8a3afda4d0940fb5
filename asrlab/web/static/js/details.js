/** What is known of the segment and of the word selected, and the fields that change it. */

import * as acts from "./acts.js";
import { byId, fill, h, languageName, percent, span, time } from "./dom.js";
import { flagMeaning, flagsOf, flagTitle } from "./flags.js";
import { doubtOf, emit, on, state } from "./state.js";

const row = (name, ...value) => [h("dt", {}, name), h("dd", {}, value)];

function field(id, label, value, properties, change) {
  const input = h("input", { id, value: value ?? "", autocomplete: "off", ...properties });
  const commit = () => { if (input.value.trim() !== String(value ?? "")) change(input.value.trim()); };
  input.addEventListener("change", commit);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") input.blur();
    else if (event.key === "Escape") {
      input.value = value ?? "";
      input.blur();
    }
  });
  return h("div", { class: "field" }, h("label", { for: id }, label), input);
}

const choicesOf = (id, values, name = (value) => value) => h("datalist", { id }, values.map((value) => h("option", { value }, name(value))));

function borders(page) {
  const change = (which) => (value) => {
    const seconds = Number(value.replace(",", "."));
    if (value !== "" && Number.isFinite(seconds)) acts.moveSegment({ [which]: seconds });
  };
  const limits = { type: "number", step: "0.01", min: 0, max: page.duration_s, disabled: Boolean(state.blind) };
  return h("div", { class: "pair" },
    field("start", "Start (s)", page.start_s.toFixed(3), limits, change("start")),
    field("end", "End (s)", page.end_s.toFixed(3), limits, change("end")));
}

// Where somebody types when the page is read anew, they go on typing.
function render() {
  const typing = document.activeElement?.closest("#details input");
  draw();
  const same = typing && byId(typing.id);
  if (!same) return;
  same.value = typing.value;
  same.focus();
}

function draw() {
  const { page } = state;
  const { current } = page;
  const isBlind = Boolean(state.blind);
  const flags = flagsOf(current.flags);
  fill(byId("details"),
    h("h2", {}, "Segment"),
    flags.length ? h("ul", { class: "flag-list" }, flags.map((flag) => h("li", {}, h("span", { class: "chip flag" }, flagTitle(flag)), h("span", {}, flagMeaning(flag))))) : null,
    field("speaker", "Speaker", page.speaker, { list: "speakers", maxlength: 200, dir: "auto", disabled: isBlind }, (speaker) => acts.describe({ speaker }, "Speaker set.")),
    choicesOf("speakers", state.choices.speakers ?? []),
    field("language", "Language", current.language ?? page.language, { list: "languages", maxlength: 35, disabled: isBlind }, (language) => acts.describe({ language }, "Language set.")),
    choicesOf("languages", state.choices.languages ?? [], languageName),
    borders(page),
    h("dl", {},
      row("Length", span(page.end_s - page.start_s)),
      row("Written by", h("span", { dir: "auto" }, current.source ?? current.origin)),
      current.confidence === null ? null : row("Confidence", percent(current.confidence)),
      page.context ? row("Context", h("span", { dir: "auto" }, page.context)) : null,
      page.reason ? row("Reason", h("span", { dir: "auto" }, page.reason)) : null),
    h("div", { class: "neighbours" },
      neighbour("Earlier", page.previous_id), neighbour("Later", page.next_id),
      state.me.is_reviewer && !isBlind ? goldButton(page) : null),
    h("div", { id: "word-details" }));
  renderWord();
}

function goldButton({ gold }) {
  return gold
    ? h("button", { type: "button", class: "quiet", title: `Gold, by ${gold.added_by}: ${gold.text}`, on: { click: acts.notGold } }, "No longer gold")
    : h("button", { type: "button", class: "quiet", on: { click: acts.gold } }, "Make it gold");
}

function neighbour(label, id) {
  return h("button", { type: "button", class: "quiet", disabled: id === null, title: `The ${label.toLowerCase()} segment of this recording`, on: { click: () => emit("open", id) } }, label);
}

/** The word selected: how sure, from where, and its times to set by keyboard. */
function renderWord() {
  const box = byId("word-details");
  const word = state.selected === null ? null : state.page.current.words[state.selected];
  if (!box) return;
  if (!word) return fill(box);
  const change = (which) => (value) => {
    const seconds = Number(value.replace(",", "."));
    if (value === "" || !Number.isFinite(seconds)) return;
    acts.moveWord({ word, start: word.start_s, end: word.end_s, [which]: seconds });
  };
  const limits = { type: "number", step: "0.01", min: 0, max: state.page.duration_s, disabled: Boolean(state.blind) };
  const doubt = doubtOf(word);
  fill(box,
    h("h2", {}, "Word ", h("q", { dir: "auto", class: doubt ?? "" }, word.word)),
    h("div", { class: "pair" },
      field("word-start", "Start (s)", word.start_s.toFixed(3), limits, change("start")),
      field("word-end", "End (s)", word.end_s.toFixed(3), limits, change("end"))),
    h("dl", {},
      word.confidence === null ? null : row("Confidence", percent(word.confidence)),
      word.score === null ? null : row("Place", `${percent(word.score)} sure`),
      word.source ? row("Times from", word.source) : null,
      row("Heard at", time(word.start_s, 2)),
      word.flags.map((flag) => row(flagTitle(flag), flagMeaning(flag)))));
}

export function focusSpeaker() {
  byId("speaker")?.focus();
  byId("speaker")?.select();
}

on("page", render);
// What was refused does not stand there as if it were set.
on("refused", () => { if (state.page) draw(); });
on("selected", renderWord);
