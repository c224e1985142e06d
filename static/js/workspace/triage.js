// Triage: one open case at a time; a number or the arrows choose a way, Enter takes it, and the next case is there.

import { byId, place } from "../markup.js";
import { post } from "../net.js";
import { edit } from "./edits.js";
import { look, paintBy } from "./panes.js";
import { client, here, state } from "./state.js";

/** The case in front, and which one is wanted next. */
let at = "";
let step = 0;
let row = 0;
/** Cases that were settled, the last one last: undo goes back to it. @type {string[]} */
const settled = [];
/** @type {Set<string>} */
let skipped = new Set();

const view = () => byId("triage");
const ways = () => /** @type {HTMLElement[]} */ ([...view().querySelectorAll("[data-token]")]);

/** @param {AbortSignal} signal */
async function paint(signal) {
  const asked = { at, step, row };
  step = 0;
  row = 0;
  const seen = await post(here("/triage"), {
    ...asked,
    source: state.source,
    skipped: [...skipped],
    folded: [state.views.s.folded, state.views.t.folded],
  }, signal);
  if (state.mode !== "triage") {
    return;
  }
  if (at === asked.at) {
    at = seen.case; // else the person went on while this was on its way
  }
  place(view(), seen.html);
  state.picked.s.clear();
  state.picked.t = new Set(seen.rows);
  state.side = "t";
  state.cursor.t = seen.rows[0] ?? state.cursor.t;
  document.dispatchEvent(new CustomEvent("kg:selected"));
}

/** @param {HTMLElement | undefined} way */
function choose(way) {
  if (!way) {
    return;
  }
  for (const each of ways()) {
    each.setAttribute("aria-checked", each === way ? "true" : "false");
    each.tabIndex = each === way ? 0 : -1;
  }
  way.focus();
}

/** @param {number} by */
export function moveWay(by) {
  const all = ways();
  const now = all.findIndex((each) => each.getAttribute("aria-checked") === "true");
  choose(all[(now + by + all.length) % all.length]);
}

/** @param {number} number */
export const chooseWay = (number) => choose(ways()[number - 1]);

/** Take the way that is chosen. */
export function takeWay() {
  const token = ways().find((each) => each.getAttribute("aria-checked") === "true")?.dataset.token;
  if (token) {
    const body = { version: state.version, client, source: state.source, case: at, token };
    settled.push(at);
    at = "";
    edit("/decide", body);
  }
}

/** What is taken back is looked at again. */
export function goBack() {
  if (state.mode === "triage") {
    at = settled.pop() ?? at;
  }
}

/** Leave the case for later. */
export function skip() {
  skipped.add(at);
  const open = Number(view().querySelector("[data-open]")?.getAttribute("data-open") ?? 0);
  if (skipped.size >= open) {
    skipped = new Set();
    step = 1;
  } else {
    at = "";
  }
  look();
}

/** The case before. */
export function back() {
  skipped.delete(at);
  step = -1;
  look();
}

/** Start listening. */
export function startTriage() {
  paintBy("triage", paint);
  document.addEventListener("kg:mode", () => {
    if (state.mode === "triage") {
      row = [...state.picked.t][0] ?? 0;
      at = "";
    }
  });
  view().addEventListener("click", (event) => {
    const way = event.target instanceof Element ? event.target.closest("[data-token]") : null;
    if (way instanceof HTMLElement) {
      choose(way);
    }
  });
  view().addEventListener("dblclick", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-token]")) {
      takeWay();
    }
  });
}
