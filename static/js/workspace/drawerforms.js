// Small forms of the drawer: notes of rules, names of versions, groups of proposals and how sure one must be to take them.

import { byId } from "../markup.js";
import { post } from "../net.js";
import { complain } from "../toasts.js";
import { edit, tell } from "./edits.js";
import { here, rowsBody } from "./state.js";

/** Start listening. @param {() => void} refresh fetches the open tab anew @param {(named: boolean) => void} only shows named versions alone */
export function startDrawerForms(refresh, only) {
  const body = byId("drawer-body");
  body.addEventListener("click", (event) => {
    const at = event.target instanceof Element ? event.target : null;
    const group = at?.closest("[data-group-act]");
    if (group) {
      edit(`/${group.getAttribute("data-group-act")}`, { ...rowsBody(), s: [], t: [], groups: [group.closest("[data-group]")?.getAttribute("data-group")] });
    } else if (at?.closest("[data-edit-name]")) {
      reveal(at.closest("[data-step]")?.querySelector(".version-name"));
    } else if (at?.closest("[data-edit-note]")) {
      reveal(at.closest("[data-rule]")?.querySelector(".rule-note"));
    } else if (at?.closest("[data-named]")) {
      only(at.closest("[data-named]")?.getAttribute("data-named") === "true");
    }
  });
  body.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) {
      return;
    }
    if (form.hasAttribute("data-threshold")) {
      stop(event);
      edit("/accept", { ...rowsBody(), s: [], t: [], at_least: Number(value(form, "least")) });
    } else if (form.hasAttribute("data-name-version")) {
      stop(event);
      name(Number(form.getAttribute("data-name-version")), value(form, "name"), refresh);
    } else if (form.classList.contains("rule-note")) {
      stop(event);
      const rule = form.closest("[data-rule]");
      const which = { index: Number(rule?.getAttribute("data-rule")), was: rule?.getAttribute("data-was") ?? "" };
      edit("/rule", { ...rowsBody(), ...which, act: "note", note: value(form, "note") });
    }
  }, true);
}

/** @param {Event} event */
function stop(event) {
  event.preventDefault();
  event.stopPropagation();
}

/** @param {HTMLFormElement} form @param {string} field */
const value = (form, field) => String(new FormData(form).get(field) ?? "").trim();

/** @param {Element | null | undefined} form */
function reveal(form) {
  if (form instanceof HTMLElement) {
    form.hidden = !form.hidden;
    form.querySelector("input")?.focus();
  }
}

/**
 * Name a version: no step of the plan, so it needs no undo; an empty name takes it away.
 * @param {number} version
 * @param {string} text
 * @param {() => void} refresh
 */
async function name(version, text, refresh) {
  try {
    const answer = await post(here("/name"), { version, name: text });
    tell(answer.said, false);
    refresh();
  } catch (problem) {
    complain(problem, () => name(version, text, refresh));
  }
}
