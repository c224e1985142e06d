// Files that come back after a reload: found by their handles where the browser keeps them, else given again; and whether they are still the same.

import { address, post, text } from "../net.js";
import { askToRead, filesAt, keepRoots, mayRead, rootsOf } from "./handles.js";
import { lend, lentFiles } from "./lending.js";
import { mark } from "./marks.js";

/**
 * @typedef {{
 *   side: string, label: string, state: string, sent: number,
 *   files: {name: string, size: number, modified?: number}[],
 *   marks: {name: string, ranges: [number, number][], digest: string}[],
 *   card: import("./lending.js").Card,
 * }} Known
 * @typedef {{verdict: "same" | "touched" | "changed" | "missing", files: string[], said: string}} Attached
 */

/**
 * What the server knows of the files of a side.
 * @param {string} side
 * @returns {Promise<Known>}
 */
export async function knownOf(side) {
  return JSON.parse(await text(address(`/lent/${encodeURIComponent(side)}`)));
}

/**
 * What the browser can do by itself: the files are here; or they would be after a click; or they must be given again.
 * @param {Known} known
 * @returns {Promise<{state: "here" | "click" | "gone", held: Map<string, File>}>}
 */
export async function look(known) {
  const same = [...lentFiles.values()].find((files) => known.files.every(({ name, size }) => files.get(name)?.size === size));
  const held = lentFiles.get(known.side) ?? same;
  if (held) {
    return { state: "here", held };
  }
  const roots = await rootsOf(known.files);
  if (!roots.length) {
    return { state: "gone", held: new Map() };
  }
  return (await mayRead(roots)) ? { state: "here", held: matching(known, await filesAt(roots, known.files)) } : { state: "click", held: new Map() };
}

/**
 * Ask the browser for the files that it remembers; needs a click.
 * @param {Known} known
 * @returns {Promise<Map<string, File> | null>} null where the person said no
 */
export async function reopen(known) {
  const roots = await rootsOf(known.files);
  return (await askToRead(roots)) ? matching(known, await filesAt(roots, known.files)) : null;
}

/**
 * Which of the files that are given is which: by name, by its last part, and one for one.
 * @param {Known} known
 * @param {import("./drops.js").Lent[]} files
 * @returns {Map<string, File>}
 */
export function matching(known, files) {
  /** @type {Map<string, File>} */
  const held = new Map();
  for (const { name } of known.files) {
    const found = files.find((each) => each.name === name || each.whole === name) ?? files.find((each) => last(each.name) === last(name));
    if (found) {
      held.set(name, found.file);
    }
  }
  const [only] = files;
  if (!held.size && known.files.length === 1 && files.length === 1 && known.files[0] && only) {
    held.set(known.files[0].name, only.file); // renamed
  }
  return held;
}

/** @param {string} name */
function last(name) {
  return name.slice(name.lastIndexOf("/") + 1);
}

/**
 * Let the server judge files; those that it takes are held from now on, and found again after the next reload.
 * @param {Known} known
 * @param {Map<string, File>} held
 * @param {import("./handles.js").Root[]} [roots]
 * @returns {Promise<Attached>}
 */
export async function judge(known, held, roots = []) {
  const back = [];
  for (const [name, file] of held) {
    const read = known.marks.find((each) => each.name === name);
    const size = known.files.find((each) => each.name === name)?.size;
    const digest = read && size === file.size ? await mark(file, read.ranges) : "";
    back.push({ name, size: file.size, modified: file.lastModified, digest });
  }
  const found = await judged(known, held, back);
  if (found.verdict === "same" || found.verdict === "touched") {
    lentFiles.set(known.side, held);
    await keepRoots(known.files, roots);
  }
  return found;
}

/**
 * What was read of a file may hold values, or checksums of values: where its hash alone is another one, it is read anew and the tensors are compared.
 * @param {Known} known
 * @param {Map<string, File>} held
 * @param {{name: string, size: number}[]} back
 * @returns {Promise<Attached>}
 */
async function judged(known, held, back) {
  const where = address(`/lent/${encodeURIComponent(known.side)}/attach`);
  /** @type {Attached} */
  const found = await post(where, { files: back });
  const sized = back.length === known.files.length && back.every((each) => known.files.some(({ name, size }) => name === each.name && size === each.size));
  if (found.verdict !== "changed" || !sized || known.state !== "ready") {
    return found;
  }
  try {
    const files = known.files.flatMap(({ name }) => ({ name, file: /** @type {File} */ (held.get(name)) }));
    const again = await lend(files, () => {}, new AbortController().signal);
    return await post(where, { files: back, again: again.id });
  } catch {
    return found; // it cannot even be read
  }
}
