// The keyboard: single letters (which can be switched off), arrows, and the usual Ctrl combinations.

import { byId } from "../markup.js";
import { actions, focusFilter, giveUp } from "./actions.js";
import { chooseCandidate } from "./drawer.js";
import { openPalette } from "./palette.js";
import { home } from "./modes.js";
import { paned, paneOf } from "./panes.js";
import { fold, move, select } from "./selection.js";
import { other, state } from "./state.js";
import { moveRow } from "./table.js";
import { back, chooseWay, moveWay, skip, takeWay } from "./triage.js";

/** @type {Record<string, () => void>} */
const SINGLE = {
  j: () => move(1),
  k: () => move(-1),
  h: () => fold(false),
  l: () => fold(true),
  m: () => actions.map?.(),
  u: () => actions.unmap?.(),
  i: () => actions.settle?.(),
  a: () => actions.accept?.(),
  x: () => actions.reject?.(),
  n: () => actions.next?.(),
  v: () => actions.view?.(),
  o: () => actions.needs?.(),
  g: () => actions.partner?.(),
  J: () => move(1, true),
  K: () => move(-1, true),
  "/": () => focusFilter(state.mode === "aligned" ? "t" : state.side),
  "?": () => actions.keys?.(),
};

/** @type {Record<string, () => void>} */
const ALWAYS = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  ArrowLeft: () => fold(false),
  ArrowRight: () => fold(true),
  PageDown: () => move(paneOf(state.side).height - 3),
  PageUp: () => move(3 - paneOf(state.side).height),
  Home: () => move(-Infinity),
  End: () => move(Infinity),
  Enter: () => actions.detail?.(),
  Escape: giveUp,
};

/** What keys mean where no panes are. @type {Record<string, Record<string, () => void>>} */
const ELSEWHERE = {
  triage: {
    j: () => moveWay(1),
    k: () => moveWay(-1),
    ArrowDown: () => moveWay(1),
    ArrowUp: () => moveWay(-1),
    Enter: takeWay,
    s: skip,
    n: skip,
    p: back,
    ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((number) => [String(number), () => chooseWay(number)])),
  },
  table: {
    j: () => moveRow(1),
    k: () => moveRow(-1),
    J: () => moveRow(1, true),
    K: () => moveRow(-1, true),
    ArrowDown: () => moveRow(1),
    ArrowUp: () => moveRow(-1),
  },
};

/** Start listening. */
export function startKeys() {
  document.addEventListener("keydown", onKey);
  const box = /** @type {HTMLInputElement | null} */ (document.querySelector('[data-act="single-keys"]'));
  if (box) {
    box.checked = state.singleKeys;
    box.addEventListener("change", () => {
      state.singleKeys = box.checked;
      localStorage.setItem("kg-single-keys", box.checked ? "on" : "off");
    });
  }
  for (const id of ["pane-s", "pane-t", "aligned"]) {
    byId(id).addEventListener("focus", () => {
      if (id !== "aligned") {
        state.side = id === "pane-s" ? "s" : "t";
      }
    });
  }
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const at = event.target instanceof Element ? event.target : document.body;
  if (document.querySelector("dialog[open]")) {
    return;
  }
  if (event.ctrlKey || event.metaKey) {
    withControl(event, at);
    return;
  }
  const typing = at.matches("input:not([type=checkbox]), textarea, select");
  if (typing) {
    if (event.key === "Escape" || (event.key === "Enter" && at.matches("[data-filter]"))) {
      home().focus();
    }
    return;
  }
  if (event.altKey) {
    return;
  }
  const inPane = at.closest(".pane, .aligned, .triage, .table-view") !== null || at === document.body;
  if (inPane && event.key === "Tab" && state.mode === "aligned" && !event.shiftKey && swapSide()) {
    event.preventDefault();
    return;
  }
  const pressed = at.closest("button, a") !== null && (event.key === "Enter" || event.key === " ");
  const run = pressed ? undefined : meaning(event, inPane);
  if (run) {
    event.preventDefault();
    run();
  }
}

/**
 * @param {KeyboardEvent} event
 * @param {boolean} inPane
 * @returns {(() => void) | undefined}
 */
function meaning(event, inPane) {
  const letter = /^[\w/?]$/.test(event.key);
  const own = ELSEWHERE[state.mode]?.[event.key];
  if (letter && !state.singleKeys) {
    return undefined;
  }
  if (own) {
    return inPane ? own : undefined;
  }
  if (inPane && paned() && event.shiftKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    return () => move(event.key === "ArrowDown" ? 1 : -1, true);
  }
  return (inPane && (paned() || event.key === "Enter" || event.key === "Escape") ? ALWAYS[event.key] : undefined) ?? SINGLE[event.key] ?? numbered(event.key);
}

/** @param {string} key */
function numbered(key) {
  return /^[1-7]$/.test(key) ? () => chooseCandidate(Number(key)) : undefined;
}

/**
 * @param {KeyboardEvent} event
 * @param {Element} at
 */
function withControl(event, at) {
  const key = event.key.toLowerCase();
  if (key === "k") {
    event.preventDefault();
    openPalette();
  } else if (!at.matches("input, textarea") && (key === "z" || key === "y")) {
    event.preventDefault();
    (key === "y" || event.shiftKey ? actions.redo : actions.undo)?.();
  }
}

/** In the aligned view Tab goes from a row to its partner at the left, once. */
function swapSide() {
  const next = other(state.side);
  const cell = document.querySelector(`.aligned [data-picked="true"][data-side="${state.side}"]`)?.closest(".line")?.querySelector(`[data-side="${next}"][data-node]`);
  if (next !== "s" || !cell) {
    return false;
  }
  select(next, Number(cell.getAttribute("data-node")));
  return true;
}
