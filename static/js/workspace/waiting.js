// What takes longer than a second says so, and can be given up.

import { progress } from "../toasts.js";
import { say } from "../words.js";

const PATIENCE = 1000;

/**
 * Start to watch; `end` takes the note away.
 * @param {string} words what goes on
 * @param {() => void} giveUp
 */
export function watch(words, giveUp) {
  /** @type {HTMLElement | undefined} */
  let note;
  const slow = {
    cancelled: false,
    end: () => {
      clearTimeout(timer);
      note?.remove();
    },
  };
  const timer = setTimeout(() => {
    note = progress(words, say("cancel"), () => {
      slow.cancelled = true;
      note?.remove();
      giveUp();
    });
  }, PATIENCE);
  return slow;
}
