// The two sides of a new transfer: boxes, cards, the picker, what is dropped. Each slot holds a box or the card of what was understood.

import { byId, element, place } from "../markup.js";
import { Failure, address, postForm, text } from "../net.js";
import { complain } from "../toasts.js";
import { startAttachments } from "./attachments.js";
import { chosen, dropped } from "./drops.js";
import { droppedRoots, keepRoots } from "./handles.js";
import { goOn, lend } from "./lending.js";
import { pick } from "./picking.js";
import { isProject, project } from "./projects.js";
import { isAddress, readAddress } from "./remote.js";
import { sendingCard } from "./sending.js";
import { startSuggestions } from "./suggestions.js";

/** What is read as a whole: code and text. */
const WHOLE = /\.(py|ipynb|txt|csv|tsv|ya?ml|log|md|kg|plan)$/i;
const JSON_FILE = /\.json$/i;
const SMALL = 16_000_000;
const CHOOSERS = "[data-files], [data-folder]";

/** @type {{process(element: Element): void} | undefined} */
const htmx = /** @type {any} */ (globalThis).htmx;

/** Start the pages HOME and NEW. */
export function startIntake() {
  for (const slot of slots()) {
    new MutationObserver(() => settle()).observe(slot, { childList: true });
  }
  document.addEventListener("click", onClick);
  document.addEventListener("change", onChosen);
  document.addEventListener("submit", collectArguments, true);
  document.addEventListener("submit", onAddress, true);
  document.addEventListener("keydown", sendWithKeys);
  startSuggestions();
  document.addEventListener("dragover", onOver);
  document.addEventListener("dragleave", onLeave);
  document.addEventListener("drop", onDrop);
  byId("picker").addEventListener("close", () => byId("picker").replaceChildren());
  startAttachments(({ known, held, at }) => {
    if (!held || known.card.state !== "wanted") {
      return;
    }
    const side = slots().find((slot) => slot.contains(at))?.dataset.side ?? "s";
    const files = [...held.values()].map((file) => ({ file }));
    sendInto(side, files, (tell, signal) => goOn(known.card, held, tell, signal));
  });
  settle();
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll(CHOOSERS))) {
    takeFrom(input); // chosen while the page was still loading
  }
}

/** @returns {HTMLElement[]} */
function slots() {
  return [...document.querySelectorAll(/** @type {"div"} */ (".slot"))];
}

/**
 * Slot of a side; HOME has only one.
 * @param {string} side
 * @returns {HTMLElement}
 */
function slotOf(side) {
  const found = slots().find((slot) => slot.dataset.side === side) ?? slots()[0];
  if (!found) {
    throw new Error(side);
  }
  return found;
}

/**
 * @param {string} side
 * @returns {string} id of the ready card of a side, or nothing
 */
function readyOf(side) {
  const card = document.querySelector(`.slot[data-side="${side}"] [data-card][data-state="ready"]`);
  return card?.getAttribute("data-card") ?? "";
}

/** After a slot changed: go on from HOME or with a side that is replaced, keep the address and the hidden fields in step. */
function settle() {
  const home = document.querySelector(".slot[data-next]");
  if (home) {
    const card = home.querySelector("[data-card]");
    if (card?.getAttribute("data-state") === "ready" && looking) {
      location.assign(`${home.getAttribute("data-look")}${encodeURIComponent(card.getAttribute("data-card") ?? "")}`);
    } else if (card) {
      const side = ["code", "model"].includes(card.getAttribute("data-kind") ?? "") ? "target" : "source";
      location.assign(`${home.getAttribute("data-next")}?${side}=${encodeURIComponent(card.getAttribute("data-card") ?? "")}`);
    }
    return;
  }
  const lone = /** @type {HTMLElement | null} */ (document.querySelector(".slot[data-then]"));
  if (lone) {
    const ready = readyOf(lone.dataset.side ?? "");
    if (ready) {
      location.assign(`${lone.dataset.then}${encodeURIComponent(ready)}`); // the side is there: on to what comes of it
    }
    return;
  }
  const given = { s: cardOf("s"), t: cardOf("t") };
  for (const side of /** @type {const} */ (["s", "t"])) {
    const other = side === "s" ? given.t : given.s;
    for (const field of slotOf(side).querySelectorAll("input[name=other]")) {
      /** @type {HTMLInputElement} */ (field).value = other;
    }
  }
  const start = /** @type {HTMLFormElement} */ (byId("start"));
  const ready = { source: readyOf("s"), target: readyOf("t") };
  for (const [name, value] of Object.entries(ready)) {
    /** @type {HTMLInputElement} */ (start.elements.namedItem(name)).value = value;
  }
  const button = start.querySelector("button");
  if (button) {
    button.disabled = !(ready.source && ready.target);
    byId("start-hint").hidden = !button.disabled;
  }
  const query = new URLSearchParams();
  if (given.s) query.set("source", given.s);
  if (given.t) query.set("target", given.t);
  history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
}

/**
 * @param {string} side
 * @returns {string}
 */
function cardOf(side) {
  return slotOf(side).querySelector("[data-card]")?.getAttribute("data-card") ?? "";
}

/**
 * @param {string} side
 * @returns {string} id of what stands on the other side, or nothing
 */
function otherOf(side) {
  return document.getElementById("start") ? cardOf(side === "s" ? "t" : "s") : (slotOf(side).dataset.other ?? "");
}

/** @param {MouseEvent} event */
async function onClick(event) {
  const button = event.target instanceof Element ? event.target.closest("[data-act]") : null;
  const box = button?.closest(".box");
  switch (button?.getAttribute("data-act")) {
    case "pick-files":
      await choose(box, "files");
      break;
    case "look":
      look(box);
      break;
    case "pick-folder":
      await choose(box, "folder");
      break;
    case "browse":
      await browse(button.getAttribute("data-side") ?? "s");
      break;
    case "take-path":
      take(button.getAttribute("data-side") ?? "s", button.getAttribute("data-path") ?? "");
      break;
    default:
  }
}

/**
 * @param {Element | null | undefined} box
 * @param {"files" | "folder"} what
 */
async function choose(box, what) {
  const picked = await pick(what);
  if (picked) {
    await receive(box?.getAttribute("data-slot") ?? "s", picked.files, picked.roots);
  } else {
    /** @type {HTMLInputElement | null | undefined} */ (box?.querySelector(`[data-${what}]`))?.click();
  }
}

/** Whether HOME was asked to look inside one file alone. */
let looking = false;

/**
 * Look inside what was typed; where nothing was, choose a file.
 * @param {Element | null | undefined} box
 */
function look(box) {
  const typed = box?.querySelector("textarea")?.value.trim();
  const files = /** @type {HTMLInputElement | null | undefined} */ (box?.querySelector("[data-files]"));
  looking = true;
  if (typed) {
    /** @type {HTMLFormElement} */ (box).requestSubmit();
  } else {
    files?.addEventListener("cancel", () => (looking = false), { once: true });
    files?.click();
  }
}

/** @param {string} side */
async function browse(side) {
  const picker = /** @type {HTMLDialogElement} */ (byId("picker"));
  try {
    put(picker, await text(address(`/browse?side=${side}`)));
    picker.showModal();
  } catch (problem) {
    complain(problem);
  }
}

/**
 * @param {string} side
 * @param {string} path
 */
async function take(side, path) {
  /** @type {HTMLDialogElement} */ (byId("picker")).close();
  const form = new FormData();
  form.set("text", path);
  await fill(side, () => postForm(address("/sides"), described(form, side)));
}

/**
 * @param {FormData} form
 * @param {string} side
 */
function described(form, side) {
  form.set("side", side);
  form.set("other", otherOf(side));
  return form;
}

/**
 * Put what comes back into a slot, or say above its box why nothing came.
 * @param {string} side
 * @param {() => Promise<string>} work
 */
async function fill(side, work) {
  const slot = slotOf(side);
  try {
    put(slot, await work());
  } catch (problem) {
    refuse(side, problem);
  }
}

/**
 * @param {string} side
 * @param {unknown} problem
 */
function refuse(side, problem) {
  if (problem instanceof DOMException && problem.name === "AbortError") {
    return;
  }
  const holder = document.getElementById(`box-failure-${side}`) ?? document.getElementById("understood");
  if (problem instanceof Failure && holder && !problem.lost) {
    const note = element("div", "failure");
    note.setAttribute("role", "alert");
    note.append(element("strong", "", problem.message), element("p", "", problem.hint));
    holder.replaceChildren(note);
  } else {
    complain(problem);
  }
}

/**
 * @param {Element} holder
 * @param {string} markup
 */
function put(holder, markup) {
  place(holder, markup);
  htmx?.process(holder);
}

/** @param {Event} event */
async function onChosen(event) {
  if (event.target instanceof HTMLInputElement && event.target.matches(CHOOSERS)) {
    await takeFrom(event.target);
  }
}

/**
 * Take what a field for files holds, and leave it empty.
 * @param {HTMLInputElement} input
 */
async function takeFrom(input) {
  if (input.files?.length) {
    const side = input.closest(".box")?.getAttribute("data-slot") ?? "s";
    const files = chosen(input.files);
    input.value = "";
    await receive(side, files);
  }
}

/** @param {Event} event */
function boxUnder(event) {
  const at = event.target instanceof Element ? event.target : null;
  return at?.closest(".side")?.querySelector(".box") ?? at?.closest(".box") ?? document.querySelector(".box");
}

/** @param {DragEvent} event */
function onOver(event) {
  if (!event.dataTransfer?.types.includes("Files")) {
    return;
  }
  event.preventDefault();
  for (const box of document.querySelectorAll(".box.over")) {
    box.classList.remove("over");
  }
  boxUnder(event)?.classList.add("over");
}

/** @param {DragEvent} event */
function onLeave(event) {
  if (event.relatedTarget === null) {
    for (const box of document.querySelectorAll(".box.over")) {
      box.classList.remove("over");
    }
  }
}

/** @param {DragEvent} event */
async function onDrop(event) {
  if (!event.dataTransfer?.types.includes("Files")) {
    return;
  }
  event.preventDefault();
  const box = boxUnder(event);
  box?.classList.remove("over");
  const side = box?.getAttribute("data-slot") ?? "s";
  const roots = droppedRoots(event.dataTransfer);
  await receive(side, await dropped(event.dataTransfer), await roots);
}

/**
 * Take files: small texts as a whole, everything else as lent.
 * @param {string} side
 * @param {import("./drops.js").Lent[]} files
 * @param {import("./handles.js").Root[]} [roots]
 */
async function receive(side, files, roots = []) {
  const [first] = files;
  if (!first) {
    return;
  }
  const whole = files.length === 1 && first.file.size < SMALL && (WHOLE.test(first.name) || JSON_FILE.test(first.name) || (side === "t" && /\.zip$/i.test(first.name)));
  if (whole) {
    const form = new FormData();
    form.set("file", first.file, first.name);
    await fill(side, () => postForm(address("/sides/upload"), described(form, side)));
    return;
  }
  if (isProject(files, side)) {
    await fill(side, () => postForm(address("/sides/project"), described(project(files), side)));
    return;
  }
  await lendInto(side, files, roots);
}

/**
 * @param {string} side
 * @param {import("./drops.js").Lent[]} files
 * @param {import("./handles.js").Root[]} roots
 */
async function lendInto(side, files, roots) {
  const known = files.map((each) => ({ name: each.name, size: each.file.size }));
  await keepRoots(known, roots);
  await sendInto(side, files, (tell, signal) => lend(files, tell, signal));
}

/**
 * Send under a card that shows how it goes; then show what was understood.
 * @param {string} side
 * @param {{file: File}[]} files
 * @param {(tell: import("./lending.js").Progress, signal: AbortSignal) => Promise<import("./lending.js").Card>} work
 */
async function sendInto(side, files, work) {
  const slot = document.getElementById(`box-failure-${side}`) ?? slotOf(side);
  const stop = new AbortController();
  const shown = sendingCard(
    files.reduce((sum, each) => sum + each.file.size, 0),
    () => stop.abort(),
  );
  slot.replaceChildren(shown.card);
  try {
    const card = await work(shown.tell, stop.signal);
    const other = otherOf(side);
    put(slotOf(side), await text(address(`/sides/${card.id}?side=${side}&other=${encodeURIComponent(other)}`)));
  } catch (problem) {
    shown.card.remove();
    refuse(side, problem);
  }
}

/**
 * An address may take its time: it is read under a card with a button that ends it.
 * @param {SubmitEvent} event
 */
async function onAddress(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches(".box")) {
    return;
  }
  const given = new FormData(form);
  if (!isAddress(String(given.get("text") ?? ""))) {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
  const side = form.dataset.slot ?? "s";
  const holder = document.getElementById(`box-failure-${side}`) ?? slotOf(side);
  await fill(side, () => readAddress(described(given, side), holder));
}

/** @param {SubmitEvent} event */
function collectArguments(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.classList.contains("build")) {
    return;
  }
  /** @type {string[]} */
  const given = [];
  for (const field of form.querySelectorAll("input[data-argument]")) {
    const input = /** @type {HTMLInputElement} */ (field);
    const value = input.value.trim();
    if (value && value !== input.dataset.default) {
      given.push(`${input.dataset.argument}=${value}`);
    }
  }
  /** @type {HTMLInputElement} */ (form.elements.namedItem("arguments")).value = given.join(", ");
}

/** @param {KeyboardEvent} event */
function sendWithKeys(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey || !event.shiftKey) && event.target instanceof HTMLTextAreaElement) {
    const single = !event.target.value.includes("\n") && event.target.value.trim().length < 400;
    if (event.ctrlKey || event.metaKey || single) {
      event.preventDefault();
      event.target.form?.requestSubmit();
    }
  }
}
