// Proposals taken by confidence: a slider that says how many keys each step takes.

import { edit } from "./edits.js";
import { beneath } from "./facets.js";
import { rowsBody } from "./state.js";

const holder = () => document.getElementById("threshold");
const step = () => holder()?.querySelectorAll("[data-least]")[Number(/** @type {HTMLInputElement | null} */ (document.getElementById("threshold-range"))?.value ?? 0)];

function show() {
  const button = holder()?.querySelector("button");
  if (button) {
    button.textContent = step()?.textContent ?? "";
  }
}

/** Take what the slider says. */
export function acceptLeast() {
  const least = step()?.getAttribute("data-least");
  holder()?.hidePopover();
  if (least) {
    edit("/accept", { ...rowsBody(), s: [], t: [], at_least: Number(least) });
  }
}

/** Start listening; the meter is replaced with every edit, so the page listens. */
export function startThreshold() {
  document.addEventListener("click", (event) => {
    const opener = event.target instanceof Element ? event.target.closest('[data-popover="threshold"]') : null;
    const shown = holder();
    if (opener && shown) {
      show();
      shown.showPopover();
      beneath(shown, opener);
      shown.querySelector("input")?.focus();
    }
  });
  document.addEventListener("input", (event) => {
    if (event.target instanceof Element && event.target.id === "threshold-range") {
      show();
    }
  });
}
