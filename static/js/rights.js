// What this person may do here, as the server wrote it into the page. The server decides; the page only does not offer what would be refused.

import { toast } from "./toasts.js";
import { say } from "./words.js";

/** @typedef {"see" | "review" | "edit" | "own" | "enter" | "create" | "account" | "administer"} Action */

const root = document.documentElement;
const OF_HOUSE = ["enter", "create", "account", "administer"];

function held() {
  return (root.dataset.may ?? "").split(" ").filter(Boolean);
}

/**
 * @param {Action} action
 * @returns {boolean}
 */
export function may(action) {
  return held().includes(action);
}

/** Who this is, where people have accounts; empty where one person works alone. */
export const me = root.dataset.me ?? "";

/**
 * The server says what may be done now. Where the page was written with other rights it shows and hides what it can at once; the rest is there
 * after it was loaded anew.
 * @param {string[]} now
 * @param {string} transfer empty: what may be done in the house, which says nothing about what else the page shows
 */
export function heardRights(now, transfer) {
  const before = held();
  const after = transfer ? now : [...before.filter((each) => !OF_HOUSE.includes(each)), ...now.filter((each) => OF_HOUSE.includes(each))];
  const written = [...after].sort().join(" ");
  if (written === [...before].sort().join(" ")) {
    return;
  }
  root.dataset.may = written;
  document.dispatchEvent(new CustomEvent("kg:rights"));
  const fewer = before.some((each) => !after.includes(each));
  toast(say(fewer ? "rights-fewer" : "rights-more"), { stay: true, action: say("show-anew"), run: () => location.reload() });
}
