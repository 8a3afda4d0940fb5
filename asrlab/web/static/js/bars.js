/** The bars of buttons: playback under the waveform, decisions under the text; each shows its key. */

import { byId, fill, h, icon, time } from "./dom.js";
import * as editor from "./editor.js";
import * as item from "./item.js";
import { keyInText, keyOf, run } from "./keys.js";
import * as player from "./player.js";
import { emit, on, remember, settings, state } from "./state.js";
import { isOpen as isComparing } from "./compare.js";

function button(id, sign, label, properties = {}) {
  const { class: kind = "", pressed, hideLabel = false } = properties;
  return h("button", {
    type: "button",
    class: kind,
    id: `do-${id}`,
    "aria-pressed": pressed === undefined ? null : String(pressed),
    "aria-label": hideLabel ? label : null,
    title: `${label} (${keyOf(id)})`,
    on: { click: () => run(id) },
  }, icon(sign), hideLabel ? null : [h("span", {}, label), keyOf(id) ? h("kbd", { "aria-hidden": "true" }, keyOf(id)) : null]);
}

function toggle(name, label) {
  return h("label", { class: "switch" }, h("input", {
    type: "checkbox",
    checked: settings[name],
    on: { change: (event) => remember(name, event.target.checked) },
  }), h("span", {}, label));
}

function transport() {
  const isPlaying = player.isPlaying();
  const speed = h("select", { id: "speed", title: `Speed (${keyOf("slower")} ${keyOf("faster")})`, on: { change: (event) => player.setSpeed(Number(event.target.value)) } },
    player.SPEEDS.map((value) => h("option", { value, selected: value === settings.speed }, `${value} ×`)));
  const hasChannels = state.page && state.page.num_channels > 1 && state.page.channel !== null;
  fill(byId("transport"),
    button("play", isPlaying ? "pause" : "play", isPlaying ? "Pause" : "Play", { class: "primary play" }),
    button("rewind", "back", "2 s"),
    button("loop", "loop", "Loop", { pressed: settings.loop }),
    h("label", { class: "speed" }, h("span", { class: "sr" }, "Speed"), speed),
    button("zoomOut", "zoomOut", "Zoom out", { hideLabel: true }),
    button("zoomIn", "zoomIn", "Zoom in", { hideLabel: true }),
    h("span", { class: "grow" }),
    hasChannels ? toggle("solo", "This channel only") : null,
    toggle("autoplay", "Autoplay next"));
}

function actions() {
  if (!state.page) return;
  const isChanged = editor.isDirty();
  const isBlind = Boolean(state.blind);
  fill(byId("actions"),
    button("accept", "check", isChanged ? "Save correction" : "Accept", { class: "good" }),
    button("reject", "cross", "Reject"),
    button("skip", "skip", "Skip"),
    h("span", { class: "grow" }),
    button("undo", "undo", "Undo"));
  fill(byId("tools"),
    button("edit", "edit", "Edit", { class: "quiet", pressed: editor.isOpen() }),
    isBlind ? null : [
      button("split", "split", "Split", { class: "quiet" }),
      button("merge", "merge", "Merge next", { class: "quiet" }),
      button("compare", "compare", "A/B", { class: "quiet", pressed: isComparing() }),
      button("history", "history", "History", { class: "quiet" }),
    ]);
}

function foot() {
  if (!state.page) return;
  const slider = h("input", {
    type: "range", min: 0.1, max: 1, step: 0.05, value: settings.doubt, id: "doubt-below",
    on: { input: (event) => remember("doubt", Number(event.target.value)) },
  });
  fill(byId("text-foot"),
    editor.isOpen()
      ? h("span", { class: "soft" }, `${keyInText("accept")} saves and goes on, ${keyInText("leave")} leaves the text`)
      : [h("span", { class: "soft", id: "doubt-line" }, item.doubtLine()), button("doubt", "doubt", "Next doubtful", { class: "quiet" })],
    h("span", { class: "grow" }),
    h("label", { class: "doubt-below soft", for: "doubt-below" }, "Doubtful below"), slider,
    h("output", { for: "doubt-below", class: "mono soft", id: "doubt-value" }, settings.doubt.toFixed(2)));
}

function position(at) {
  byId("clock").textContent = time(at);
  const range = byId("overview-range");
  if (document.activeElement !== range || player.isPlaying()) range.value = at;
  range.setAttribute("aria-valuetext", time(at));
}

function overview(page) {
  const range = byId("overview-range");
  range.max = page.duration_s;
  byId("total").textContent = time(page.duration_s, 0);
  const share = (seconds) => `${((seconds / page.duration_s) * 100).toFixed(3)}%`;
  range.style.setProperty("--from", share(page.start_s));
  range.style.setProperty("--to", share(Math.max(page.end_s, page.start_s + page.duration_s * 0.004)));
  position(player.now());
}

export function start() {
  on("playing", transport);
  on("page", () => { transport(); actions(); foot(); overview(state.page); });
  on("editing", () => { actions(); foot(); });
  on("comparing", actions);
  on("time", position);
  on("setting", (name) => {
    if (name === "solo" && state.page) player.tune(state.page);
    if (name === "doubt" && state.page) {
      byId("doubt-value").textContent = settings.doubt.toFixed(2);
      if (byId("doubt-line")) byId("doubt-line").textContent = item.doubtLine();
    } else {
      transport();
      actions();
      foot();
    }
  });
  byId("overview-range").addEventListener("input", (event) => {
    player.seek(Number(event.target.value));
    emit("active");
  });
}
