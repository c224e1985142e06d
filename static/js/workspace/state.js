// What the workspace knows: which transfer, which version, how its panes are looked at, what is selected.

import { byId } from "../markup.js";

/**
 * @typedef {"s" | "t"} Side
 * @typedef {{expand: "first" | "all" | "none", toggled: Set<number>, query: string, states: Set<string>, folded: boolean}} View
 * @typedef {{transfer: string, version: number, source: string, mode: "free" | "aligned", undo: boolean, redo: boolean}} Start
 */

/** Names this tab's edits, so that their echo is known. */
export const client = Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36)).join("").slice(0, 16);

/** @returns {View} */
function untouched() {
  return { expand: "first", toggled: new Set(), query: "", states: new Set(), folded: true };
}

export const state = {
  transfer: "",
  version: 0,
  source: "",
  /** @type {"free" | "aligned"} */
  mode: "free",
  /** Below 900 px the panes are tabs, and only the free view fits. */
  narrow: matchMedia("(max-width: 899px)").matches,
  /** @type {Record<Side, View>} */
  views: { s: untouched(), t: untouched() },
  /** @type {Record<Side, Set<number>>} */
  picked: { s: new Set(), t: new Set() },
  /** @type {Record<Side, number | null>} */
  cursor: { s: null, t: null },
  /** @type {Side} */
  side: "t",
  /** Waiting for a click in the other pane. @type {Side | null} */
  picking: null,
  singleKeys: localStorage.getItem("kg-single-keys") !== "off",
};

/** Read what the server wrote into the page. */
export function readStart() {
  /** @type {Start} */
  const start = JSON.parse(byId("start").textContent ?? "{}");
  state.transfer = start.transfer;
  state.version = start.version;
  state.source = start.source;
  const kept = localStorage.getItem("kg-mode");
  state.mode = state.narrow ? "free" : kept === "free" || kept === "aligned" ? kept : start.mode;
  return start;
}

/** @param {Side} side */
export const other = (side) => (side === "s" ? "t" : "s");

/** Address of this transfer. @param {string} rest */
export const here = (rest) => `${byId("workspace").dataset.url}${rest}`;

/** Height of a row in pixels, by density. */
export const rowHeight = () => Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row")) || 28;

/** What an edit names its rows by. */
export function rowsBody() {
  return {
    version: state.version,
    client,
    source: state.source,
    s: [...state.picked.s],
    t: [...state.picked.t],
    folded: [state.views.s.folded, state.views.t.folded],
  };
}
