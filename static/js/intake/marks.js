// By what a lent file is known again: a hash of the ranges that were read of it. The server makes the same (`sources/marks.py`).

import { sha256 } from "./sha256.js";

/**
 * SHA-256 of the SHA-256s of ranges of a file, hexadecimal.
 * @param {File} file
 * @param {[number, number][]} ranges offset and length of each
 * @returns {Promise<string>}
 */
export async function mark(file, ranges) {
  const all = new Uint8Array(32 * ranges.length);
  for (const [index, [offset, length]] of ranges.entries()) {
    all.set(await sha256(await file.slice(offset, offset + length).arrayBuffer()), 32 * index);
  }
  const digest = await sha256(all.buffer);
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
