// The list of pieces that the server sends: see `exporting/composition.py` for its form.

import { Failure } from "../net.js";
import { say } from "../words.js";

/**
 * @typedef {{name: string, size: number, kinds: Uint32Array, offsets: Float64Array, lengths: Float64Array, literals: Uint8Array<ArrayBuffer>}} Output
 * `kinds`: 0 for literal bytes, n for `sources[n - 1]`
 * @typedef {{sources: [string, string][], files: Output[]}} Composition sources: name of the source in the plan, file
 */

const FORMAT = 1;

/**
 * @param {ArrayBuffer} buffer
 * @returns {Composition}
 */
export function parse(buffer) {
  const size = new DataView(buffer).getUint32(0);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
  if (head.format !== FORMAT) {
    throw new Failure(say("error"), "", 400, "composition_format");
  }
  let at = 4 + size;
  /** @param {number} length */
  const take = (length) => {
    const part = buffer.slice(at, at + length);
    at += length;
    return part;
  };
  /** @type {Output[]} */
  const files = [];
  for (const { name, size: bytes, pieces, literals } of head.files) {
    const kinds = new Uint32Array(take(4 * pieces));
    const offsets = new Float64Array(take(8 * pieces));
    const lengths = new Float64Array(take(8 * pieces));
    files.push({ name, size: bytes, kinds, offsets, lengths, literals: new Uint8Array(take(literals)) });
  }
  return { sources: head.sources, files };
}
