// SHA-256: the browser's where it gives it (https, localhost), else our own, from FIPS 180-4.

const ROUNDS = 64;
const constants = new Uint32Array(ROUNDS);
const start = new Uint32Array(8);
fillTables();

/** The first 32 bits of the fractional parts: of cube roots of the first 64 primes, of square roots of the first 8. */
function fillTables() {
  let found = 0;
  for (let candidate = 2; found < ROUNDS; candidate += 1) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) {
      prime = prime && candidate % divisor !== 0;
    }
    if (prime) {
      constants[found] = fraction(Math.cbrt(candidate));
      if (found < 8) {
        start[found] = fraction(Math.sqrt(candidate));
      }
      found += 1;
    }
  }
}

/** @param {number} root */
function fraction(root) {
  return Math.floor((root - Math.floor(root)) * 2 ** 32);
}

/**
 * @param {ArrayBuffer} data
 * @returns {Promise<Uint8Array>} 32 bytes
 */
export async function sha256(data) {
  return globalThis.crypto?.subtle ? new Uint8Array(await crypto.subtle.digest("SHA-256", data)) : plain(new Uint8Array(data));
}

/**
 * The same without the browser's help.
 * @param {Uint8Array} data
 * @returns {Uint8Array} 32 bytes
 */
export function plain(data) {
  const state = start.slice();
  const words = new Uint32Array(ROUNDS);
  const whole = data.length - (data.length % 64);
  for (let at = 0; at < whole; at += 64) {
    block(state, words, data, at);
  }
  const rest = data.subarray(whole);
  const last = new Uint8Array(rest.length < 56 ? 64 : 128);
  last.set(rest);
  last[rest.length] = 0x80;
  const view = new DataView(last.buffer);
  view.setUint32(last.length - 8, Math.floor(data.length / 2 ** 29));
  view.setUint32(last.length - 4, (data.length * 8) >>> 0);
  for (let at = 0; at < last.length; at += 64) {
    block(state, words, last, at);
  }
  const out = new DataView(new ArrayBuffer(32));
  for (const [index, word] of state.entries()) {
    out.setUint32(4 * index, word);
  }
  return new Uint8Array(out.buffer);
}

/**
 * @param {number} word
 * @param {number} count
 */
function turned(word, count) {
  return (word >>> count) | (word << (32 - count));
}

/**
 * @param {Uint32Array} state
 * @param {Uint32Array} words
 * @param {Uint8Array} data
 * @param {number} at
 */
function block(state, words, data, at) {
  const w = /** @type {number[]} */ (/** @type {unknown} */ (words));
  const k = /** @type {number[]} */ (/** @type {unknown} */ (constants));
  const view = new DataView(data.buffer, data.byteOffset + at, 64);
  for (let t = 0; t < 16; t += 1) {
    w[t] = view.getUint32(4 * t);
  }
  for (let t = 16; t < ROUNDS; t += 1) {
    const x = w[t - 15] ?? 0;
    const y = w[t - 2] ?? 0;
    w[t] = (w[t - 16] ?? 0) + (turned(x, 7) ^ turned(x, 18) ^ (x >>> 3)) + (w[t - 7] ?? 0) + (turned(y, 17) ^ turned(y, 19) ^ (y >>> 10));
  }
  let [a, b, c, d, e, f, g, h] = /** @type {[number, number, number, number, number, number, number, number]} */ ([...state]);
  for (let t = 0; t < ROUNDS; t += 1) {
    const one = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + (k[t] ?? 0) + (w[t] ?? 0)) | 0;
    const two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => {
    state[index] = (state[index] ?? 0) + word;
  });
}
