// What the panes are narrowed to: the text of a filter, and the states that the legend or "only what needs me" ask for.

import { viewOf } from "./asked.js";
import { allPanes, look } from "./panes.js";

/** @typedef {import("./state.js").Side} Side */

export const NEEDS = ["proposed", "missing", "mismatched", "conflicting"];

/** @type {ReturnType<typeof setTimeout> | undefined} */
let soon;

/**
 * Narrow a side to what a text asks for, and show the text in its field.
 * @param {Side} side
 * @param {string} query
 */
export function filterBy(side, query) {
  const field = document.querySelector(`[data-filter="${side}"]`);
  if (field instanceof HTMLInputElement && field.value !== query) {
    field.value = query;
  }
  viewOf(side).query = query;
  viewOf(side).toggled.clear();
  document.dispatchEvent(new CustomEvent("kg:filtered"));
  clearTimeout(soon);
  soon = setTimeout(() => {
    toTop();
    look();
  }, 90);
}

/**
 * Show only keys in some states; a second time shows all again.
 * @param {Side} side
 * @param {string[]} states
 */
export function narrow(side, states) {
  const view = viewOf(side);
  view.states = new Set(asksFor(side, states) ? [] : states);
  view.toggled.clear();
  showNarrowed();
  toTop();
  look();
}

/**
 * @param {Side} side
 * @param {string[]} states
 */
function asksFor(side, states) {
  const view = viewOf(side);
  return view.states.size === states.length && states.every((each) => view.states.has(each));
}

/** Show on the buttons what is asked for. */
export function showNarrowed() {
  for (const button of document.querySelectorAll("[data-states]")) {
    const side = /** @type {Side} */ (button.getAttribute("data-side"));
    button.setAttribute("aria-pressed", asksFor(side, (button.getAttribute("data-states") ?? "").split(" ")) ? "true" : "false");
  }
  document.querySelector('[data-act="needs"]')?.setAttribute("aria-pressed", asksFor("t", NEEDS) ? "true" : "false");
}

/** Show in the fields and on the buttons what is asked for. */
export function showFilters() {
  for (const side of /** @type {const} */ (["s", "t"])) {
    const field = document.querySelector(`[data-filter="${side}"]`);
    if (field instanceof HTMLInputElement) {
      field.value = viewOf(side).query;
    }
  }
  showNarrowed();
  document.dispatchEvent(new CustomEvent("kg:filtered"));
}

function toTop() {
  for (const pane of allPanes()) {
    pane.element.scrollTop = 0;
  }
}

/** Show everything again. */
function clearAll() {
  for (const side of /** @type {const} */ (["s", "t"])) {
    viewOf(side).states = new Set();
    filterBy(side, "");
  }
  showNarrowed();
}

/** Listen to the fields. */
export function startFiltering() {
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-clear-filter]")) {
      clearAll();
    }
  });
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field instanceof HTMLInputElement && field.dataset.filter) {
      filterBy(/** @type {Side} */ (field.dataset.filter), field.value);
    }
  });
}
