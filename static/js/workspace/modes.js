// The ways to look at one mapping: aligned, free, triage, and the table. Selection and filters stay when the view changes.

import { byId } from "../markup.js";
import { drawLinks } from "./links.js";
import { clearHidden, look, lookAt, paned } from "./panes.js";
import { fitting, keptMode, state } from "./state.js";

/** @typedef {import("./state.js").Mode} Mode */

/** The ones that `v` goes through. @type {Mode[]} */
const ROUND = ["aligned", "free", "triage"];

/** @param {Mode} mode */
export function setMode(mode) {
  localStorage.setItem("kg-mode", mode);
  turn(fitting(mode));
}

export function nextMode() {
  const round = ROUND.filter((mode) => fitting(mode) === mode);
  setMode(round[(round.indexOf(state.mode) + 1) % round.length] ?? "free");
}

/** @param {Mode} mode */
async function turn(mode) {
  const before = state.mode;
  state.mode = mode;
  clearHidden();
  showMode();
  document.dispatchEvent(new CustomEvent("kg:mode", { detail: before }));
  const node = state.cursor[state.side];
  await (paned() && node !== null ? lookAt(state.side, node) : look());
  home().focus({ preventScroll: true });
}

/** What the keyboard acts on in the view in force. */
export function home() {
  return byId(state.mode === "free" ? `pane-${state.side}` : state.mode);
}

/** Follow the width of the page: two trees side by side need room. */
export function followWidth() {
  matchMedia("(max-width: 899px)").addEventListener("change", (event) => {
    state.narrow = event.matches;
    turn(fitting(keptMode() ?? "aligned"));
  });
}

/** On a narrow page one tree is shown at a time. @param {import("./state.js").Side} side */
export function showPane(side) {
  byId("workspace").dataset.pane = side;
  showTab();
}

function showTab() {
  const shown = paned() ? `pane-${byId("workspace").dataset.pane}` : state.mode;
  for (const tab of document.querySelectorAll('.pane-tabs [role="tab"]')) {
    tab.setAttribute("aria-selected", tab.getAttribute("data-act") === shown ? "true" : "false");
  }
}

/** Show what belongs to the view in force. */
export function showMode() {
  byId("workspace").dataset.mode = state.mode;
  for (const [id, modes] of /** @type {[string, Mode[]][]} */ ([
    ["pane-s", ["free"]],
    ["pane-t", ["free"]],
    ["links", ["free"]],
    ["aligned", ["aligned"]],
    ["triage", ["triage"]],
    ["table", ["table"]],
  ])) {
    byId(id).hidden = !modes.includes(state.mode);
  }
  for (const button of document.querySelectorAll("[data-mode]:not(#workspace)")) {
    button.setAttribute("aria-pressed", button.getAttribute("data-mode") === state.mode ? "true" : "false");
  }
  showTab();
  drawLinks();
}
