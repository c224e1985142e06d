// Dragging a row onto a row of the other side, by Pointer Events; the page scrolls by itself near the edges.

import { element } from "../markup.js";
import { may } from "../rights.js";
import { say } from "../words.js";
import { map } from "./edits.js";
import { stretch } from "./links.js";
import { paneOf } from "./panes.js";
import { clearSelection, lineOf, nodeOf, paint, select } from "./selection.js";
import { other, state } from "./state.js";

/** @typedef {import("./state.js").Side} Side */

const STEPS = 6;
const EDGE = 40;

/** @type {{side: Side, cell: HTMLElement, node: number, line: number, x: number, y: number, pointer: number, ghost: HTMLElement | null} | null} */
let drag = null;
/** @type {HTMLElement | null} */
let over = null;
let frame = 0;

/** Start listening. @param {HTMLElement} main */
export function startDrag(main) {
  main.addEventListener("pointerdown", down);
  window.addEventListener("pointermove", moved);
  window.addEventListener("pointerup", up);
  window.addEventListener("pointercancel", cancel);
  window.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drag?.ghost) {
      event.stopPropagation();
      cancel();
    }
  }, true);
}

/** @param {PointerEvent} event */
function down(event) {
  const cell = event.target instanceof Element ? event.target.closest("[data-node]") : null;
  if (!may("edit")) {
    return;
  }
  if (!(cell instanceof HTMLElement) || event.button !== 0 || (event.target instanceof Element && event.target.closest(".turn.can"))) {
    return;
  }
  const side = /** @type {Side} */ (cell.dataset.side);
  drag = { side, cell, node: nodeOf(cell), line: lineOf(cell), x: event.clientX, y: event.clientY, pointer: event.pointerId, ghost: null };
}

/** @param {PointerEvent} event */
function moved(event) {
  if (!drag || event.pointerId !== drag.pointer) {
    return;
  }
  if (!drag.ghost) {
    if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < STEPS) {
      return;
    }
    begin(drag);
  }
  drag.x = event.clientX;
  drag.y = event.clientY;
  if (drag.ghost) {
    drag.ghost.style.transform = `translate(${event.clientX + 12}px, ${event.clientY + 10}px)`;
  }
  hover();
  if (state.mode === "free") {
    stretch({ side: drag.side, line: drag.line, x: event.clientX, y: event.clientY });
  }
}

/** @param {NonNullable<typeof drag>} held */
function begin(held) {
  if (!state.picked[held.side].has(held.node)) {
    select(held.side, held.node);
  }
  paint();
  const many = state.picked[held.side].size;
  held.ghost = element("div", "ghost", many > 1 ? say("mapped-many", { count: many }) : (held.cell.querySelector("code")?.title ?? ""));
  document.body.append(held.ghost);
  document.body.classList.add("dragging");
  frame = requestAnimationFrame(scrollNearEdges);
}

function hover() {
  if (!drag) {
    return;
  }
  const under = document.elementFromPoint(drag.x, drag.y)?.closest("[data-node]");
  const next = under instanceof HTMLElement && under.dataset.side === other(drag.side) ? under : null;
  if (next !== over) {
    over?.classList.remove("drop");
    next?.classList.add("drop");
    over = next;
  }
}

function scrollNearEdges() {
  if (!drag?.ghost) {
    return;
  }
  for (const side of /** @type {const} */ (["s", "t"])) {
    const pane = paneOf(side).element;
    const box = pane.getBoundingClientRect();
    if (drag.x >= box.left && drag.x <= box.right) {
      const above = box.top + EDGE - drag.y;
      const below = drag.y - (box.bottom - EDGE);
      if (above > 0 || below > 0) {
        pane.scrollTop += above > 0 ? -Math.min(22, above / 2) : Math.min(22, below / 2);
        hover();
      }
    }
  }
  frame = requestAnimationFrame(scrollNearEdges);
}

/** @param {PointerEvent} event */
function up(event) {
  if (!drag || event.pointerId !== drag.pointer) {
    return;
  }
  const dragged = drag.ghost !== null;
  const target = over;
  const side = drag.side;
  end();
  if (dragged) {
    if (target) {
      const far = other(side);
      if (!state.picked[far].has(nodeOf(target))) {
        state.picked[far] = new Set([nodeOf(target)]);
      }
      paint();
      map();
    }
    window.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => window.removeEventListener("click", swallow, { capture: true }), 0);
  }
}

/** A drag ends in no click. @param {Event} event */
function swallow(event) {
  event.stopPropagation();
}

function cancel() {
  if (drag?.ghost) {
    clearSelection();
  }
  end();
}

function end() {
  drag?.ghost?.remove();
  over?.classList.remove("drop");
  document.body.classList.remove("dragging");
  cancelAnimationFrame(frame);
  stretch(null);
  drag = null;
  over = null;
}
