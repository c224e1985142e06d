// Hints for the first time: one at a time, each gone for good once it is dismissed or the thing was done.

import { byId } from "../markup.js";

const KEPT = "kg-hints";

/** Names of the hints that were seen. @returns {Set<string>} */
function seen() {
  return new Set((localStorage.getItem(KEPT) ?? "").split(" ").filter(Boolean));
}

/** @param {string[]} names */
function note(...names) {
  localStorage.setItem(KEPT, [...new Set([...seen(), ...names])].join(" "));
  show();
}

/** @returns {HTMLElement[]} */
const all = () => [...byId("hints").querySelectorAll(/** @type {"li"} */ ("[data-hint]"))];

/** The first hint that was not seen and has something to speak of. */
function show() {
  const known = seen();
  const next = all().find((hint) => !known.has(hint.dataset.hint ?? "") && applies(hint));
  for (const hint of all()) {
    hint.hidden = hint !== next;
  }
  byId("hints").hidden = !next;
}

/** @param {HTMLElement} hint */
function applies(hint) {
  const wants = hint.dataset.when;
  return !wants || document.querySelector(wants) !== null;
}

/** Start listening. */
export function startHints() {
  byId("hints").addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-hint-act]") : null;
    const hint = button?.closest("[data-hint]");
    if (button?.getAttribute("data-hint-act") === "all") {
      note(...all().map((each) => each.dataset.hint ?? ""));
    } else if (hint) {
      note(hint.getAttribute("data-hint") ?? "");
    }
  });
  document.addEventListener("kg:edited", () => note("drag"));
  document.addEventListener("kg:looked", show);
  show();
}
