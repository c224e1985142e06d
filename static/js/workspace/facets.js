// Facets: choices that put a term into a pane's filter, or take it out again; the filter stays text that can be read and typed.

import { byId, place } from "../markup.js";
import { text } from "../net.js";
import { complain } from "../toasts.js";
import { viewOf } from "./asked.js";
import { filterBy } from "./filtering.js";
import { here, state } from "./state.js";

/** @typedef {import("./state.js").Side} Side */

const NAMED = /^(is|dtype|shape|class|rule):/;

/** @param {string} query */
const words = (query) => query.split(/\s+/).filter(Boolean);

/**
 * Put a term into the filter of a side, or take it out.
 * @param {Side} side
 * @param {string} term
 */
export function turnTerm(side, term) {
  const listed = words(viewOf(side).query);
  filterBy(side, (listed.includes(term) ? listed.filter((each) => each !== term) : [...listed, term]).join(" "));
}

/** Start listening. */
export function startFacets() {
  for (const side of /** @type {const} */ (["s", "t"])) {
    const holder = byId(`facets-${side}`);
    opener(side)?.addEventListener("click", () => open(side));
    holder.addEventListener("toggle", () => opener(side)?.setAttribute("aria-expanded", holder.matches(":popover-open") ? "true" : "false"));
    holder.addEventListener("click", (event) => {
      const term = event.target instanceof Element ? event.target.closest("[data-term]")?.getAttribute("data-term") : null;
      if (term) {
        turnTerm(side, term);
        mark(side);
      }
    });
  }
  document.addEventListener("kg:filtered", () => {
    mark("s");
    mark("t");
  });
}

/** @param {Side} side */
const opener = (side) => document.querySelector(`[data-facets="${side}"]`);

/** @param {Side} side */
async function open(side) {
  const holder = byId(`facets-${side}`);
  try {
    place(holder, await text(here(`/facets/${side}?source=${encodeURIComponent(state.source)}`)));
  } catch (problem) {
    complain(problem);
    return;
  }
  mark(side);
  holder.showPopover();
  beneath(holder, /** @type {Element} */ (opener(side)));
  holder.querySelector("button")?.focus();
}

/**
 * Put what floats below what opened it, within the page.
 * @param {HTMLElement} floating
 * @param {Element} opened
 */
export function beneath(floating, opened) {
  const box = opened.getBoundingClientRect();
  floating.style.top = `${box.bottom + 6}px`;
  floating.style.left = `${Math.max(12, Math.min(box.right - floating.offsetWidth, innerWidth - floating.offsetWidth - 12))}px`;
}

/** Show which terms the filter holds. @param {Side} side */
function mark(side) {
  const listed = words(viewOf(side).query);
  opener(side)?.setAttribute("data-on", listed.some((each) => NAMED.test(each)) ? "true" : "false");
  for (const button of byId(`facets-${side}`).querySelectorAll("[data-term]")) {
    button.setAttribute("aria-pressed", listed.includes(button.getAttribute("data-term") ?? "") ? "true" : "false");
  }
}
