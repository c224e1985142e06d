// Everything a person can do in the workspace, by name: what keys, buttons and the palette call.

import { byId } from "../markup.js";
import { text } from "../net.js";
import { complain, copy } from "../toasts.js";
import { say } from "../words.js";
import { openDrawer, showTab, toggleDrawer } from "./drawer.js";
import { edit, map } from "./edits.js";
import { openImport } from "./importing.js";
import { drawLinks } from "./links.js";
import { clearHidden, look, paneOf } from "./panes.js";
import { clearSelection, nextWaiting } from "./selection.js";
import { here, other, rowsBody, state } from "./state.js";

/** @typedef {import("./state.js").Side} Side */

/** @type {Record<string, () => void>} */
export const actions = {
  map: mapOrPick,
  unmap: () => onRows("t", "/unmap"),
  settle: () => (state.side === "s" && state.picked.s.size ? onRows("s", "/leave") : onRows("t", "/fresh")),
  fresh: () => onRows("t", "/fresh"),
  leave: () => onRows("s", "/leave"),
  accept: () => onRows("t", "/accept"),
  reject: () => onRows("t", "/reject"),
  "accept-certain": () => edit("/accept", { ...rowsBody(), everything: "certain" }),
  "accept-all": () => edit("/accept", { ...rowsBody(), everything: "all" }),
  recall: () => edit("/recall", rowsBody()),
  forget: () => edit("/forget", rowsBody()),
  undo: () => edit("/undo", rowsBody()),
  redo: () => edit("/redo", rowsBody()),
  next: nextWaiting,
  aligned: () => setMode("aligned"),
  free: () => setMode("free"),
  view: () => setMode(state.mode === "free" ? "aligned" : "free"),
  detail: () => openDrawer("detail"),
  rules: () => openDrawer("rules"),
  import: () => openImport("/import"),
  "plan-text": () => openImport("/plan-text"),
  loader: () => openDrawer("loader"),
  history: () => openDrawer("history"),
  drawer: toggleDrawer,
  "copy-loader": copyLoader,
  export: () => location.assign(here("/export")),
  reverse: () => /** @type {HTMLFormElement} */ (byId("reverse")).requestSubmit(),
  keys: () => /** @type {HTMLDialogElement} */ (byId("keys")).showModal(),
  "fold-s": () => setFolded("s"),
  "fold-t": () => setFolded("t"),
  "expand-s": () => setExpand("s"),
  "expand-t": () => setExpand("t"),
  "pane-s": () => showPane("s"),
  "pane-t": () => showPane("t"),
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

/** Give up picking, then the selection. */
export function giveUp() {
  if (state.picking) {
    state.picking = null;
    byId("status").textContent = "";
  } else {
    clearSelection();
  }
}

/** @param {"free" | "aligned"} mode */
export function setMode(mode) {
  if (state.narrow && mode === "aligned") {
    return;
  }
  state.mode = mode;
  localStorage.setItem("kg-mode", mode);
  clearHidden();
  showMode();
  look();
}

/** Follow the width of the page: below 900 px only the free view fits. */
export function followWidth() {
  matchMedia("(max-width: 899px)").addEventListener("change", (event) => {
    state.narrow = event.matches;
    state.mode = state.narrow ? "free" : localStorage.getItem("kg-mode") === "free" ? "free" : "aligned";
    clearHidden();
    showMode();
    look();
  });
}

/** Show the panes of the mode in force. */
export function showMode() {
  const free = state.mode === "free";
  byId("workspace").dataset.mode = state.mode;
  byId("pane-s").hidden = !free;
  byId("pane-t").hidden = !free;
  byId("links").hidden = !free;
  byId("aligned").hidden = free;
  for (const button of document.querySelectorAll("[data-mode]:not(#workspace)")) {
    button.setAttribute("aria-pressed", button.getAttribute("data-mode") === state.mode ? "true" : "false");
  }
  drawLinks();
}

/** @param {Side} side */
export function showPane(side) {
  byId("workspace").dataset.pane = side;
  for (const each of /** @type {const} */ (["s", "t"])) {
    document.querySelector(`[role="tab"][data-act="pane-${each}"]`)?.setAttribute("aria-selected", each === side ? "true" : "false");
  }
}

/** @param {Side} side */
function setFolded(side) {
  const view = state.views[side];
  view.folded = !view.folded;
  view.toggled.clear();
  view.expand = "first";
  state.picked[side].clear();
  state.cursor[side] = null;
  document.querySelector(`[data-act="fold-${side}"]`)?.setAttribute("aria-pressed", view.folded ? "true" : "false");
  look();
}

/** @param {Side} side */
function setExpand(side) {
  const view = state.views[side];
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
