// The workspace, put together.

import { byId } from "../markup.js";
import { may } from "../rights.js";
import { actions, picked, showFolded } from "./actions.js";
import { startDrag } from "./drag.js";
import { startDrawer } from "./drawer.js";
import { startHints } from "./hints.js";
import { startPolicies } from "./policies.js";
import { startFacets } from "./facets.js";
import { narrow, showFilters, showNarrowed, startFiltering } from "./filtering.js";
import { startFit } from "./fit.js";
import { startForeseeing } from "./foreseeing.js";
import { startImport } from "./importing.js";
import { startKeys } from "./keys.js";
import { drawLinks, startLinks } from "./links.js";
import { startLive } from "./live.js";
import { followWidth, home, setMode, showMode, showPane } from "./modes.js";
import { openPalette, startPalette } from "./palette.js";
import { look, lookAt, makePanes } from "./panes.js";
import { goPartner, nodeOf, select, startSelection, toggle } from "./selection.js";
import { readStart, state } from "./state.js";
import { startTable } from "./table.js";
import { startThreshold } from "./threshold.js";
import { startTriage } from "./triage.js";

/** @typedef {import("./state.js").Side} Side */

/** Start the page `/t/{id}`. */
export function startWorkspace() {
  readStart();
  makePanes();
  startSelection();
  startLinks();
  startDrag(byId("main"));
  startDrawer();
  startPolicies();
  startHints();
  startFit();
  startForeseeing();
  startImport();
  startKeys();
  startPalette(entries());
  startFacets();
  startFiltering();
  startThreshold();
  startTriage();
  startTable();
  followWidth();
  byId("main").addEventListener("click", onRow);
  byId("main").addEventListener("dblclick", onTwice);
  document.addEventListener("click", onAct);
  document.addEventListener("change", onSource);
  document.addEventListener("kg:meter", () => {
    showMode();
    showNarrowed();
  });
  document.addEventListener("kg:selected", showChoices);
  document.addEventListener("kg:looked", showChoices);
  document.addEventListener("kg:looks", () => look());
  document.addEventListener("kg:gaveup", onGaveUp);
  showMode();
  look();
  home().focus({ preventScroll: true });
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
  if (at?.closest("[data-partner]")) {
    goPartner();
  } else if (at?.closest(".sticky")) {
    lookAt(side, nodeOf(cell));
  }
}

/** What was asked for was given up: every switch stands again as the page shows it. @param {Event} event */
function onGaveUp(event) {
  const mode = /** @type {CustomEvent<import("./state.js").Mode | null>} */ (event).detail;
  showFolded();
  showFilters();
  if (mode && mode !== state.mode) {
    setMode(mode);
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
    setMode(/** @type {import("./state.js").Mode} */ (button.dataset.mode));
  } else if (button.dataset.states) {
    const side = /** @type {Side} */ (button.dataset.side);
    showPane(side);
    narrow(side, button.dataset.states.split(" "));
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

const EDITS = /^(?:map|unmap|fresh|leave|accept|reject|undo|redo|import|plan-text|accept-certain|accept-all|threshold|triage)$/;
const TAKES = /^(?:copy-loader|export)$/;

/**
 * Whether an entry is for this person.
 * @param {Element} entry
 */
function offered(entry) {
  const name = entry.getAttribute("data-name") ?? "";
  return (may("edit") || !EDITS.test(name)) && (may("enter") || !TAKES.test(name)) && (may("create") || name !== "reverse");
}

/** What the palette offers: the page hands over names, words and keys. */
function entries() {
  return [...document.querySelectorAll("#palette-entries [data-name]")].filter(offered).map((entry) => ({
    name: entry.getAttribute("data-name") ?? "",
    label: entry.textContent ?? "",
    keys: entry.getAttribute("data-keys") ?? "",
  }));
}
