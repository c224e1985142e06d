// An output file as slices of the files that are here: nothing is read yet, a Blob of slices only remembers where they lie.

import { Failure } from "../net.js";
import { say } from "../words.js";

/**
 * @typedef {import("./document.js").Output} Output
 * @typedef {(number: number) => File} Held the file of `sources[number - 1]`
 */

/**
 * Slices of an output file in groups of about `most` bytes; a longer piece is cut.
 * @param {Output} output
 * @param {Held} held
 * @param {number} most bytes
 * @param {number} count most slices of a group
 * @returns {Generator<Blob>}
 */
export function* groups(output, held, most, count) {
  /** @type {(Blob | Uint8Array<ArrayBuffer>)[]} */
  let parts = [];
  let room = most;
  let literal = 0;
  for (let index = 0; index < output.kinds.length; index += 1) {
    const kind = output.kinds[index] ?? 0;
    let rest = output.lengths[index] ?? 0;
    let offset = kind ? (output.offsets[index] ?? 0) : literal;
    literal += kind ? 0 : rest;
    while (rest > 0) {
      const length = Math.min(rest, room);
      parts.push(kind ? cut(held(kind), offset, length) : output.literals.subarray(offset, offset + length));
      offset += length;
      rest -= length;
      room -= length;
      if (!room || parts.length >= count) {
        yield new Blob(parts);
        parts = [];
        room = most;
      }
    }
  }
  if (parts.length) {
    yield new Blob(parts);
  }
}

/**
 * @param {File} file
 * @param {number} offset
 * @param {number} length
 */
function cut(file, offset, length) {
  if (offset + length > file.size) {
    throw new Failure(say("changed-file", { name: file.name }), "", 400, "unreadable");
  }
  return file.slice(offset, offset + length);
}
