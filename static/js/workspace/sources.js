// Editing a mapping in place: what fills a row of the target is typed or chosen from a list; what fits stands first.

import { byId, element } from "../markup.js";
import { post } from "../net.js";
import { complain } from "../toasts.js";
import { edit } from "./edits.js";
import { here, rowsBody, state } from "./state.js";

/** @typedef {{node: number, path: string, shape: string, fits: boolean, thought: boolean}} Suggested */

/** @type {HTMLElement | null} */
let open = null;

/** @param {HTMLElement} row */
export function editSource(row) {
  close(false);
  const template = /** @type {HTMLTemplateElement} */ (byId("source-editor"));
  const editor = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  const cell = /** @type {HTMLElement} */ (row.querySelector(".from"));
  const button = /** @type {HTMLElement} */ (cell.querySelector("[data-edit-source]"));
  button.hidden = true;
  cell.append(editor);
  open = editor;
  const input = /** @type {HTMLInputElement} */ (editor.querySelector("input"));
  const list = /** @type {HTMLElement} */ (editor.querySelector("ul"));
  const target = Number(row.dataset.target);
  input.addEventListener("input", () => suggest(input, list, target));
  input.addEventListener("keydown", (event) => onKey(event, list, target));
  input.addEventListener("blur", () => setTimeout(() => open === editor && close(false), 150));
  list.addEventListener("pointerdown", (event) => {
    const item = event.target instanceof Element ? event.target.closest("[data-node]") : null;
    if (item) {
      event.preventDefault();
      take(item, target);
    }
  });
  input.focus();
  suggest(input, list, target);
}

/** @param {boolean} back whether the keyboard goes back to the cell */
function close(back) {
  const button = /** @type {HTMLElement | null | undefined} */ (open?.parentElement?.querySelector("[data-edit-source]"));
  open?.remove();
  open = null;
  if (button) {
    button.hidden = false;
    if (back) {
      button.focus();
    }
  }
}

/**
 * @param {HTMLInputElement} input
 * @param {HTMLElement} list
 * @param {number} row
 */
async function suggest(input, list, row) {
  try {
    const body = { row, query: input.value, source: state.source, folded: [state.views.s.folded, state.views.t.folded] };
    /** @type {Suggested[]} */
    const found = (await post(here("/suggest"), body)).rows;
    list.replaceChildren(...found.map(item));
    choose(list, 0);
  } catch (problem) {
    complain(problem);
  }
}

/** @param {Suggested} each @param {number} at */
function item(each, at) {
  const line = element("li");
  line.id = `source-${at}`;
  line.dataset.node = String(each.node);
  line.setAttribute("role", "option");
  line.append(element("code", "", each.path), element("span", each.fits ? "shape fits" : "shape", each.shape));
  return line;
}

/** @param {HTMLElement} list @param {number} at */
function choose(list, at) {
  for (const [place, each] of [...list.children].entries()) {
    each.setAttribute("aria-selected", place === at ? "true" : "false");
  }
  list.children[at]?.scrollIntoView({ block: "nearest" });
  list.parentElement?.querySelector("input")?.setAttribute("aria-activedescendant", list.children[at]?.id ?? "");
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement} list
 * @param {number} target
 */
function onKey(event, list, target) {
  const all = [...list.children];
  const now = all.findIndex((each) => each.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    choose(list, Math.max(0, Math.min(all.length - 1, now + (event.key === "ArrowDown" ? 1 : -1))));
  } else if (event.key === "Enter" && all[now]) {
    take(/** @type {Element} */ (all[now]), target);
  } else if (event.key === "Escape") {
    close(true);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

/** @param {Element} chosen @param {number} target */
function take(chosen, target) {
  const source = Number(chosen.getAttribute("data-node"));
  close(true);
  edit("/draw", { ...rowsBody(), s: [source], t: [target] });
}
