// What scripts say, from the catalogue that the page hands over.

/** @type {Record<string, string> | undefined} */
let spoken;

/**
 * A sentence of the catalogue, its holes filled.
 * @param {string} name
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function say(name, values = {}) {
  spoken ??= /** @type {Record<string, string>} */ (JSON.parse(document.getElementById("words")?.textContent ?? "{}"));
  return (spoken[name] ?? name).replace(/\{(\w+)\}/g, (hole, key) => String(values[key] ?? hole));
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/**
 * A size in decimal units.
 * @param {number} bytes
 * @returns {string}
 */
export function size(bytes) {
  let step = 0;
  let value = bytes;
  while (value >= 999.5 && step < UNITS.length - 1) {
    value /= 1000;
    step += 1;
  }
  return `${step ? value.toPrecision(3).replace(/\.?0+$/, "") : value} ${UNITS[step]}`;
}
