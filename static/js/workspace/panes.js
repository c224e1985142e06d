// Panes: a spacer as tall as all rows, and one window of rows that the server prints, moved to where the person looks.

import { byId, place } from "../markup.js";
import { complain } from "../toasts.js";
import { post } from "../net.js";
import { say } from "../words.js";
import { here, other, rowHeight, state } from "./state.js";

/**
 * @typedef {import("./state.js").Side} Side
 * @typedef {{first: number, total: number, html: string, found: number | null}} Window
 * @typedef {[source: number, target: number, count: number, tone: string, chip: string, proposed: boolean, confidence: number | null]} Link
 * @typedef {{version: number, s: Window | null, t: Window | null, links: Link[], error: string, at: number | null}} Look
 */

const OVERSCAN = 40;
const NEAR = 16;
const AHEAD = 34;

export class Pane {
  /**
   * @param {string} id
   * @param {Side} side
   */
  constructor(id, side) {
    this.element = byId(id);
    this.side = side;
    this.spacer = /** @type {HTMLElement} */ (this.element.querySelector(".spacer"));
    this.window = /** @type {HTMLElement} */ (this.element.querySelector(".window"));
    this.first = 0;
    this.shown = 0;
    this.total = 0;
    /** Lines a scroll event moved by, lately. */
    this.speed = 0;
    this.last = 0;
    this.element.addEventListener("scroll", () => scrolled(this), { passive: true });
  }

  /** First line that is to be seen. */
  get top() {
    return Math.floor(this.element.scrollTop / rowHeight());
  }

  /** Lines that fit. */
  get height() {
    return Math.ceil(this.element.clientHeight / rowHeight()) + 1;
  }

  /** The window that should be there: while scrolling, more of what lies ahead. */
  wanted() {
    const ahead = Math.max(-AHEAD, Math.min(AHEAD, Math.round(this.speed * 12)));
    return { top: Math.max(0, this.top - OVERSCAN + ahead), count: this.height + 2 * OVERSCAN };
  }

  /** Whether the window that is there nears its end. */
  get stale() {
    const last = this.first + this.shown;
    return (this.first > 0 && this.top - NEAR < this.first) || (last < this.total && this.top + this.height + NEAR > last);
  }

  /** @param {Window} window */
  put(window) {
    const row = rowHeight();
    place(this.window, window.html);
    this.first = window.first;
    this.total = window.total;
    this.shown = this.window.children.length;
    this.window.style.transform = `translateY(${window.first * row}px)`;
    this.spacer.style.height = `${window.total * row}px`;
  }

  /** Forget what was printed. */
  clear() {
    this.window.replaceChildren();
    this.shown = 0;
    this.total = 0;
  }

  /**
   * The printed line at a place, if it is in the window.
   * @param {number} line
   */
  lineAt(line) {
    return this.window.children[line - this.first] ?? null;
  }

  /**
   * Scroll so that a line is well in view.
   * @param {number} line
   */
  reveal(line) {
    const row = rowHeight();
    const [top, bottom] = [line * row, (line + 1) * row];
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop + row) {
      this.element.scrollTop = top - row * 2;
    } else if (bottom > scrollTop + clientHeight - row) {
      this.element.scrollTop = bottom - clientHeight + row * 2;
    }
  }
}

/** @type {{s: Pane, t: Pane, a: Pane}} */
let panes;
/** @type {Link[]} */
let links = [];
let busy = false;
let again = false;
/** @type {[Side, number] | null} */
let find = null;

export const paneOf = (/** @type {Side} */ side) => (state.mode === "aligned" ? panes.a : panes[side]);
export const allPanes = () => (state.mode === "aligned" ? [panes.a] : [panes.s, panes.t]);
export const currentLinks = () => links;

/** Forget the rows of the mode that is not shown: a row's id stands once on the page. */
export function clearHidden() {
  for (const pane of state.mode === "aligned" ? [panes.s, panes.t] : [panes.a]) {
    pane.clear();
  }
}

/** Make the panes of the page. */
export function makePanes() {
  panes = { s: new Pane("pane-s", "s"), t: new Pane("pane-t", "t"), a: new Pane("aligned", "t") };
  new ResizeObserver(() => {
    if (allPanes().some((pane) => pane.stale || pane.shown < Math.min(pane.height, pane.total))) look();
    document.dispatchEvent(new CustomEvent("kg:moved"));
  }).observe(byId("main"));
}

/** @param {Pane} pane */
function scrolled(pane) {
  const { top } = pane;
  pane.speed = 0.7 * pane.speed + 0.3 * (top - pane.last);
  pane.last = top;
  document.dispatchEvent(new CustomEvent("kg:moved"));
  if (pane.stale) {
    look();
  }
}

/**
 * Bring the partner of a row into view with the next look.
 * @param {Side} side
 * @param {number} node
 */
export function lookFor(side, node) {
  find = [side, node];
  return look();
}

/** Fetch what the panes should show; calls while one is on its way become one more. */
export async function look() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    do {
      again = false;
      await lookOnce();
    } while (again);
  } catch (problem) {
    complain(problem, () => look());
  } finally {
    busy = false;
  }
}

/** @param {Side} side */
function ask(side) {
  const view = state.views[side];
  const pane = state.mode === "aligned" ? panes.a : panes[side];
  return { ...view, toggled: [...view.toggled], states: [...view.states], ...pane.wanted() };
}

async function lookOnce() {
  const mode = state.mode;
  const wanted = find;
  find = null;
  /** @type {Look} */
  const seen = await post(here("/view"), { s: ask("s"), t: ask("t"), mode, source: state.source, find: wanted });
  if (mode !== state.mode) {
    again = true;
    return;
  }
  showError(seen.error);
  if (seen.error) {
    return;
  }
  if (mode === "aligned") {
    if (seen.t) panes.a.put(seen.t);
  } else {
    if (seen.s) panes.s.put(seen.s);
    if (seen.t) panes.t.put(seen.t);
  }
  links = seen.links;
  showFound("s", mode === "free" ? seen.s : null);
  showFound("t", seen.t);
  if (wanted && seen.at !== null) {
    (mode === "aligned" ? panes.a : panes[other(wanted[0])]).reveal(seen.at);
  }
  document.dispatchEvent(new CustomEvent("kg:looked", { detail: seen.version }));
}

/** @param {string} error */
function showError(error) {
  for (const side of /** @type {const} */ (["s", "t"])) {
    const field = document.querySelector(`[data-filter="${side}"]`);
    field?.setAttribute("aria-invalid", error && state.views[side].query.includes("/") ? "true" : "false");
  }
  if (error) {
    byId("status").textContent = error;
  }
}

/**
 * @param {Side} side
 * @param {Window | null} window
 */
function showFound(side, window) {
  const holder = document.querySelector(`[data-found="${side}"]`);
  if (holder) {
    holder.textContent = window?.found === null || window?.found === undefined ? "" : say("found", { count: window.found });
  }
}
