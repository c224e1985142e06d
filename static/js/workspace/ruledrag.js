// Rules are put in order by dragging their number; the same can be done with the arrows beside them, or with Alt and the arrow keys.

import { byId } from "../markup.js";

/** @typedef {(rule: Element, to: number) => void} Move */

/** Start listening. @param {Move} move */
export function startRuleDrag(move) {
  const body = byId("drawer-body");
  body.addEventListener("pointerdown", (event) => {
    const handle = event.target instanceof Element ? event.target.closest("[data-drag-rule]") : null;
    const rule = handle?.closest("[data-rule]");
    if (handle && rule && event.button === 0) {
      event.preventDefault();
      follow(/** @type {HTMLElement} */ (rule), event.pointerId, move);
    }
  });
  body.addEventListener("keydown", (event) => {
    const rule = event.target instanceof Element ? event.target.closest("[data-rule]") : null;
    if (rule && event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      const to = Number(rule.getAttribute("data-rule")) + (event.key === "ArrowUp" ? -1 : 1);
      if (to >= 0 && to < all().length) {
        move(rule, to);
      }
    }
  });
}

/** @returns {HTMLElement[]} */
const all = () => [...byId("drawer-body").querySelectorAll(/** @type {"li"} */ (".rules > [data-rule]"))];

/**
 * @param {HTMLElement} rule
 * @param {number} pointer
 * @param {Move} move
 */
function follow(rule, pointer, move) {
  const from = Number(rule.getAttribute("data-rule"));
  let to = from;
  rule.setPointerCapture(pointer);
  rule.classList.add("dragged");
  const over = (/** @type {PointerEvent} */ event) => {
    const others = all().filter((each) => each !== rule);
    const before = others.findIndex((each) => event.clientY < each.getBoundingClientRect().top + each.offsetHeight / 2);
    to = before < 0 ? others.length : before;
    for (const [at, each] of others.entries()) {
      each.classList.toggle("drop-before", at === to);
      each.classList.toggle("drop-after", to === others.length && at === to - 1);
    }
  };
  const end = (/** @type {Event} */ event) => {
    rule.removeEventListener("pointermove", over);
    rule.classList.remove("dragged");
    for (const each of all()) {
      each.classList.remove("drop-before", "drop-after");
    }
    if (event.type === "pointerup" && to !== from) {
      move(rule, to);
    }
  };
  rule.addEventListener("pointermove", over);
  rule.addEventListener("pointerup", end, { once: true });
  rule.addEventListener("pointercancel", end, { once: true });
}
