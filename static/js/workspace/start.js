// The workspace, put together.

import { byId } from "../markup.js";
import { actions, followWidth, picked, setMode, showMode, showPane } from "./actions.js";
import { startDrag } from "./drag.js";
import { startDrawer } from "./drawer.js";
import { startFit } from "./fit.js";
import { startForeseeing } from "./foreseeing.js";
import { startImport } from "./importing.js";
import { startKeys } from "./keys.js";
import { drawLinks, startLinks } from "./links.js";
import { startLive } from "./live.js";
import { openPalette, startPalette } from "./palette.js";
import { allPanes, look, makePanes } from "./panes.js";
import { nodeOf, select, startSelection, toggle } from "./selection.js";
import { readStart, state } from "./state.js";

/** @typedef {import("./state.js").Side} Side */

/** Start the page `/t/{id}`. */
export function startWorkspace() {
  readStart();
  makePanes();
  startSelection();
  startLinks();
  startDrag(byId("main"));
  startDrawer();
  startFit();
  startForeseeing();
  startImport();
  startKeys();
  startPalette(entries());
  followWidth();
  byId("main").addEventListener("click", onRow);
  byId("main").addEventListener("dblclick", onTwice);
  document.addEventListener("click", onAct);
  document.addEventListener("input", onFilter);
  document.addEventListener("change", onSource);
  document.addEventListener("kg:meter", () => {
    showMode();
    showFacets();
  });
  document.addEventListener("kg:selected", showChoices);
  document.addEventListener("kg:looked", showChoices);
  document.addEventListener("kg:looks", () => look());
  showMode();
  look();
  byId(state.mode === "aligned" ? "aligned" : "pane-t").focus({ preventScroll: true });
  startLive();
}

/** @param {MouseEvent} event */
function onRow(event) {
  const at = event.target instanceof Element ? event.target : null;
  const cell = at?.closest("[data-node]");
  if (!cell) {
    return;
  }
  const side = /** @type {Side} */ (cell.getAttribute("data-side"));
  if (at?.closest(".turn") && cell.hasAttribute("aria-expanded")) {
    toggle(side, nodeOf(cell));
    return;
  }
  select(side, nodeOf(cell), { add: event.ctrlKey || event.metaKey, range: event.shiftKey, follow: true });
  if (picked(side)) {
    return;
  }
}

/** @param {MouseEvent} event */
function onTwice(event) {
  const cell = event.target instanceof Element ? event.target.closest("[data-node][aria-expanded]") : null;
  if (cell && !(event.target instanceof Element && event.target.closest(".turn"))) {
    toggle(/** @type {Side} */ (cell.getAttribute("data-side")), nodeOf(cell));
  }
}

/** @param {MouseEvent} event */
function onAct(event) {
  const button = event.target instanceof Element ? event.target.closest("[data-act], [data-mode], [data-states]") : null;
  if (!(button instanceof HTMLElement) || button.id === "workspace") {
    return;
  }
  if (button.dataset.act === "palette") {
    openPalette();
  } else if (button.dataset.act) {
    actions[button.dataset.act]?.();
  } else if (button.dataset.mode) {
    setMode(/** @type {"free" | "aligned"} */ (button.dataset.mode));
  } else if (button.dataset.states) {
    facet(/** @type {Side} */ (button.dataset.side), button.dataset.states.split(" "));
  }
}

/**
 * Show only keys in some states; a second press shows all again.
 * @param {Side} side
 * @param {string[]} states
 */
function facet(side, states) {
  const view = state.views[side];
  const same = view.states.size === states.length && states.every((each) => view.states.has(each));
  view.states = new Set(same ? [] : states);
  view.toggled.clear();
  if (side === "s" && state.mode === "aligned" && !same) {
    setMode("free");
  }
  showPane(side);
  showFacets();
  resetScroll();
  look();
}

function showFacets() {
  for (const button of document.querySelectorAll("[data-states]")) {
    const view = state.views[/** @type {Side} */ (button.getAttribute("data-side"))];
    const states = (button.getAttribute("data-states") ?? "").split(" ");
    const on = view.states.size === states.length && states.every((each) => view.states.has(each));
    button.setAttribute("aria-pressed", on ? "true" : "false");
  }
}

function resetScroll() {
  for (const pane of allPanes()) {
    pane.element.scrollTop = 0;
  }
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let soon;

/** @param {Event} event */
function onFilter(event) {
  const field = event.target;
  if (field instanceof HTMLInputElement && field.dataset.filter) {
    const view = state.views[/** @type {Side} */ (field.dataset.filter)];
    view.query = field.value;
    view.toggled.clear();
    clearTimeout(soon);
    soon = setTimeout(() => {
      resetScroll();
      look();
    }, 90);
  }
}

/** @param {Event} event */
function onSource(event) {
  if (event.target instanceof HTMLSelectElement && event.target.matches("[data-source]")) {
    location.search = `?source=${encodeURIComponent(event.target.value)}`;
  }
}

/** Buttons follow the selection: what cannot be done is greyed. */
function showChoices() {
  const { s, t } = state.picked;
  const selected = [...document.querySelectorAll('[data-side="t"][data-picked="true"]')];
  const proposed = selected.some((cell) => cell.getAttribute("data-state") === "proposed");
  able("map", Boolean(s.size || t.size));
  document.querySelector('.head-mid [data-act="map"]')?.classList.toggle("primary", Boolean(s.size && t.size));
  able("unmap", t.size > 0);
  able("settle", t.size > 0 || s.size > 0);
  able("accept", proposed);
  able("reject", proposed);
  const label = document.querySelector('[data-act="settle"] [data-label]');
  if (label) {
    label.textContent = label.getAttribute(state.side === "s" && s.size ? "data-leave" : "data-fresh");
  }
  drawLinks();
}

/**
 * @param {string} act
 * @param {boolean} can
 */
function able(act, can) {
  for (const button of document.querySelectorAll(`.drawer [data-act="${act}"], .head-mid [data-act="${act}"]`)) {
    /** @type {HTMLButtonElement} */ (button).disabled = !can;
  }
}

/** What the palette offers: the page hands over names, words and keys. */
function entries() {
  return [...document.querySelectorAll("#palette-entries [data-name]")].map((entry) => ({
    name: entry.getAttribute("data-name") ?? "",
    label: entry.textContent ?? "",
    keys: entry.getAttribute("data-keys") ?? "",
  }));
}
