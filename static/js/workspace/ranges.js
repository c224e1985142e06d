// The rows between two of which one is not printed: only the server knows them.

import { post } from "../net.js";
import { complain } from "../toasts.js";
import { here, state } from "./state.js";

/**
 * @param {import("./state.js").Side} side
 * @param {number} from
 * @param {number} to
 * @returns {Promise<number[]>}
 */
export async function nodesBetween(side, from, to) {
  const view = state.views[side];
  const asked = { ...view, toggled: [...view.toggled], states: [...view.states] };
  try {
    return (await post(here("/between"), { side, view: asked, ends: [from, to], source: state.source, other: state.views[side === "s" ? "t" : "s"].folded })).nodes;
  } catch (problem) {
    complain(problem);
    return [];
  }
}
