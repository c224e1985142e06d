// What stands over the first visible row in its tree, kept at the upper edge of a pane: where one is among a hundred thousand keys.

import { element, place } from "../markup.js";
import { rowHeight } from "./state.js";

const MOST = 5;

export class Sticky {
  /** @param {{element: HTMLElement, window: HTMLElement, top: number, first: number}} pane */
  constructor(pane) {
    this.pane = pane;
    this.holder = element("div", "sticky");
    this.holder.setAttribute("aria-hidden", "true");
    this.holder.setAttribute("role", "presentation");
    pane.element.prepend(this.holder);
    /** Rows over the first one of the window. @type {Element[]} */
    this.above = [];
    /** What is shown now, by its rows. */
    this.shown = "";
    this.depth = 0;
  }

  /**
   * The rows over the first one of a new window.
   * @param {string} markup
   */
  below(markup) {
    const parsed = element("div");
    place(parsed, markup);
    this.above = [...parsed.children];
    this.shown = "?";
    this.show(this.chain());
  }

  /**
   * Show rows at the upper edge.
   * @param {Element[]} chain
   */
  show(chain) {
    const named = chain.map(owner).map((row) => `${row?.dataset.node}${row?.dataset.picked ?? ""}`).join(" ");
    if (named !== this.shown) {
      this.shown = named;
      this.depth = chain.length;
      const copies = chain.map(copied);
      if (copies.map((each) => each.outerHTML).join("") !== this.holder.innerHTML) {
        this.holder.replaceChildren(...copies); // what is the same stays: it may be under a pointer that is pressed
      }
    }
  }

  /** What stands above the first visible row, outermost first. @returns {Element[]} */
  chain() {
    if (this.pane.element.scrollTop < rowHeight() / 2) {
      return [];
    }
    const rows = this.pane.window.children;
    const top = this.pane.top - this.pane.first;
    let over = this.over(Math.min(top, rows.length));
    for (let hidden = 0; hidden < MOST; hidden += 1) {
      const row = rows[top + hidden];
      const chain = over.filter((each) => level(each) < level(row));
      if (!row || chain.length <= hidden) {
        return row ? chain : [];
      }
      over = [...chain, row]; // what sticks hides this row too: the first that is not hidden decides
    }
    return over.slice(0, MOST);
  }

  /** The rows that may stand above a place of the window, outermost first: from the row before it up, each that is further out. @param {number} place */
  over(place) {
    const rows = this.pane.window.children;
    /** @type {Element[]} */
    const over = [];
    let least = Number.POSITIVE_INFINITY;
    for (let at = place - 1; at >= 0 && least > 1; at -= 1) {
      const row = /** @type {Element} */ (rows[at]);
      if (level(row) < least) {
        least = level(row);
        over.unshift(row);
      }
    }
    return [...this.above.filter((each) => level(each) < least), ...over];
  }
}

/** The cell that a line is about: its own side, or the target's half of an aligned line. @param {Element} line @returns {HTMLElement | null} */
function owner(line) {
  return line instanceof HTMLElement && line.dataset.node ? line : line.querySelector('[data-side="t"][data-node]');
}

/** @param {Element | undefined} line */
const level = (line) => Number((line && owner(line))?.getAttribute("data-level") ?? 1);

/** @param {Element} line */
function copied(line) {
  const copy = /** @type {Element} */ (line.cloneNode(true));
  for (const each of [copy, ...copy.querySelectorAll("*")]) {
    for (const name of ["id", "role", "aria-level", "aria-posinset", "aria-setsize", "aria-selected", "aria-description"]) {
      each.removeAttribute(name);
    }
  }
  return copy;
}
