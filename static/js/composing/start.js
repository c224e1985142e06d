// The card that makes the new file in the browser: files that must be here, where to save, how it goes.

import { attachments, startAttachments } from "../intake/attachments.js";
import { dropped } from "../intake/drops.js";
import { droppedRoots } from "../intake/handles.js";
import { byId, element, place } from "../markup.js";
import { Failure, bytes, text } from "../net.js";
import { complain } from "../toasts.js";
import { say, size } from "../words.js";
import { parse } from "./document.js";
import { Meter } from "./meter.js";
import { blobAddress, choosePlace, stream, streams } from "./saving.js";

/** What is under way. @type {AbortController | null} */
let going = null;
/** Addresses of Blobs that can still be saved. @type {string[]} */
let kept = [];

/** Start on a page that holds the card's place. */
export function startComposing() {
  const slot = byId("compose");
  startAttachments(settle);
  slot.addEventListener("click", onClick);
  slot.addEventListener("change", onChange);
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files") && attachments().length) {
      event.preventDefault();
    }
  });
  document.addEventListener("drop", onDrop);
  addEventListener("beforeunload", (event) => {
    if (going) {
      event.preventDefault();
    }
  });
  load("");
}

/** @param {string} query */
async function load(query) {
  const slot = byId("compose");
  try {
    place(slot, await text(`${slot.dataset.url}${query}`));
    settle();
  } catch (problem) {
    complain(problem);
  }
}

/** @param {Event} event */
function onChange(event) {
  if (event.target instanceof HTMLSelectElement && event.target.matches("[data-shards]") && !going) {
    load(`?max_shard_size=${encodeURIComponent(event.target.value)}`);
  }
}

/** @param {MouseEvent} event */
function onClick(event) {
  const act = event.target instanceof Element ? event.target.closest("[data-act]")?.getAttribute("data-act") : "";
  if (act === "compose") {
    make().catch(failed);
  } else if (act === "compose-stop") {
    going?.abort();
  }
}

/** @param {DragEvent} event */
async function onDrop(event) {
  const found = attachments();
  if (!event.dataTransfer?.types.includes("Files") || !found.length) {
    return;
  }
  event.preventDefault();
  const roots = droppedRoots(event.dataTransfer);
  const files = await dropped(event.dataTransfer);
  for (const each of found) {
    await each.give(files, await roots).catch(complain);
  }
}

/** The button goes with the files. */
function settle() {
  const button = /** @type {HTMLButtonElement | null} */ (document.querySelector('[data-act="compose"]'));
  const found = attachments();
  if (button) {
    button.disabled = Boolean(going) || !found.length || !found.every((each) => each.held);
    const hint = byId("compose-hint");
    hint.textContent = button.disabled && !going ? say("compose-first") : "";
  }
}

/** @returns {{transfer: string, names: string[]}} */
function wish() {
  const card = byId("compose-card");
  return { transfer: card.dataset.composition ?? "", names: JSON.parse(card.dataset.names ?? "[]") };
}

async function make() {
  const { transfer, names } = wish();
  const streamed = streams(names.length > 1);
  const where = streamed ? await choosePlace(names) : null; // first: the browser wants the click to be fresh
  if (streamed && !where) {
    return;
  }
  going = new AbortController();
  const { signal } = going;
  settle();
  try {
    show([element("p", "muted", say("compose-asking"))]);
    const { sources, files } = parse(await bytes(transfer, signal));
    /** @param {number} number */
    const held = (number) => fileOf(sources[number - 1]);
    if (where) {
      await save(files, held, where, signal);
    } else {
      offer(files, held);
    }
  } finally {
    going = null;
    settle();
  }
}

/**
 * @param {[string, string] | undefined} source
 * @returns {File}
 */
function fileOf(source) {
  const [name, file] = source ?? ["", ""];
  const found = attachments().find((each) => each.dataset.source === name)?.held?.get(file);
  if (!found) {
    throw new Failure(say("no-file"), "", 400, "no_file");
  }
  return found;
}

/**
 * @param {import("./document.js").Output[]} files
 * @param {import("./slices.js").Held} held
 * @param {import("./saving.js").Place} where
 * @param {AbortSignal} signal
 */
async function save(files, held, where, signal) {
  const meter = new Meter(files.reduce((sum, file) => sum + file.size, 0));
  show(meter.parts());
  for (const file of files) {
    await stream(file, held, where, (count) => meter.add(count), signal);
  }
  show([element("p", "done", say("compose-done", { name: files.map((file) => file.name).join(", "), ...meter.told() }))], "done");
}

/**
 * Without a picker: one link for each file, the first followed at once.
 * @param {import("./document.js").Output[]} files
 * @param {import("./slices.js").Held} held
 */
function offer(files, held) {
  for (const old of kept) {
    URL.revokeObjectURL(old);
  }
  const links = files.map((file) => {
    const link = element("a", "button small", say("compose-save-as", { name: file.name, size: size(file.size) }));
    link.href = blobAddress(file, held);
    link.download = file.name;
    return link;
  });
  kept = links.map((link) => link.href);
  const why = say(globalThis.isSecureContext ? "compose-no-picker" : "compose-plain-http");
  show([element("p", "muted", why), ...links], "links");
  if (links.length === 1) {
    links[0]?.click();
  }
}

/** @param {unknown} problem */
function failed(problem) {
  const stopped = problem instanceof DOMException && problem.name === "AbortError";
  const note = element("p", stopped ? "muted" : "failure", stopped ? say("compose-stopped") : "");
  if (problem instanceof Failure) {
    note.append(element("strong", "", problem.message), ` ${problem.hint}`);
  } else if (!stopped) {
    note.append(element("strong", "", say("compose-not-saved")), ` ${problem instanceof Error ? problem.message : problem}`);
  }
  show([note], stopped ? "stopped" : "failed");
}

/**
 * @param {Node[]} parts
 * @param {string} [state]
 */
function show(parts, state = "going") {
  const area = byId("compose-going");
  area.dataset.state = state;
  area.replaceChildren(...parts);
}
