/** How acts are carried out: one at a time, each on the item that was shown when its key was pressed. */

import * as api from "./api.js";
import * as claims from "./claims.js";
import * as clock from "./clock.js";
import { ask, toast } from "./dialog.js";
import { byId, h } from "./dom.js";
import * as item from "./item.js";
import { emit, state } from "./state.js";

let running = null;
let isDeciding = false;
/** What took a segment's place, by the acts of this visit. */
const replaced = new Map();

/** The person may have gone on before the server answers: then it is another item that is shown. */
export const isHere = (page) => state.page?.segment_id === page.segment_id;

export const replace = (oldId, newId) => replaced.set(oldId, newId);

function isNowHere({ segment_id: id }) {
  const seen = new Set();
  while (id !== state.page?.segment_id && replaced.has(id) && !seen.has(id)) {
    seen.add(id);
    id = replaced.get(id);
  }
  return id === state.page?.segment_id;
}

/** The item shown: how, and how long it was worked at. */
const shown = () => ({ page: state.page, blind: state.blind, seconds: clock.spent() });

/**
 * Runs `work(page, {blind, seconds})`. `waits` has its turn after the act under way, on what that made of the item;
 * `decides`: a key pressed twice decides nothing twice.
 */
export async function act(work, { waits = false, decides = false } = {}) {
  let at = shown();
  if (!at.page || (decides && isDeciding)) return;
  if (decides) isDeciding = true;
  try {
    while (waits && running) await running;
    if (running) return;
    if (isNowHere(at.page)) at = shown();
    running = perform(work, at);
    await running.finally(() => { running = null; });
  } finally {
    if (decides) isDeciding = false;
  }
}

// What the server refuses is said, and what another changed is shown.
async function perform(work, { page, ...how }) {
  byId("item-body").setAttribute("aria-busy", "true");
  try {
    await work(page, how);
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    if (error.status === 409) await overtaken(page, error);
    else {
      toast(error.message, { kind: "bad" });
      emit("refused");
    }
  } finally {
    byId("item-body").removeAttribute("aria-busy");
  }
}

async function overtaken(page, { message, body }) {
  const by = body.current?.source;
  const said = body.superseded_by ? "This segment was cut anew meanwhile" : by ? `${by} has changed this item` : message.replace(/\.$/, "");
  toast(isHere(page) ? `${said}: here is how it is now.` : `${said}: what you did was not stored.`, { kind: "bad" });
  if (isHere(page)) await item.reload();
}

/** What is given out as the machine heard it is only accepted, corrected, rejected or skipped. */
export const change = (work, options) => act(async (page, how) => {
  if (how.blind) toast("This one is taken as it was heard: accept, correct, reject or skip it.");
  else if (await mayGoOn(page)) await work(page, how);
}, options);

/** Somebody may have taken the item over since it was opened. Annotators the server refuses, others are asked. */
export async function mayGoOn(page) {
  const claim = await claims.ask(page.segment_id);
  if (claim === null || claim.is_mine || state.me.role === "annotator") return true;
  const body = h("p", { dir: "auto" }, `${claim.person} has this item now, and may be changing it.`);
  const yes = await ask("Somebody else is at it", body, [{ label: "Cancel", value: false }, { label: "Take it over and go on", value: true }]);
  if (yes && isHere(page)) await claims.take(page.segment_id, true);
  else if (yes) await api.claim(page.segment_id, true);
  return Boolean(yes);
}
