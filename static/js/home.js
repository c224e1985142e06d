// The list of transfers: what was done to one is said, and can be taken back.

import { toast } from "./toasts.js";
import { say } from "./words.js";

const SETTLED = 100;

const htmx = /** @type {any} */ (globalThis).htmx;

/** Start listening. */
export function startHome() {
  // before its answer is put in place: afterwards the form is gone, and tells nobody
  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = /** @type {CustomEvent} */ (event).detail;
    if (ctx?.sourceElement instanceof HTMLFormElement && ctx.sourceElement.dataset.said && ctx.response.status < 400) {
      tell(ctx.sourceElement);
    }
  });
}

/** @param {HTMLFormElement} form a form that was sent, and may be gone by now */
function tell(form) {
  const { said = "", title = "", undo } = form.dataset;
  toast(say(said, { title }), undo ? { action: say("undo"), run: () => takeBack(form, undo) } : {});
  setTimeout(keepPlace, SETTLED);
}

/** The focus was in a menu that is gone: whoever works by keys goes on in the list. */
function keepPlace() {
  if (!document.activeElement || document.activeElement === document.body) {
    /** @type {HTMLElement | null} */ (document.querySelector("#transfers a"))?.focus({ preventScroll: true });
  }
}

/**
 * Send the form again, with the value that was there before; the list that is shown by then is shown anew.
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function takeBack(form, name) {
  const find = document.getElementById("find");
  const values = Object.fromEntries(find instanceof HTMLFormElement ? new FormData(find) : []);
  const away = document.getElementById("transfers")?.dataset.archived ?? "false";
  htmx.ajax("POST", form.getAttribute("action"), { target: "#transfers", swap: "outerHTML", values: { ...values, away, [name]: form.dataset.was } });
}
