// Everything a person can do in the workspace, by name: what keys, buttons and the palette call.

import { byId } from "../markup.js";
import { text } from "../net.js";
import { complain, copy } from "../toasts.js";
import { say } from "../words.js";
import { refold, viewOf } from "./asked.js";
import { openDrawer, showTab, toggleDrawer } from "./drawer.js";
import { edit, map } from "./edits.js";
import { openImport } from "./importing.js";
import { NEEDS, narrow } from "./filtering.js";
import { holdLetters } from "./holding.js";
import { nextMode, setMode, showPane } from "./modes.js";
import { openPolicies } from "./policies.js";
import { look, paneOf } from "./panes.js";
import { clearSelection, goPartner, nextWaiting } from "./selection.js";
import { acceptLeast } from "./threshold.js";
import { back, goBack, skip, takeWay } from "./triage.js";
import { here, other, rowsBody, state } from "./state.js";

/** @typedef {import("./state.js").Side} Side */

/** @type {Record<string, () => void>} */
export const actions = {
  map: mapOrPick,
  unmap: () => onRows("t", "/unmap"),
  settle: () => (state.side === "s" && state.picked.s.size ? onRows("s", "/leave") : onRows("t", "/fresh")),
  policies: openPolicies,
  fresh: () => onRows("t", "/fresh"),
  leave: () => onRows("s", "/leave"),
  accept: () => onRows("t", "/accept"),
  reject: () => onRows("t", "/reject"),
  "accept-certain": () => edit("/accept", { ...rowsBody(), everything: "certain" }),
  "accept-all": () => edit("/accept", { ...rowsBody(), everything: "all" }),
  threshold: () => /** @type {HTMLElement | null} */ (document.querySelector('[data-popover="threshold"]'))?.click(),
  "accept-least": acceptLeast,
  recall: () => edit("/recall", rowsBody()),
  forget: () => edit("/forget", rowsBody()),
  undo: () => {
    goBack();
    edit("/undo", rowsBody());
  },
  redo: () => edit("/redo", rowsBody()),
  next: nextWaiting,
  aligned: () => setMode("aligned"),
  free: () => setMode("free"),
  triage: () => setMode("triage"),
  table: () => setMode("table"),
  "triage-take": takeWay,
  "triage-skip": skip,
  "triage-back": back,
  view: nextMode,
  needs: () => narrow("t", NEEDS),
  partner: goPartner,
  "filter-s": () => focusFilter("s"),
  "filter-t": () => focusFilter("t"),
  detail: () => openDrawer("detail"),
  rules: () => openDrawer("rules"),
  import: () => openImport("/import"),
  "plan-text": () => openImport("/plan-text"),
  loader: () => openDrawer("loader"),
  history: () => openDrawer("history"),
  proposals: () => {
    clearSelection();
    showTab("detail");
  },
  "name-version": async () => {
    const arrived = holdLetters();
    await showTab("history");
    arrived(document.querySelector(/** @type {"input"} */ ("#drawer-body .history-head input")));
  },
  drawer: toggleDrawer,
  "copy-loader": copyLoader,
  export: () => location.assign(here("/export")),
  "replace-source": () => location.assign(/** @type {HTMLAnchorElement} */ (document.querySelector('.head[data-side="s"] .replace')).href),
  "replace-target": () => location.assign(/** @type {HTMLAnchorElement} */ (document.querySelector('.head[data-side="t"] .replace')).href),
  values: () => location.assign(here("/values")),
  reverse: () => /** @type {HTMLFormElement} */ (byId("reverse")).requestSubmit(),
  keys: () => /** @type {HTMLDialogElement} */ (byId("keys")).showModal(),
  "fold-s": () => setFolded("s"),
  "fold-t": () => setFolded("t"),
  "expand-s": () => setExpand("s"),
  "expand-t": () => setExpand("t"),
  "pane-s": () => tab("s"),
  "pane-t": () => tab("t"),
};

/**
 * @param {Side} side
 * @param {string} path
 */
function onRows(side, path) {
  if (state.picked[side].size) {
    edit(path, rowsBody());
  } else {
    byId("status").textContent = say("pick-first");
  }
}

/** Map the two selected rows; with one selected, wait for a click on the other side. */
function mapOrPick() {
  if (state.picked.s.size && state.picked.t.size) {
    map();
  } else if (state.picked.s.size || state.picked.t.size) {
    state.picking = state.picked.s.size ? "t" : "s";
    byId("status").textContent = say(state.picking === "t" ? "pick-target" : "pick-source");
    showPane(state.picking);
    if (state.mode === "free") {
      paneOf(state.picking).element.focus();
    }
  } else {
    byId("status").textContent = say("pick-first");
  }
}

/** @param {Side} side */
export function focusFilter(side) {
  showPane(side);
  /** @type {HTMLInputElement | null} */ (document.querySelector(`[data-filter="${side}"]`))?.focus();
}

/** Give up picking, then the selection. */
export function giveUp() {
  if (state.picking) {
    state.picking = null;
    byId("status").textContent = "";
  } else {
    clearSelection();
  }
}

/** On a narrow page: show the tree of one side. @param {Side} side */
function tab(side) {
  if (state.mode !== "free") {
    setMode("free");
  }
  showPane(side);
  state.side = side;
}

/** @param {Side} side */
function setFolded(side) {
  refold(side);
  showFolded();
  look();
}

/** Show on the buttons whether equal siblings are asked for as one. */
export function showFolded() {
  for (const side of /** @type {const} */ (["s", "t"])) {
    document.querySelector(`[data-act="fold-${side}"]`)?.setAttribute("aria-pressed", viewOf(side).folded ? "true" : "false");
  }
}

/** @param {Side} side */
function setExpand(side) {
  const view = viewOf(side);
  view.expand = view.expand === "all" ? "none" : "all";
  view.toggled.clear();
  look();
}

/** Copy the loader script of the newest version. */
async function copyLoader() {
  try {
    const script = await text(here("/loader.py"));
    await showTab("loader");
    await copy(script, document.querySelector("#drawer-body .code"));
  } catch (problem) {
    complain(problem);
  }
}

/**
 * What a click on a row of the other side means while picking.
 * @param {Side} side
 * @returns {boolean} whether it was meant so
 */
export function picked(side) {
  if (state.picking !== side || !state.picked[other(side)].size) {
    return false;
  }
  state.picking = null;
  map();
  return true;
}
