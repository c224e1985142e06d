// Selection and the keyboard's place: one cursor in each pane, and rows picked around it.

import { byId } from "../markup.js";
import { say } from "../words.js";
import { allPanes, currentLinks, currentRivals, look, lookAt, lookFor, paned, paneOf } from "./panes.js";
import { nodesBetween } from "./ranges.js";
import { other, state } from "./state.js";

/** @typedef {import("./state.js").Side} Side */

/**
 * The cell of a side in a printed line: the row itself, or one half of an aligned line.
 * @param {Element | null} line
 * @param {Side} side
 * @returns {HTMLElement | null}
 */
export function cellIn(line, side) {
  if (line instanceof HTMLElement && line.dataset.side === side) {
    return line;
  }
  return line?.querySelector(`[data-side="${side}"]`) ?? null;
}

/** @param {Element} cell */
export const nodeOf = (cell) => Number(cell.getAttribute("data-node"));

/**
 * The printed cell of a node, if it is in a window.
 * @param {Side} side
 * @param {number | null} node
 * @returns {HTMLElement | null}
 */
export function cellOf(side, node) {
  return node === null ? null : paneOf(side).window.querySelector(`[data-side="${side}"][data-node="${node}"]`);
}

/**
 * Line of a cell in its pane.
 * @param {Element} cell
 */
export function lineOf(cell) {
  const line = cell.closest(".line") ?? cell;
  const pane = paneOf(/** @type {Side} */ (cell.getAttribute("data-side")));
  return pane.first + [...pane.window.children].indexOf(line);
}

/**
 * Select a row.
 * @param {Side} side
 * @param {number} node
 * @param {{add?: boolean, range?: boolean, follow?: boolean}} [how]
 */
export function select(side, node, how = {}) {
  const picked = state.picked[side];
  if (how.range && state.cursor[side] !== null) {
    pickRange(side, state.anchor[side] ?? /** @type {number} */ (state.cursor[side]), node);
  } else if (how.add) {
    picked.has(node) ? picked.delete(node) : picked.add(node);
  } else {
    picked.clear();
    picked.add(node);
    if (state.mode === "aligned" || !state.picking) {
      clearElse(side);
    }
  }
  state.cursor[side] = node;
  if (!how.range) {
    state.anchor[side] = node;
  }
  state.side = side;
  paint();
  if (how.follow && state.mode === "free") {
    followPartner(side, node);
  }
  document.dispatchEvent(new CustomEvent("kg:selected"));
}

/** In the aligned view the other side's pick stays only as a pair for `m`. @param {Side} side */
function clearElse(side) {
  const far = state.picked[other(side)];
  if (far.size > 1) {
    far.clear();
  }
}

/** Nothing selected. */
export function clearSelection() {
  state.picked.s.clear();
  state.picked.t.clear();
  paint();
  document.dispatchEvent(new CustomEvent("kg:selected"));
}

/**
 * Pick all rows from one to another, and none else of that side; those that are not printed are asked for.
 * @param {Side} side
 * @param {number} anchor
 * @param {number} node
 */
function pickRange(side, anchor, node) {
  const [from, to] = [cellOf(side, anchor), cellOf(side, node)];
  if (!from || !to) {
    pickFar(side, anchor, node);
    return;
  }
  const [first = 0, last = 0] = [lineOf(from), lineOf(to)].sort((a, b) => a - b);
  const picked = new Set([anchor, node]);
  for (let line = first; line <= last; line += 1) {
    const cell = cellIn(paneOf(side).lineAt(line), side);
    if (cell) {
      picked.add(nodeOf(cell));
    }
  }
  state.picked[side] = picked;
}

/**
 * @param {Side} side
 * @param {number} anchor
 * @param {number} node
 */
async function pickFar(side, anchor, node) {
  state.picked[side] = new Set([anchor, node, ...(await nodesBetween(side, anchor, node))]);
  paint();
  document.dispatchEvent(new CustomEvent("kg:selected"));
}

/**
 * @param {Side} side
 * @param {number} node
 */
function followPartner(side, node) {
  const cell = cellOf(side, node);
  if (!cell) {
    return;
  }
  const line = lineOf(cell);
  const link = currentLinks().find((each) => each[side === "s" ? 0 : 1] === line);
  if (link) {
    paneOf(other(side)).reveal(link[side === "s" ? 1 : 0]);
  } else {
    lookFor(side, node);
  }
}

/** Show on the printed rows what is selected, and which rows are partners of it. */
export function paint() {
  if (!paned()) {
    return;
  }
  const partners = { s: new Set(), t: new Set() };
  if (state.mode === "free") {
    for (const link of currentLinks()) {
      const [s, t] = [paneOf("s").lineAt(link[0]), paneOf("t").lineAt(link[1])];
      if (s && state.picked.s.has(nodeOf(s))) partners.t.add(t);
      if (t && state.picked.t.has(nodeOf(t))) partners.s.add(s);
    }
  }
  const ranks = new Map(state.mode === "free" ? currentRivals().map(([line, number]) => [paneOf("s").lineAt(line), number]) : []);
  for (const pane of allPanes()) {
    for (const cell of pane.window.querySelectorAll("[data-node]")) {
      const side = /** @type {Side} */ (cell.getAttribute("data-side"));
      const picked = state.picked[side].has(nodeOf(cell)) ? "true" : "false";
      cell.setAttribute("data-picked", picked);
      if (cell.hasAttribute("role")) {
        cell.setAttribute("aria-selected", picked);
      }
      cell.classList.toggle("partner", partners[side].has(cell));
      const rank = ranks.get(cell);
      rank ? cell.setAttribute("data-rank", String(rank)) : cell.removeAttribute("data-rank");
    }
    const side = state.mode === "aligned" ? state.side : pane.side;
    const active = cellOf(side, state.cursor[side]);
    if (active?.id) {
      pane.element.setAttribute("aria-activedescendant", active.id);
    } else {
      pane.element.removeAttribute("aria-activedescendant");
    }
    pane.sticky.show(pane.sticky.chain());
  }
}

/**
 * Move the cursor by lines.
 * @param {number} by
 * @param {boolean} [range]
 */
export async function move(by, range = false) {
  const side = state.side;
  const pane = paneOf(side);
  const cell = cellOf(side, state.cursor[side]);
  const from = cell ? lineOf(cell) : pane.top - Math.sign(by);
  let line = Math.max(0, Math.min(pane.total - 1, from + by));
  pane.reveal(line);
  if (!pane.lineAt(line)) {
    await look();
  }
  let found = cellIn(pane.lineAt(line), side);
  while (!found && line > 0 && line < pane.total - 1 && pane.lineAt(line)) {
    line += Math.sign(by);
    found = cellIn(pane.lineAt(line), side);
  }
  found ??= cellIn(pane.lineAt(line), other(side));
  if (found) {
    select(/** @type {Side} */ (found.dataset.side), nodeOf(found), { range, follow: true });
    pane.reveal(line);
  }
}

/**
 * Open or close a row; a leaf or a closed row goes to what stands above.
 * @param {boolean} open
 */
export function fold(open) {
  const side = state.side;
  const cell = cellOf(side, state.cursor[side]);
  if (!cell) {
    return;
  }
  const expanded = cell.getAttribute("aria-expanded");
  if (expanded === (open ? "false" : "true")) {
    toggle(side, nodeOf(cell));
  } else if (!open) {
    goAbove(side, cell);
  } else {
    move(1);
  }
}

/**
 * @param {Side} side
 * @param {Element} cell
 */
function goAbove(side, cell) {
  const pane = paneOf(side);
  const level = Number(cell.getAttribute("data-level"));
  for (let line = lineOf(cell) - 1; line >= pane.first; line -= 1) {
    const above = cellIn(pane.lineAt(line), side);
    if (above && Number(above.dataset.level) < level) {
      select(side, nodeOf(above));
      pane.reveal(line);
      return;
    }
  }
}

/**
 * @param {Side} side
 * @param {number} node
 */
export function toggle(side, node) {
  const toggled = state.views[side].toggled;
  toggled.has(node) ? toggled.delete(node) : toggled.add(node);
  cellOf(side, node) ? look() : lookAt(side, node);
}

/** Go to the next row that needs a person. */
export async function nextWaiting() {
  const side = "t";
  const pane = paneOf(side);
  const cell = cellOf(side, state.cursor[side]);
  let line = cell ? lineOf(cell) + 1 : 0;
  const wanted = new Set(["proposed", "missing", "mismatched", "conflicting"]);
  for (let round = 0; round < 2; round += 1) {
    for (; line < pane.total; line += 1) {
      if (!pane.lineAt(line)) {
        pane.reveal(line);
        await look();
      }
      const found = cellIn(pane.lineAt(line), side);
      if (found && wanted.has(found.dataset.state ?? "") && found.getAttribute("aria-expanded") !== "true") {
        select(side, nodeOf(found), { follow: true });
        pane.reveal(line);
        return;
      }
    }
    line = 0;
  }
}

/** Go to the partner of the row at the cursor, on the other side. */
export function goPartner() {
  const node = state.cursor[state.side];
  if (paned() && node !== null) {
    document.addEventListener("kg:partner", (event) => arrive(/** @type {CustomEvent<{side: Side, node: number}>} */ (event).detail), { once: true });
    lookFor(state.side, node);
  }
}

/** @param {{side: Side, node: number}} at */
function arrive({ side, node }) {
  if (node) {
    state.picked[other(side)].clear();
    select(side, node);
    if (state.mode === "free") {
      paneOf(side).element.focus({ preventScroll: true });
    }
  } else {
    byId("status").textContent = say("no-partner");
  }
}

/** The drawer opened: what is selected stays in view, and its partner too. */
function keepInView() {
  const cell = paned() ? cellOf(state.side, state.cursor[state.side]) : null;
  if (cell) {
    paneOf(state.side).reveal(lineOf(cell));
    if (state.mode === "free") {
      followPartner(state.side, nodeOf(cell));
    }
  }
}

/** Repaint after every look. */
export function startSelection() {
  document.addEventListener("kg:shrunk", keepInView);
  document.addEventListener("kg:selected", () => {
    const undecided = state.mode === "free" && document.querySelector('#pane-t [data-picked="true"][data-state="proposed"]');
    if (undecided || currentRivals().length) {
      look(); // its ranked candidates come with the rows
    }
  });
  document.addEventListener("kg:looked", paint);
  byId("main");
}
