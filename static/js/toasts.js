// Short notes at the bottom, with at most one thing to do.

import { byId, element } from "./markup.js";
import { Failure } from "./net.js";
import { say } from "./words.js";

/**
 * @typedef {{tone?: "bad" | "", action?: string, run?: () => void, stay?: boolean}} Shape
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
  if (shape.stay) {
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
 * Say what went wrong; where the connection was lost, offer to try again.
 * @param {unknown} problem
 * @param {() => void} [retry]
 */
export function complain(problem, retry) {
  if (problem instanceof DOMException && problem.name === "AbortError") {
    return;
  }
  if (problem instanceof Failure && problem.lost) {
    toast(say("lost"), { tone: "bad", stay: true, ...(retry ? { action: say("retry"), run: retry } : {}) });
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
