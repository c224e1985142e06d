// Saving what is composed: streamed into a file that the person chose where the browser can, else as a Blob of slices that it downloads.

import { Failure } from "../net.js";
import { say } from "../words.js";
import { groups } from "./slices.js";

/**
 * @typedef {import("./document.js").Output} Output
 * @typedef {import("./slices.js").Held} Held
 * @typedef {{file: (name: string) => Promise<FileSystemFileHandle>}} Place where files are streamed to
 * @typedef {{
 *   showSaveFilePicker?: (wish: {suggestedName: string}) => Promise<FileSystemFileHandle>,
 *   showDirectoryPicker?: (wish: {mode: string}) => Promise<FileSystemDirectoryHandle>,
 * }} Pickers
 */

const GROUP = 64 << 20;
/** Slices that one group may have: the browser keeps a record of each. */
const SLICES = 4096;
const pickers = /** @type {Pickers} */ (/** @type {unknown} */ (globalThis));

/**
 * Whether files can be streamed to where the person wants them.
 * @param {boolean} several
 */
export function streams(several) {
  return Boolean(several ? pickers.showDirectoryPicker : pickers.showSaveFilePicker);
}

/**
 * Ask where to save; needs a click that just happened. Null where the person gave up.
 * @param {string[]} names
 * @returns {Promise<Place | null>}
 */
export async function choosePlace(names) {
  try {
    if (names.length > 1) {
      const folder = await pickers.showDirectoryPicker?.({ mode: "readwrite" });
      return folder ? { file: (name) => folder.getFileHandle(name, { create: true }) } : null;
    }
    const file = await pickers.showSaveFilePicker?.({ suggestedName: names[0] ?? "" });
    return file ? { file: async () => file } : null;
  } catch (problem) {
    if (problem instanceof DOMException && problem.name === "AbortError") {
      return null;
    }
    throw problem;
  }
}

/**
 * Stream one file. What was there stays until all of the new one is; a new one that is given up leaves nothing.
 * @param {Output} output
 * @param {Held} held
 * @param {Place} place
 * @param {(bytes: number) => void} progress bytes written since the last call
 * @param {AbortSignal} signal
 */
export async function stream(output, held, place, progress, signal) {
  const handle = await place.file(output.name);
  const writable = await handle.createWritable();
  try {
    for (const group of groups(output, held, GROUP, SLICES)) {
      signal.throwIfAborted();
      await writable.write(group);
      progress(group.size);
    }
    signal.throwIfAborted();
    await writable.close();
  } catch (problem) {
    await writable.abort().catch(() => {});
    await removeEmpty(handle);
    throw unreadable(problem, output.name);
  }
}

/** @param {FileSystemFileHandle & {remove?: () => Promise<void>}} handle */
async function removeEmpty(handle) {
  try {
    if (!(await handle.getFile()).size) {
      await handle.remove?.();
    }
  } catch {
    // it stays as an empty file
  }
}

/**
 * @param {unknown} problem
 * @param {string} name
 */
function unreadable(problem, name) {
  const lost = problem instanceof DOMException && ["NotReadableError", "NotFoundError"].includes(problem.name);
  return lost ? new Failure(say("changed-file", { name }), String(problem), 400, "unreadable") : problem;
}

/**
 * The address of one file as a Blob of slices: no byte is read before the browser saves it.
 * @param {Output} output
 * @param {Held} held
 * @returns {string} to be given back by URL.revokeObjectURL
 */
export function blobAddress(output, held) {
  const parts = [...groups(output, held, Number.MAX_SAFE_INTEGER, SLICES)];
  return URL.createObjectURL(new Blob(parts, { type: "application/octet-stream" }));
}
