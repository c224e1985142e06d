// How the panes are asked for while they still show something else. A tree that is folded otherwise has other row numbers: its view counts only
// once its rows are there, so that what is clicked meanwhile is named by the numbers that it was printed with.

import { state } from "./state.js";

/**
 * @typedef {import("./state.js").Side} Side
 * @typedef {import("./state.js").View} View
 */

const SIDES = /** @type {const} */ (["s", "t"]);

/** @type {Record<Side, View | null>} */
let refolded = { s: null, t: null };
/** What was on the page when it was last filled. @type {{views: Record<Side, View>, mode: import("./state.js").Mode} | null} */
let last = null;

/** @param {View} view @returns {View} */
const copy = (view) => ({ ...view, toggled: new Set(view.toggled), states: new Set(view.states) });

/** The view of a side that the next look asks for. @param {Side} side */
export const viewOf = (side) => refolded[side] ?? state.views[side];

/** Fold equal siblings of a side, or show each apart. @param {Side} side */
export function refold(side) {
  const now = viewOf(side);
  refolded[side] = { ...copy(now), expand: "first", toggled: new Set(), folded: !now.folded };
}

/** The views that are asked for now and not in force yet. */
export const refoldings = () => ({ ...refolded });

/**
 * Let views that were asked for count.
 * @param {Record<Side, View | null>} asked
 */
export function take(asked) {
  for (const side of SIDES) {
    const view = asked[side];
    if (!view) {
      continue;
    }
    state.views[side] = view;
    state.picked[side].clear();
    state.cursor[side] = null;
    if (refolded[side] === view) {
      refolded[side] = null;
    }
  }
}

/** Remember what the page shows, to go back to it. */
export function remember() {
  last = { views: { s: copy(state.views.s), t: copy(state.views.t) }, mode: state.mode };
}

/**
 * Ask again for what the page shows.
 * @returns {import("./state.js").Mode | null} the way it was looked at; null where nothing was shown yet
 */
export function goBack() {
  refolded = { s: null, t: null };
  if (!last) {
    return null;
  }
  state.views = { s: copy(last.views.s), t: copy(last.views.t) };
  return last.mode;
}
