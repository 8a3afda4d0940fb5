/** The door, where the server wants a token. */

import * as api from "./api.js";
import { byId, fill, h } from "./dom.js";

/** Shows the form; resolves when a token has been taken. */
export function ask() {
  return new Promise((resolve) => {
    const token = h("input", { id: "token", type: "password", autocomplete: "current-password", required: true, maxlength: 200, spellcheck: "false" });
    const wrong = h("p", { class: "wrong", role: "alert" });
    const form = h("form", { class: "card" },
      h("h1", {}, "Sign in"),
      h("p", { class: "soft" }, "The token that “asrlab review people add” gave for you."),
      h("label", { for: "token" }, "Token"), token, wrong,
      h("button", { type: "submit", class: "primary" }, "Sign in"));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        await api.login(token.value.trim());
      } catch (error) {
        if (!(error instanceof api.ApiError)) throw error;
        wrong.textContent = error.message;
        token.select();
        return;
      }
      byId("login").hidden = true;
      resolve();
    });
    fill(byId("login"), form);
    byId("login").hidden = false;
    byId("review").hidden = true;
    byId("stats").hidden = true;
    token.focus();
  });
}
