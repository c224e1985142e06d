// Choosing files: by the picker that gives handles where there is one, so that they can be found again; else by the page's own inputs.

import { listed } from "./drops.js";

/**
 * @typedef {{files: import("./drops.js").Lent[], roots: import("./handles.js").Root[]}} Picked
 * @typedef {{
 *   showOpenFilePicker?: (wish: {multiple: boolean}) => Promise<FileSystemFileHandle[]>,
 *   showDirectoryPicker?: (wish: {mode: string}) => Promise<FileSystemDirectoryHandle>,
 * }} Pickers
 */

const pickers = /** @type {Pickers} */ (/** @type {unknown} */ (globalThis));

/** Whether files chosen here can be found again after a reload. */
export function keepsHandles() {
  return Boolean(pickers.showOpenFilePicker);
}

/**
 * Let the person choose files, or a folder. Null: this browser has no such picker. No files: nothing was chosen.
 * @param {"files" | "folder"} what
 * @returns {Promise<Picked | null>}
 */
export async function pick(what) {
  const pickFiles = pickers.showOpenFilePicker;
  const pickFolder = pickers.showDirectoryPicker;
  if (!(what === "files" ? pickFiles : pickFolder)) {
    return null;
  }
  try {
    const handles = what === "files" ? await pickFiles?.call(globalThis, { multiple: true }) : [await pickFolder?.call(globalThis, { mode: "read" })];
    const roots = (handles ?? []).flatMap((handle) => (handle ? [{ name: handle.name, handle }] : []));
    return { files: await listed(roots), roots };
  } catch (problem) {
    if (problem instanceof DOMException && problem.name === "AbortError") {
      return { files: [], roots: [] };
    }
    throw problem;
  }
}
