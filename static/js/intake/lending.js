// Lent files: the server asks for ranges, we slice and send just these. Formats are its business, not ours.

import { Failure, address, post, postBytes } from "../net.js";
import { say } from "../words.js";

/**
 * @typedef {{id: string, state: string, sent: number, round: number, wanted: [string, number, number][]}} Card
 * @typedef {import("./drops.js").Lent} Lent
 * @typedef {(sent: number, wanted: number, round: number) => void} Progress bytes that travelled, share of the round still to be packed, its number
 */

/** Files that this page has lent, by side: they stay here until the page is left. @type {Map<string, Map<string, File>>} */
export const lentFiles = new Map();

/**
 * Lend files until the server has a tree.
 * @param {Lent[]} files
 * @param {Progress} progress
 * @param {AbortSignal} signal
 * @returns {Promise<Card>}
 */
export async function lend(files, progress, signal) {
  const listed = files.map((each) => ({ name: each.name, size: each.file.size, modified: each.file.lastModified }));
  /** @type {Card} */
  const card = await post(address("/lent"), { files: listed, folder: folderOf(files) }, signal);
  return goOn(card, new Map(files.map((each) => [each.name, each.file])), progress, signal);
}

/**
 * The folder that the files were given as, "" where they were given one by one.
 * @param {Lent[]} files
 */
function folderOf(files) {
  return files[0]?.whole?.split("/")[0] ?? "";
}

/**
 * Send what is wanted until nothing is.
 * @param {Card} card
 * @param {Map<string, File>} held
 * @param {Progress} progress
 * @param {AbortSignal} signal
 * @returns {Promise<Card>}
 */
export async function goOn(card, held, progress, signal) {
  let now = card;
  while (now.state === "wanted") {
    progress(now.sent, 0, now.round);
    const body = await packed(now.wanted, held);
    progress(now.sent, body.blob.size, now.round);
    now = await postBytes(address(`/lent/${now.id}`), body.blob, body.headers, signal);
  }
  progress(now.sent, 0, 0);
  lentFiles.set(now.id, held);
  return now;
}

/**
 * One round: the length of a list, the list of ranges, their bytes; gzipped where the browser can.
 * @param {[string, number, number][]} wanted
 * @param {Map<string, File>} held
 * @returns {Promise<{blob: Blob, headers: Record<string, string>}>}
 */
async function packed(wanted, held) {
  const slices = wanted.map(([name, offset, length]) => {
    const file = held.get(name);
    if (!file) {
      throw new Failure(say("no-file"), "", 400, "no_file");
    }
    return file.slice(offset, offset + length);
  });
  const listed = wanted.map(([name, offset], index) => [name, offset, slices[index]?.size ?? 0]);
  const head = new TextEncoder().encode(JSON.stringify(listed));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, head.length);
  const whole = new Blob([length, head, ...slices]);
  const headers = { "Content-Type": "application/octet-stream" };
  if (whole.size < 2048 || typeof CompressionStream === "undefined") {
    return { blob: whole, headers };
  }
  try {
    const small = await new Response(whole.stream().pipeThrough(new CompressionStream("gzip"))).blob();
    return { blob: small, headers: { ...headers, "X-Encoding": "gzip" } };
  } catch (problem) {
    throw new Failure(say("changed-file", { name: wanted[0]?.[0] ?? "" }), String(problem), 400, "unreadable");
  }
}
