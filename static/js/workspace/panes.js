// Panes: a spacer as tall as all rows, and one window of rows that the server prints, moved to where the person looks.

import { byId } from "../markup.js";
import { complain, toast } from "../toasts.js";
import { post } from "../net.js";
import { say } from "../words.js";
import { goBack, refoldings, remember, take, viewOf } from "./asked.js";
import { Printed } from "./printing.js";
import { here, other, rowHeight, state } from "./state.js";
import { Sticky } from "./sticky.js";
import { watch } from "./waiting.js";

/**
 * @typedef {import("./state.js").Side} Side
 * @typedef {{first: number, total: number, html: string, found: number | null, above: string}} Window
 * @typedef {[source: number, target: number, count: number, tone: string, chip: string, proposed: boolean, confidence: number | null]} Link
 * @typedef {[line: number, number: number, confidence: number]} Rival
 * @typedef {{version: number, s: Window | null, t: Window | null, links: Link[], error: string, at: number | null, partner: number, shown: number | null, ranked: Rival[], beside: number | null}} Look
 */

const OVERSCAN = 40;
const NEAR = 16;
/** Scroll events that pass until rows which were asked for are there, and lines that are asked for earlier because of it, at most. */
const UNDERWAY = 9;
const FARTHEST = 60;
const AHEAD = 34;
/** Lines a scroll event from which a pane counts as thrown. */
const THROWN = 1.5;
/** Milliseconds after the last scroll event in which a pane counts as moving. */
const STILL = 200;
/** Milliseconds between two looks at what stands above rows that are thrown. */
const SELDOM = 150;

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
    this.sticky = new Sticky(this);
    this.printed = new Printed(this.window);
    this.first = 0;
    this.shown = 0;
    this.total = 0;
    /** Lines a scroll event moved by, and when the last one was. */
    this.moved = 0;
    this.when = 0;
    this.last = 0;
    this.element.addEventListener("scroll", () => scrolled(this), { passive: true });
  }

  /** Lines a scroll event moves by; none once it stands still. */
  get speed() {
    return performance.now() - this.when < STILL ? this.moved : 0;
  }

  /** First line that is to be seen. */
  get top() {
    return Math.floor(this.element.scrollTop / rowHeight());
  }

  /** Lines that fit. */
  get height() {
    return Math.ceil(this.element.clientHeight / rowHeight()) + 1;
  }

  /** Lines that will go by, upwards and downwards, until rows that are asked for now are there. */
  get passing() {
    const lines = Math.max(-FARTHEST, Math.min(FARTHEST, Math.round(this.speed * UNDERWAY)));
    return { up: Math.max(0, -lines), down: Math.max(0, lines) };
  }

  /** The window that should be there: while scrolling, more of what lies ahead. */
  wanted() {
    const ahead = Math.max(-AHEAD, Math.min(AHEAD, Math.round(this.speed * 12)));
    const { up, down } = this.passing;
    return { top: Math.max(0, this.top - OVERSCAN + ahead - up), count: this.height + 2 * OVERSCAN + up + down };
  }

  /** Whether the window that is there nears its end: what is thrown must be asked for earlier. */
  get stale() {
    const last = this.first + this.shown;
    const { up, down } = this.passing;
    return (this.first > 0 && this.top - NEAR - up < this.first) || (last < this.total && this.top + this.height + NEAR + down > last);
  }

  /** @param {Window} window */
  put(window) {
    const row = rowHeight();
    this.printed.put(window.html);
    this.first = window.first;
    this.total = window.total;
    this.shown = this.window.children.length;
    this.window.style.top = `${window.first * row}px`; // moved in place: rows that stay need not be painted anew
    this.spacer.style.height = `${window.total * row}px`;
    this.sticky.below(window.above);
    this.tell(window.total === 0);
  }

  /** Say why nothing is there, and the way back. @param {boolean} nothing */
  tell(nothing) {
    const told = this.element.querySelector("[data-none]");
    if (nothing && !told) {
      const words = /** @type {HTMLTemplateElement} */ (byId("pane-none")).content.firstElementChild?.cloneNode(true);
      if (words) this.element.append(words);
    } else if (!nothing) {
      told?.remove();
    }
  }

  /** Forget what was printed. */
  clear() {
    this.printed.clear();
    this.sticky.below("");
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
    const covered = row * (1 + this.sticky.depth);
    if (top < scrollTop + covered) {
      this.element.scrollTop = top - row - covered;
    } else if (bottom > scrollTop + clientHeight - row) {
      this.element.scrollTop = bottom - clientHeight + row * 2;
    }
  }
}

/** @type {{s: Pane, t: Pane, a: Pane}} */
let panes;
/** @type {Link[]} */
let links = [];
/** Candidates of the selected row. @type {Rival[]} */
let ranked = [];
let busy = false;
let again = false;
/** @type {[Side, number] | null} */
let find = null;
/** @type {[Side, number] | null} */
let show = null;
/** What fills the views that are no panes. @type {Map<string, (signal: AbortSignal) => Promise<void>>} */
const painters = new Map();

export const paneOf = (/** @type {Side} */ side) => (state.mode === "aligned" ? panes.a : panes[side]);
export const allPanes = () => (state.mode === "aligned" ? [panes.a] : [panes.s, panes.t]);
export const currentLinks = () => links;
export const currentRivals = () => ranked;

/**
 * Let a view fill itself whenever the page is looked at anew.
 * @param {import("./state.js").Mode} mode
 * @param {(signal: AbortSignal) => Promise<void>} paint
 */
export function paintBy(mode, paint) {
  painters.set(mode, paint);
}

/** Whether the view in force is made of panes. */
export const paned = () => state.mode === "aligned" || state.mode === "free";

/** Forget the rows of the mode that is not shown: a row's id stands once on the page. */
export function clearHidden() {
  const shown = state.mode === "aligned" ? [panes.a] : state.mode === "free" ? [panes.s, panes.t] : [];
  for (const pane of [panes.s, panes.t, panes.a].filter((each) => !shown.includes(each))) {
    pane.clear();
  }
}

/** Make the panes of the page. */
export function makePanes() {
  panes = { s: new Pane("pane-s", "s"), t: new Pane("pane-t", "t"), a: new Pane("aligned", "t") };
  let height = 0;
  new ResizeObserver(() => {
    const shrunk = byId("main").clientHeight < height;
    height = byId("main").clientHeight;
    if (shrunk) document.dispatchEvent(new CustomEvent("kg:shrunk"));
    if (paned() && allPanes().some((pane) => pane.stale || pane.shown < Math.min(pane.height, pane.total))) look();
    document.dispatchEvent(new CustomEvent("kg:moved"));
  }).observe(byId("main"));
}

/** @param {Pane} pane */
function scrolled(pane) {
  const { top } = pane;
  pane.moved = 0.7 * pane.speed + 0.3 * (top - pane.last);
  pane.when = performance.now();
  pane.last = top;
  drawSticky();
  document.dispatchEvent(new CustomEvent("kg:moved"));
  if (pane.stale) {
    look();
  }
}

let waiting = false;
/** When the rows above were shown last. */
let drawn = 0;

/**
 * Show with the next frame what stands above the first rows; while a pane is thrown, only now and then: nobody reads it then, and it is laid out
 * and painted anew with nearly every row. First all is read, then all is written: a look at what was changed just now makes the browser lay it out.
 */
function drawSticky() {
  if (!waiting) {
    waiting = true;
    requestAnimationFrame((now) => {
      waiting = false;
      if (now - drawn < SELDOM && allPanes().some((pane) => Math.abs(pane.speed) > THROWN)) {
        setTimeout(drawSticky, SELDOM);
        return;
      }
      drawn = now;
      const chains = allPanes().map((pane) => ({ pane, chain: pane.sticky.chain() }));
      for (const { pane, chain } of chains) {
        pane.sticky.show(chain);
      }
    });
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

/**
 * Bring a row into view with the next look.
 * @param {Side} side
 * @param {number} node
 */
export function lookAt(side, node) {
  show = [side, node];
  return look();
}

/** Fetch what the panes should show; calls while one is on its way become one more. What takes long can be given up. */
export async function look() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    do {
      again = false;
      await watched();
    } while (again);
  } catch (problem) {
    complain(problem, look);
  } finally {
    busy = false;
  }
}

async function watched() {
  const request = new AbortController();
  const slow = watch(say("slow-rows"), () => request.abort());
  const asked = refoldings();
  try {
    await lookOnce(request.signal, asked);
  } catch (problem) {
    if (!slow.cancelled) {
      throw problem;
    }
    giveUp();
  } finally {
    slow.end();
  }
}

/** Leave what was asked for: the page goes on showing what it shows, and says so. */
function giveUp() {
  const mode = goBack();
  if (!mode) {
    toast(say("cancelled"), { action: say("retry"), run: look, stay: true });
  }
  byId("status").textContent = say("cancelled");
  byId("status-undo").hidden = true;
  document.dispatchEvent(new CustomEvent("kg:gaveup", { detail: mode }));
}

/** @param {Side} side */
function ask(side) {
  const view = viewOf(side);
  const pane = state.mode === "aligned" ? panes.a : panes[side];
  return { ...view, toggled: [...view.toggled], states: [...view.states], ...pane.wanted() };
}

/**
 * @param {AbortSignal} signal
 * @param {ReturnType<typeof refoldings>} refolded
 */
async function lookOnce(signal, refolded) {
  const mode = state.mode;
  const paint = painters.get(mode);
  if (paint) {
    take(refolded);
    await paint(signal);
    signal.throwIfAborted();
    remember();
    document.dispatchEvent(new CustomEvent("kg:looked"));
    return;
  }
  const [wanted, seeked] = [find, show];
  find = null;
  show = null;
  /** @type {Look} */
  const seen = await post(here("/view"), { s: ask("s"), t: ask("t"), mode, source: state.source, find: wanted, show: seeked, rank: alone() }, signal);
  if (mode !== state.mode) {
    again = true;
    return;
  }
  showError(seen.error);
  if (seen.error) {
    return;
  }
  take(refolded);
  if (mode === "aligned") {
    if (seen.t) panes.a.put(seen.t);
  } else {
    if (seen.s) panes.s.put(seen.s);
    if (seen.t) panes.t.put(seen.t);
  }
  links = seen.links;
  ranked = seen.ranked;
  showFound("s", mode === "free" ? seen.s?.found : seen.beside);
  showFound("t", seen.t?.found);
  if (wanted && seen.at !== null) {
    (mode === "aligned" ? panes.a : panes[other(wanted[0])]).reveal(seen.at);
  }
  if (seeked && seen.shown !== null) {
    (mode === "aligned" ? panes.a : panes[seeked[0]]).reveal(seen.shown);
  }
  if (wanted) {
    document.dispatchEvent(new CustomEvent("kg:partner", { detail: { side: other(wanted[0]), node: seen.partner } }));
  }
  remember();
  document.dispatchEvent(new CustomEvent("kg:looked", { detail: seen.version }));
}

/** The one row of the model that is selected in the free view; 0: none, or several. */
function alone() {
  return state.mode === "free" && state.picked.t.size === 1 ? ([...state.picked.t][0] ?? 0) : 0;
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
 * @param {number | null | undefined} found
 */
function showFound(side, found) {
  const holder = document.querySelector(`[data-found="${side}"]`);
  if (holder) {
    holder.textContent = found === null || found === undefined ? "" : say("found", { count: found.toLocaleString("en") });
  }
}
