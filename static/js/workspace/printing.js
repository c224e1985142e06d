// Rows of a window, put into the page: those that were there stay the elements they are, only the others are parsed, laid out and painted.

import { element, place } from "../markup.js";

/** Where a row begins: names are escaped, so that nothing else of the markup reads like this. */
const ROW = /(?=<div class="(?:row |line"))/;

export class Printed {
  /** @param {HTMLElement} holder */
  constructor(holder) {
    this.holder = holder;
    this.markup = "";
    /** Markup of a row -> its element. @type {Map<string, Element>} */
    this.rows = new Map();
  }

  /**
   * Print rows; the same rows stay as they are: what is pointed at, dragged or focused is not pulled away.
   * @param {string} markup
   */
  put(markup) {
    if (markup === this.markup) {
      return;
    }
    this.markup = markup;
    const texts = markup.split(ROW).map((each) => each.trim()).filter(Boolean);
    const before = this.rows;
    const made = parsed(texts.filter((text) => !before.has(text)));
    this.rows = new Map(texts.map((text) => [text, before.get(text) ?? /** @type {Element} */ (made.shift())]));
    for (const [text, row] of before) {
      if (!this.rows.has(text)) {
        row.remove();
      }
    }
    let next = this.holder.firstElementChild;
    for (const row of this.rows.values()) {
      if (row === next) {
        next = row.nextElementSibling;
      } else {
        this.holder.insertBefore(row, next);
      }
    }
  }

  /** Forget what was printed. */
  clear() {
    this.holder.replaceChildren();
    this.markup = "";
    this.rows = new Map();
  }
}

/** @param {string[]} texts @returns {Element[]} */
function parsed(texts) {
  const holder = element("div");
  place(holder, texts.join(""));
  return [...holder.children];
}
