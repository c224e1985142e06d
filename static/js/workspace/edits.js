// Edits: shown at once, sent, and taken back on the page where the server did not take them. Nothing is saved by hand.

import { byId, place } from "../markup.js";
import { Failure, post } from "../net.js";
import { complain, toast } from "../toasts.js";
import { may } from "../rights.js";
import { say } from "../words.js";
import { openFit } from "./fit.js";
import { hope, hopes, unhope } from "./links.js";
import { look } from "./panes.js";
import { cellOf, lineOf } from "./selection.js";
import { client, here, rowsBody, state } from "./state.js";
import { watch } from "./waiting.js";

/**
 * @typedef {{version: number, said: string, undo: boolean, redo: boolean, meter: string, rebased: boolean, sides: string}} Done
 * @typedef {{text: string, action: string, statements: string[], instead: string[]}} Offer
 */

/** Edits go one after the other: each is made on the version the one before led to. @type {Promise<unknown>} */
let line = Promise.resolve();
let counter = 0;

/**
 * @param {string} path
 * @param {Record<string, unknown>} body
 * @param {[number, number]} [ends] lines of the link to draw at once
 * @returns {Promise<void>}
 */
export function edit(path, body, ends) {
  if (!may("edit")) {
    tell(say("reading-only"), false);
    return line.then(() => {});
  }
  const name = `edit-${counter}`;
  counter += 1;
  if (ends) {
    hope(name, ends);
  }
  saving("saving");
  const work = line.then(() => send(path, body, name));
  line = work;
  return work;
}

/**
 * @param {string} path
 * @param {Record<string, unknown>} body
 * @param {string} name
 */
async function send(path, body, name) {
  const slow = watch(say("slow"), () => {
    tell(say("cancelling"), false);
    post(here("/cancel"), { client }).catch(() => {});
  });
  try {
    const answer = await post(here(path), { ...body, version: state.version });
    slow.end();
    if (slow.cancelled && answer.version > state.version) {
      await applied(await post(here("/undo"), rowsBody())); // it was done before the word to leave it came
      return;
    }
    if (answer.fit) {
      saving("saved");
      openFit(answer.fit);
    } else {
      await applied(answer);
      if (answer.offer) {
        offer(answer.offer);
      } else if ((LARGE.has(path) || body.act === "delete") && answer.undo) {
        toast(answer.said, { action: say("undo"), run: () => edit("/undo", rowsBody()) });
      }
    }
  } catch (problem) {
    slow.end();
    if (slow.cancelled && problem instanceof Failure && problem.code === "edit_cancelled") {
      saving("saved");
      tell(say("cancelled"), false);
    } else {
      failed(problem, () => edit(path, body));
    }
  } finally {
    slow.end();
    unhope(name);
  }
}

/**
 * Load the page again where a side was replaced: everything on it is of the old one.
 * @param {Done} done
 * @returns {boolean}
 */
function otherSides(done) {
  const other = Boolean(done.sides) && done.sides !== byId("workspace").dataset.sides;
  if (other) {
    location.reload();
  }
  return other;
}

/** What changes much at once: the way back is offered where one looks. */
const LARGE = new Set(["/accept", "/reject", "/jump", "/recall"]);

/** @param {Done} done */
async function applied(done) {
  if (otherSides(done)) {
    return;
  }
  state.version = done.version;
  showMeter(done.meter);
  showWays(done.undo, done.redo);
  tell(done.said, done.undo);
  saving("saved");
  document.dispatchEvent(new CustomEvent("kg:edited"));
  await look();
}

/**
 * @param {unknown} problem
 * @param {() => void} retry
 */
function failed(problem, retry) {
  saving(problem instanceof Failure && problem.lost ? "lost" : "saved");
  complain(problem, retry);
  byId("status").textContent = problem instanceof Failure ? (problem.lost ? say("lost") : problem.message) : say("error");
  byId("status-undo").hidden = true;
  if (problem instanceof Failure && problem.status === 409) {
    catchUp();
  }
}

/** @param {Offer} made */
function offer(made) {
  toast(made.text, { action: made.action, run: () => addRules(made.statements, made.instead) });
}

/**
 * @param {string[]} statements
 * @param {string[]} [instead] rules that they stand for from now on
 */
export function addRules(statements, instead = []) {
  return edit("/rules", { ...rowsBody(), statements, instead });
}

/** @param {"saved" | "saving" | "lost"} how */
function saving(how) {
  const shown = byId("saved");
  shown.dataset.state = how;
  shown.textContent = how === "saved" ? say("saved", { version: state.version }) : say(how === "lost" ? "unsaved" : "saving");
}

/**
 * @param {string} words
 * @param {boolean} undo
 */
export function tell(words, undo) {
  byId("status").textContent = words;
  byId("status-undo").hidden = !undo;
}

/** @param {string} markup */
export function showMeter(markup) {
  place(byId("meter"), markup);
  const end = byId("meter").querySelector(".meter-end");
  byId("verdict").textContent = end?.getAttribute("data-verdict") ?? "";
  byId("rule-count").textContent = end?.getAttribute("data-rules") ?? "";
  showOddities(end);
  document.dispatchEvent(new CustomEvent("kg:meter"));
}

/**
 * How many oddities the lint found; of a large transfer they are counted when the rules are looked at.
 * @param {Element | null} told an element that carries the count
 */
export function showOddities(told) {
  const shown = byId("odd-count");
  shown.textContent = told?.getAttribute("data-odd") ?? "";
  shown.title = told?.getAttribute("data-odd-words") ?? "";
  shown.hidden = !shown.textContent;
}

/**
 * @param {boolean} undo
 * @param {boolean} redo
 */
function showWays(undo, redo) {
  for (const [act, can] of /** @type {[string, boolean][]} */ ([["undo", undo], ["redo", redo]])) {
    for (const button of document.querySelectorAll(`.top [data-act="${act}"]`)) {
      /** @type {HTMLButtonElement} */ (button).disabled = !can;
    }
  }
}

/** Map what is selected on both sides. */
export function map() {
  const { s, t } = state.picked;
  if (!s.size || !t.size) {
    return;
  }
  /** @type {[number, number] | undefined} */
  let ends;
  if (state.mode === "free" && s.size === 1 && t.size === 1) {
    const [from, to] = [cellOf("s", [...s][0] ?? null), cellOf("t", [...t][0] ?? null)];
    ends = from && to ? [lineOf(from), lineOf(to)] : undefined;
  }
  edit("/draw", rowsBody(), ends);
}

/** The newest state of the transfer, after somebody else changed it. */
export async function catchUp() {
  if (hopes()) {
    return;
  }
  try {
    const now = await post(here("/now"), rowsBody());
    if (otherSides(now)) {
      return;
    }
    state.version = now.version;
    showMeter(now.meter);
    showWays(now.undo, now.redo);
    saving("saved");
    document.dispatchEvent(new CustomEvent("kg:edited"));
    await look();
  } catch (problem) {
    complain(problem, catchUp);
  }
}
