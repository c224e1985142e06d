// Where tabs cannot agree on one connection (plain http), each asks every two seconds: six open connections would be all a browser has.

import { address, Failure, text } from "../net.js";
import { gone, placesIn, written } from "./places.js";

/**
 * @typedef {import("./places.js").Tab} Tab
 * @typedef {import("./places.js").Told} Told
 */

const EVERY = 2000;
const AFTER_FAILURE = 10000;

/**
 * Ask what happened, again and again.
 * @param {Tab} tab
 * @param {(told: Told) => void} take
 */
export function asking(tab, take) {
  /** @type {AbortController | null} */
  let going = null;
  /** @param {AbortSignal} signal */
  const ask = async (signal) => {
    let wait = EVERY;
    try {
      const query = new URLSearchParams({ tab: `${tab.transfer}.${tab.client}`, at: written(tab.places) });
      /** @type {{told: Told[], at: string}} */
      const news = JSON.parse(await text(address(`/happened?${query}`), signal));
      for (const told of news.told) {
        take(told);
      }
      for (const [mark, number] of placesIn(news.at)) {
        tab.places.set(mark, number);
      }
    } catch (problem) {
      wait = AFTER_FAILURE;
      if (problem instanceof Failure && problem.denied) {
        take(gone(tab, problem));
      }
    }
    if (!signal.aborted) {
      setTimeout(() => signal.aborted || ask(signal), wait);
    }
  };
  return {
    start() {
      going = new AbortController();
      ask(going.signal);
    },
    stop() {
      going?.abort();
      going = null;
    },
  };
}
