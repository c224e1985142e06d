// Changes that others make, or this person in another tab. A hidden tab holds no connection (browsers have six per host) and catches up when shown.

import { toast } from "../toasts.js";
import { say } from "../words.js";
import { catchUp } from "./edits.js";
import { client, here, state } from "./state.js";

/** @type {EventSource | null} */
let stream = null;

/** Start listening. */
export function startLive() {
  document.addEventListener("visibilitychange", follow);
  window.addEventListener("pagehide", () => stream?.close());
  window.addEventListener("online", catchUp);
  follow();
}

function follow() {
  if (document.hidden) {
    stream?.close();
    stream = null;
  } else if (!stream) {
    stream = new EventSource(here(`/events?since=${state.version}`));
    stream.addEventListener("changed", onChange);
    stream.addEventListener("proposals", catchUp);
  }
}

/** @param {MessageEvent<string>} event */
async function onChange(event) {
  /** @type {{version: number, client: string}} */
  const change = JSON.parse(event.data);
  if (change.client === client || change.version <= state.version) {
    return;
  }
  await catchUp();
  toast(say("elsewhere", { version: change.version }));
}
