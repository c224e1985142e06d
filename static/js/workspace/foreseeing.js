// While a rule is typed: what it would do, in counts and samples, or where it cannot be read.

import { byId, element, place } from "../markup.js";
import { Failure, post } from "../net.js";
import { here } from "./state.js";

const PAUSE = 250;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let soon;
/** @type {AbortController | null} */
let asked = null;

/** Start listening in the drawer. */
export function startForeseeing() {
  byId("drawer-body").addEventListener("input", (event) => {
    const input = event.target;
    if (input instanceof HTMLInputElement && input.name === "statement") {
      clearTimeout(soon);
      soon = setTimeout(() => look(input), PAUSE);
    }
  });
}

/** @param {HTMLInputElement} input */
async function look(input) {
  asked?.abort();
  asked = new AbortController();
  const { signal } = asked;
  const report = document.getElementById("foreseen");
  const statement = input.value.trim();
  if (!report || !statement) {
    report?.replaceChildren();
    return;
  }
  const rule = input.closest("[data-rule]");
  const index = rule ? Number(rule.getAttribute("data-rule")) : null;
  try {
    const found = await post(here("/rules/foresee"), { statement, index }, signal);
    place(report, found.report);
  } catch (problem) {
    if (problem instanceof Failure && !signal.aborted) {
      report.replaceChildren(element("p", "", problem.message), element("p", "muted", problem.hint));
    }
  }
}
