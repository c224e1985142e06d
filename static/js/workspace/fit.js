// The dialog of ways to make a drawn pair fit: each with its resulting shape and what it would do; nothing maps silently.

import { byId, place } from "../markup.js";
import { addRules } from "./edits.js";

/** @param {string} markup */
export function openFit(markup) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("fit"));
  place(dialog, markup);
  if (!dialog.open) {
    dialog.showModal();
  }
  dialog.querySelector(/** @type {"button"} */ ("[data-statements]"))?.focus();
}

/** Choose by click or by number. */
export function startFit() {
  const dialog = /** @type {HTMLDialogElement} */ (byId("fit"));
  dialog.addEventListener("click", (event) => {
    const option = event.target instanceof Element ? event.target.closest("[data-statements]") : null;
    if (option) {
      take(dialog, option);
    }
  });
  dialog.addEventListener("keydown", (event) => {
    const options = [...dialog.querySelectorAll(/** @type {"button"} */ ("[data-statements]"))];
    const numbered = options[Number(event.key) - 1];
    if (numbered) {
      event.preventDefault();
      take(dialog, numbered);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const at = options.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
      options.at((at + (event.key === "ArrowDown" ? 1 : -1)) % options.length)?.focus();
    }
  });
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {Element} option
 */
function take(dialog, option) {
  dialog.close();
  addRules(JSON.parse(option.getAttribute("data-statements") ?? "[]"));
}
