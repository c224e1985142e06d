// Ctrl-K: everything there is to do, found by typing; plain text also goes to the target's filter.

import { byId, element } from "../markup.js";
import { actions } from "./actions.js";

/** @typedef {{name: string, label: string, keys: string}} Entry */

/** @type {Entry[]} */
let entries = [];
let at = 0;

const dialog = () => /** @type {HTMLDialogElement} */ (byId("palette"));
const input = () => /** @type {HTMLInputElement} */ (dialog().querySelector("input"));

/** Open it, empty. */
export function openPalette() {
  input().value = "";
  show();
  dialog().showModal();
}

/** @param {Entry[]} found */
export function startPalette(found) {
  entries = found;
  input().addEventListener("input", () => {
    at = 0;
    show();
  });
  input().addEventListener("keydown", onKey);
  byId("palette-list").addEventListener("click", (event) => {
    const item = event.target instanceof Element ? event.target.closest("li") : null;
    run(item?.dataset.name);
  });
}

/** @returns {Entry[]} */
function matching() {
  const wanted = input().value.trim().toLowerCase();
  return entries.filter((entry) => entry.label.toLowerCase().includes(wanted));
}

function show() {
  const items = matching().map((entry, place) => {
    const item = element("li", "", entry.label);
    item.id = `palette-${place}`;
    item.dataset.name = entry.name;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", place === at ? "true" : "false");
    if (entry.keys) {
      item.append(element("kbd", "", entry.keys));
    }
    return item;
  });
  byId("palette-list").replaceChildren(...items);
  input().setAttribute("aria-activedescendant", items.length ? `palette-${at}` : "");
  items[at]?.scrollIntoView({ block: "nearest" });
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const found = matching();
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    at = Math.max(0, Math.min(found.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)));
    show();
  } else if (event.key === "Enter") {
    event.preventDefault();
    run(found[at]?.name);
  }
}

/** @param {string | undefined} name */
function run(name) {
  dialog().close();
  if (name) {
    actions[name]?.();
  }
}
