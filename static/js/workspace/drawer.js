// The drawer: rules, detail of the selection, the loader; each tab a fragment that is fetched when it is looked at.

import { byId, place } from "../markup.js";
import { post, text } from "../net.js";
import { complain } from "../toasts.js";
import { startDrawerForms } from "./drawerforms.js";
import { edit, showOddities } from "./edits.js";
import { currentRivals } from "./panes.js";
import { startRuleDrag } from "./ruledrag.js";
import { here, rowsBody, state } from "./state.js";

/** @typedef {"rules" | "detail" | "history" | "loader"} Tab */

/** Which event tells that what a tab waits for is there. @type {Partial<Record<Tab, string>>} */
const TOLD_BY = { rules: "findings", loader: "loader", history: "named" };

/** @type {Tab} */
let tab = "detail";
let shut = false;
let named = false;
/** @type {AbortController | null} */
let asked = null;

const drawer = () => byId("drawer");

/** @param {Tab} name */
export function openDrawer(name) {
  if (drawer().dataset.open === "true" && tab === name) {
    closeDrawer();
  } else {
    shut = false;
    showTab(name);
  }
}

export function closeDrawer() {
  shut = true;
  drawer().dataset.open = "false";
  mark();
}

export function toggleDrawer() {
  drawer().dataset.open === "true" ? closeDrawer() : openDrawer(tab);
}

/** @param {Tab} name */
export async function showTab(name) {
  tab = name;
  drawer().dataset.open = "true";
  mark();
  await refresh();
}

function mark() {
  const open = drawer().dataset.open === "true";
  for (const button of drawer().querySelectorAll("[data-tab]")) {
    button.setAttribute("aria-selected", open && button.getAttribute("data-tab") === tab ? "true" : "false");
  }
  byId("drawer-body").setAttribute("aria-labelledby", `tab-${tab}`);
}

/** Fetch the open tab anew. */
async function refresh() {
  if (drawer().dataset.open !== "true") {
    return;
  }
  asked?.abort();
  asked = new AbortController();
  const { signal } = asked;
  const wanted = tab;
  try {
    const markup = wanted === "detail" ? (await post(here("/detail"), rowsBody(), signal)).html : await text(here(`/${wanted}${wanted === "history" && named ? "?named=true" : ""}`), signal);
    if (tab === wanted) {
      place(byId("drawer-body"), markup);
      if (wanted === "rules") {
        showOddities(byId("drawer-body").querySelector("[data-odd]"));
      }
    }
  } catch (problem) {
    complain(problem, refresh);
  }
}

/** The selection changed: show its detail; open by itself where a decision is wanted and the person did not shut it. */
function onSelected() {
  if (tab !== "detail") {
    return;
  }
  const undecided = document.querySelector('[data-picked="true"][data-state="proposed"], [data-picked="true"][data-state="mismatched"], [data-picked="true"][data-state="conflicting"]');
  if (undecided && !shut && drawer().dataset.open !== "true") {
    showTab("detail");
  } else {
    refresh();
  }
}

/** Start listening. */
export function startDrawer() {
  const kept = Number(localStorage.getItem("kg-drawer"));
  if (kept) {
    drawer().style.setProperty("--drawer", `${kept}px`);
  }
  for (const button of drawer().querySelectorAll("[data-tab]")) {
    button.addEventListener("click", () => openDrawer(/** @type {Tab} */ (button.getAttribute("data-tab"))));
  }
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let soon;
  document.addEventListener("kg:selected", () => {
    clearTimeout(soon);
    soon = setTimeout(onSelected, 60);
  });
  document.addEventListener("kg:edited", () => refresh());
  document.addEventListener("kg:ready", (event) => {
    const ready = event instanceof CustomEvent ? event.detail : "";
    if (TOLD_BY[tab] === ready) {
      refresh();
    }
  });
  byId("drawer-body").addEventListener("click", onAct);
  byId("drawer-body").addEventListener("change", onToggle);
  byId("drawer-body").addEventListener("submit", onSubmit);
  startDrawerForms(refresh, (only) => {
    named = only;
    refresh();
  });
  startRuleDrag((rule, to) => changeRule(rule, "move", "", { to }));
  startGrip();
}

/** @param {Event} event */
function onAct(event) {
  const button = event.target instanceof Element ? event.target.closest("[data-rule-act], [data-alternative], [data-edit-rule], [data-fit], [data-jump]") : null;
  if (!button) {
    return;
  }
  const rule = button.closest("[data-rule]");
  if (button.hasAttribute("data-alternative")) {
    const body = { ...rowsBody(), target: button.getAttribute("data-target") ?? "", alternative: Number(button.getAttribute("data-alternative")) };
    edit("/choose", body);
  } else if (button.hasAttribute("data-jump")) {
    edit("/jump", { ...rowsBody(), to: Number(button.getAttribute("data-jump")) });
  } else if (button.hasAttribute("data-fit")) {
    edit("/draw", { ...rowsBody(), s: [Number(button.getAttribute("data-fit"))], t: [Number(button.getAttribute("data-onto"))] });
  } else if (button.hasAttribute("data-edit-rule")) {
    const form = /** @type {HTMLElement | null} */ (rule?.querySelector(".rule-edit"));
    if (form) {
      form.hidden = !form.hidden;
      form.querySelector("input")?.focus();
    }
  } else if (rule) {
    changeRule(rule, button.getAttribute("data-rule-act") ?? "", "");
  }
}

/** @param {Event} event */
function onToggle(event) {
  const box = event.target;
  const rule = box instanceof HTMLInputElement && box.type === "checkbox" ? box.closest("[data-rule]") : null;
  if (rule) {
    changeRule(rule, "toggle", "");
  }
}

/** @param {SubmitEvent} event */
function onSubmit(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const value = String(new FormData(form).get("statement") ?? "").trim();
  const rule = form.closest("[data-rule]");
  if (rule) {
    changeRule(rule, "replace", value);
  } else if (value) {
    edit("/rules", { ...rowsBody(), statements: [value] });
  }
}

/**
 * @param {Element} rule
 * @param {string} act
 * @param {string} statement
 * @param {Record<string, unknown>} [more]
 */
function changeRule(rule, act, statement, more = {}) {
  edit("/rule", { ...rowsBody(), ...more, index: Number(rule.getAttribute("data-rule")), was: rule.getAttribute("data-was") ?? "", act, statement });
}

/** The drawer's upper edge can be dragged. */
function startGrip() {
  const grip = drawer().querySelector("[data-grip]");
  grip?.addEventListener("pointerdown", (event) => {
    if (!(event instanceof PointerEvent)) return;
    grip.setPointerCapture(event.pointerId);
    const from = { y: event.clientY, height: drawer().offsetHeight };
    const drag = (/** @type {Event} */ moved) => {
      const height = Math.max(140, Math.min(innerHeight - 260, from.height + from.y - /** @type {PointerEvent} */ (moved).clientY));
      drawer().style.setProperty("--drawer", `${height}px`);
      localStorage.setItem("kg-drawer", String(Math.round(height)));
    };
    grip.addEventListener("pointermove", drag);
    grip.addEventListener("lostpointercapture", () => grip.removeEventListener("pointermove", drag), { once: true });
  });
}

/** Choose a ranked candidate by its number: of the detail, or as the rows of the free view carry it. @param {number} number */
export async function chooseCandidate(number) {
  if (!state.picked.t.size) {
    return;
  }
  const options = () => byId("drawer-body").querySelectorAll(/** @type {"button"} */ ("[data-alternative]"));
  const open = drawer().dataset.open === "true" && tab === "detail";
  if (!open && currentRivals().some(([, rank]) => rank === number)) {
    await showTab("detail");
  }
  if (tab === "detail") {
    options()[number - 1]?.click();
  }
}
