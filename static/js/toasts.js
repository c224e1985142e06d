// Short notes at the bottom, with at most one thing to do.

import { byId, element } from "./markup.js";
import { Failure } from "./net.js";
import { say } from "./words.js";

/**
 * @typedef {{tone?: "bad" | "", action?: string, run?: () => void, stay?: boolean, bare?: boolean}} Shape
 */

/**
 * Show a note.
 * @param {string} text
 * @param {Shape} [shape]
 * @returns {HTMLElement}
 */
export function toast(text, shape = {}) {
  const note = element("div", `toast ${shape.tone ?? ""}`);
  note.append(element("span", "", text));
  if (shape.action) {
    const button = element("button", "small", shape.action);
    button.type = "button";
    button.addEventListener("click", () => {
      note.remove();
      shape.run?.();
    });
    note.append(button);
  }
  if (shape.stay && shape.bare) {
    // taken away by who showed it
  } else if (shape.stay) {
    const close = element("button", "small", say("dismiss"));
    close.type = "button";
    close.addEventListener("click", () => note.remove());
    note.append(close);
  } else {
    setTimeout(() => note.remove(), 8000);
  }
  const holder = byId("toasts");
  holder.append(note);
  while (holder.children.length > 3) {
    holder.firstElementChild?.remove();
  }
  return note;
}

/**
 * Show that something is under way, with the way out.
 * @param {string} text
 * @param {string} cancel
 * @param {() => void} run
 * @returns {HTMLElement} the note, to be taken away at the end
 */
export function progress(text, cancel, run) {
  const note = toast(text, { action: cancel, run, stay: true, bare: true });
  note.prepend(element("progress", "", ""));
  note.setAttribute("role", "status");
  return note;
}

/** What was lost while there was no connection, and the one note that tries all of it again. @type {{note: HTMLElement | null, retries: Set<() => void>}} */
const lost = { note: null, retries: new Set() };

/** @param {(() => void) | undefined} retry */
function complainOfTheLine(retry) {
  if (!lost.note?.isConnected) {
    lost.note = null;
    lost.retries.clear();
  }
  if (retry) {
    lost.retries.add(retry);
  }
  const run = () => {
    const all = [...lost.retries];
    lost.retries.clear();
    for (const each of all) {
      each();
    }
  };
  lost.note?.remove();
  lost.note = toast(say("lost"), { tone: "bad", stay: true, ...(lost.retries.size ? { action: say("retry"), run } : {}) });
}

/**
 * Say what went wrong; where the connection was lost, offer to try again.
 * @param {unknown} problem
 * @param {() => void} [retry]
 */
export function complain(problem, retry) {
  if (problem instanceof DOMException && problem.name === "AbortError") {
    return;
  }
  if (problem instanceof Failure && problem.lost) {
    complainOfTheLine(retry);
  } else if (problem instanceof Failure) {
    toast(problem.hint ? `${problem.message} ${problem.hint}` : problem.message, { tone: "bad", stay: true });
  } else {
    console.error(problem);
    toast(say("error"), { tone: "bad" });
  }
}

/**
 * Copy text; where the browser gives no clipboard (plain http), select it for the person.
 * @param {string} text
 * @param {Element | null} [shown] what holds the text on the page
 */
export async function copy(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    toast(say("copied"));
  } catch {
    if (shown) {
      getSelection()?.selectAllChildren(shown);
    }
    toast(say("copy-by-hand"));
  }
}
