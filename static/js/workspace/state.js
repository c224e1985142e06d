// What the workspace knows: which transfer, which version, how its panes are looked at, what is selected.

import { byId } from "../markup.js";
import { client } from "../tab.js";

/**
 * @typedef {"s" | "t"} Side
 * @typedef {"free" | "aligned" | "triage" | "table"} Mode
 * @typedef {{expand: "first" | "all" | "none", toggled: Set<number>, query: string, states: Set<string>, folded: boolean}} View
 * @typedef {{transfer: string, version: number, place: string, source: string, mode: Mode, undo: boolean, redo: boolean}} Start
 */

export { client } from "../tab.js";

/** @returns {View} */
function untouched() {
  return { expand: "first", toggled: new Set(), query: "", states: new Set(), folded: true };
}

export const state = {
  transfer: "",
  version: 0,
  /** Up to where in the stream of events the page shows everything. */
  place: "",
  source: "",
  /** @type {Mode} */
  mode: "free",
  /** Below 900 px the panes are tabs, and only the free view fits. */
  narrow: matchMedia("(max-width: 899px)").matches,
  /** @type {Record<Side, View>} */
  views: { s: untouched(), t: untouched() },
  /** @type {Record<Side, Set<number>>} */
  picked: { s: new Set(), t: new Set() },
  /** @type {Record<Side, number | null>} */
  cursor: { s: null, t: null },
  /** Where a range of picked rows began. @type {Record<Side, number | null>} */
  anchor: { s: null, t: null },
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
  state.place = start.place;
  state.source = start.source;
  state.mode = fitting(keptMode() ?? start.mode);
  return start;
}

const MODES = /** @type {const} */ (["aligned", "free", "triage", "table"]);

/** The view that was chosen last, in any transfer. */
export function keptMode() {
  const kept = localStorage.getItem("kg-mode");
  return MODES.find((mode) => mode === kept);
}

/** What is shown of a mode: two trees side by side need room. @param {Mode} mode @returns {Mode} */
export const fitting = (mode) => (state.narrow && mode === "aligned" ? "free" : mode);

/** @param {Side} side */
export const other = (side) => (side === "s" ? "t" : "s");

/** Address of this transfer. @param {string} rest */
export const here = (rest) => `${byId("workspace").dataset.url}${rest}`;

let height = 0;
document.addEventListener("kg:looks", () => {
  height = 0;
}, true);

/** Height of a row in pixels, by density; read once, since reading it makes the browser lay the page out. */
export function rowHeight() {
  height ||= Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row")) || 28;
  return height;
}

/** What a pane hides by: edits leave that alone. @param {Side} side */
const filter = (side) => ({ query: state.views[side].query, states: [...state.views[side].states] });

/** What an edit names its rows by. */
export function rowsBody() {
  return {
    version: state.version,
    client,
    source: state.source,
    s: [...state.picked.s],
    t: [...state.picked.t],
    folded: [state.views.s.folded, state.views.t.folded],
    filters: [filter("s"), filter("t")],
  };
}
