// Changes that others make, or this person in another tab.

import { follow } from "../live/follow.js";
import { greet, hearPresence, hueOf, startPresence } from "../presence.js";
import { toast } from "../toasts.js";
import { say } from "../words.js";
import { catchUp } from "./edits.js";
import { client, here, state } from "./state.js";

/** Start listening. */
export function startLive() {
  window.addEventListener("online", catchUp);
  follow(state.transfer, state.place, hear);
  const moved = startPresence(here(""), client, "map", selected, showOthers);
  document.addEventListener("kg:selected", moved);
  document.addEventListener("kg:looked", () => showOthers(there));
}

/** @type {import("../presence.js").Present[]} */
let there = [];

function selected() {
  const { side } = state;
  return { side, nodes: [...state.picked[side]].slice(0, 50), folded: state.views[side].folded };
}

/**
 * Mark the rows that others have selected.
 * @param {Iterable<import("../presence.js").Present>} others
 */
function showOthers(others) {
  there = [...others];
  for (const cell of document.querySelectorAll("[data-hue]")) {
    cell.removeAttribute("data-hue");
    cell.classList.remove(...Array.from({ length: 8 }, (_, hue) => `hue-${hue}`));
  }
  for (const each of there) {
    const side = each.side === "s" ? "s" : "t";
    for (const node of each.folded === state.views[side].folded ? each.nodes : []) {
      for (const cell of document.querySelectorAll(`#main [data-side="${side}"][data-node="${node}"]`)) {
        const hue = hueOf(each.person || each.client);
        cell.setAttribute("data-hue", String(hue));
        cell.classList.add(`hue-${hue}`);
      }
    }
  }
}

const READY = ["findings", "loader", "named"];

/** @param {import("../live/places.js").Told} told */
function hear(told) {
  if (told.kind === "presence") {
    hearPresence(told, client);
  } else if (told.kind === "changed") {
    onChange(told);
  } else if (told.kind === "proposals") {
    catchUp();
  } else if (READY.includes(told.kind)) {
    ready(told.kind);
  } else if (told.kind === "again") {
    missed(told.version);
  }
}

/** @param {string} what */
function ready(what) {
  document.dispatchEvent(new CustomEvent("kg:ready", { detail: what }));
}

/** @param {{version: number, client: string}} change */
async function onChange(change) {
  if (change.client === client || change.version <= state.version) {
    return;
  }
  await catchUp();
  toast(say("elsewhere", { version: change.version }));
}

/**
 * Too much happened while nobody listened to tell it one by one.
 * @param {number} version
 */
async function missed(version) {
  greet();
  if (version > state.version) {
    await onChange({ version, client: "" });
  } else {
    await catchUp();
  }
  READY.forEach(ready);
}
