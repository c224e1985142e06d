// Places in the stream of events: of each process that answers, the number of the last event that was heard.

/**
 * @typedef {Map<string, number>} Places
 * @typedef {{transfer: string, client: string, places: Places}} Tab a tab, the transfer it shows, and what it has heard
 * @typedef {{transfer: string, kind: string, version: number, client: string, about: any, at: string}} Told an event
 */

const MOST = 8;

/** @param {string} text @returns {Places} */
export function placesIn(text) {
  return new Map(text.split(",").filter(Boolean).map(markAndNumber));
}

/** @param {string} place @returns {[string, number]} */
function markAndNumber(place) {
  const [mark = "", number = ""] = place.split("-");
  return [mark, Number(number)];
}

/** @param {Places} places */
export function written(places) {
  return [...places].slice(-MOST).map(([mark, number]) => `${mark}-${number}`).join(",");
}

/**
 * Note an event for a tab; whether it is news there.
 * @param {Tab} tab
 * @param {Told} told
 */
export function note(tab, told) {
  if (!told.at) {
    return true;
  }
  const [mark, number] = markAndNumber(told.at);
  if (number <= (tab.places.get(mark) ?? -1)) {
    return false;
  }
  if (told.kind !== "again" || told.transfer === tab.transfer) {
    tab.places.set(mark, number); // that another tab missed too much says nothing about this one
  }
  return true;
}

/**
 * The places from which on nobody misses anything.
 * @param {Iterable<Tab>} tabs
 * @returns {Places}
 */
export function earliest(tabs) {
  const [first, ...rest] = [...tabs].map((tab) => tab.places);
  const found = new Map(first);
  for (const places of rest) {
    for (const [mark, number] of found) {
      const other = places.get(mark);
      if (other === undefined) {
        found.delete(mark);
      } else {
        found.set(mark, Math.min(number, other));
      }
    }
  }
  return found;
}

/**
 * What a tab is told where its transfer is not there for it any more, or where nobody knows it any more ("out").
 * @param {Tab} tab
 * @param {import("../net.js").Failure} problem
 * @returns {Told}
 */
export function gone({ transfer }, problem) {
  return { transfer, kind: problem.status === 401 ? "out" : "gone", version: 0, client: "", about: null, at: "" };
}
