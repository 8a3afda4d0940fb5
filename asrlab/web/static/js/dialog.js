/** Dialogs that answer with a value, and short messages. */

import { byId, h } from "./dom.js";

/**
 * Opens a dialog; `body` is elements or a function of `close(value)`. Buttons are [{label, value, kind, key}];
 * a value may be a function, asked when pressed. Esc answers null. Resolves with the value.
 */
export function ask(title, body, buttons = [], { wide = false } = {}) {
  return new Promise((resolve) => {
    let answer = null;
    const close = (value) => {
      answer = value;
      dialog.close();
    };
    const value = (button) => (typeof button.value === "function" ? button.value() : button.value);
    const content = typeof body === "function" ? body(close) : body;
    const heading = h("h2", { id: "dialog-title" }, title);
    const row = buttons.map((button) =>
      h("button", { type: "button", class: button.kind ?? "", autofocus: button.kind === "primary" && !button.quietly, on: { click: () => close(value(button)) } },
        button.label, button.key ? h("kbd", { "aria-hidden": "true" }, button.key) : null));
    const dialog = h("dialog", { class: wide ? "wide" : "", "aria-labelledby": "dialog-title" }, heading, content, h("div", { class: "dialog-buttons" }, row));
    dialog.addEventListener("keydown", (event) => {
      const main = buttons.find((button) => button.kind === "primary");
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !main) return;
      event.preventDefault();
      close(value(main));
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    byId("dialogs").append(dialog);
    dialog.showModal();
  });
}

const SHOWN_MS = 6000;

/** Says something for a moment; `act` is [label, function] for a button beside it. */
export function toast(text, { kind = "", act = null } = {}) {
  const message = h("div", { class: `toast ${kind}` }, h("span", { dir: "auto" }, text));
  if (act) message.append(h("button", { type: "button", on: { click: () => { message.remove(); act[1](); } } }, act[0]));
  byId("toasts").append(message);
  while (byId("toasts").children.length > 3) byId("toasts").firstElementChild.remove();
  setTimeout(() => message.remove(), kind === "bad" ? 2 * SHOWN_MS : SHOWN_MS);
}
