/** The door, where the server wants a token. */

import * as api from "./api.js";
import * as dialog from "./dialog.js";
import { byId, fill, h } from "./dom.js";

function form(className, heading, done) {
  const token = h("input", { id: "token", type: "password", autocomplete: "current-password", required: true, autofocus: true, maxlength: 200, spellcheck: "false" });
  const wrong = h("p", { class: "wrong", role: "alert" });
  const made = h("form", { class: className }, heading, h("label", { for: "token" }, "Token"), token, wrong,
    h("button", { type: "submit", class: "primary" }, "Sign in"));
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      done(await api.login(token.value.trim()));
    } catch (error) {
      if (!(error instanceof api.ApiError)) throw error;
      wrong.textContent = error.message;
      token.select();
    }
  });
  return made;
}

/** Shows the form in the page's place; resolves when a token has been taken. */
export async function ask() {
  const heading = [h("h1", {}, "Sign in"), h("p", { class: "soft" }, "The token that “asrlab review people add” gave for you.")];
  for (const id of ["review", "stats"]) byId(id).hidden = true;
  byId("login").hidden = false;
  await new Promise((resolve) => {
    fill(byId("login"), form("card", heading, resolve));
    byId("token").focus();
  });
  byId("login").hidden = true;
  fill(byId("login"));
}

let asking = null;

/** Asks over the page, once for all that wait for it; resolves with who signed in, or null. */
export function again() {
  const why = h("p", { class: "soft" }, "The server was started anew, or you were away for long. What you have typed is still here.");
  asking ??= dialog.ask("Sign in again", (close) => form("again", why, close)).finally(() => { asking = null; });
  return asking;
}
