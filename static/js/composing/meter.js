// How far saving has come: share, speed, time that is left, and a button that ends it.

import { element } from "../markup.js";
import { say, size } from "../words.js";

/** Milliseconds between two updates of what is said. */
const PAUSE = 250;

export class Meter {
  #bar = element("progress");
  #line = element("p", "muted");
  #done = 0;
  #begun = performance.now();
  #shown = 0;

  /** @param {number} total bytes */
  constructor(total) {
    this.total = total;
    this.#bar.max = Math.max(1, total);
    this.#bar.setAttribute("aria-label", say("compose-progress"));
    this.add(0);
  }

  /** @returns {Node[]} */
  parts() {
    const stop = element("button", "small", say("cancel"));
    stop.type = "button";
    stop.dataset.act = "compose-stop";
    return [this.#bar, this.#line, stop];
  }

  /** @param {number} bytes that were written since the last call */
  add(bytes) {
    this.#done += bytes;
    this.#bar.value = this.#done;
    const now = performance.now();
    if (now - this.#shown > PAUSE || !this.#done) {
      this.#shown = now;
      const { speed } = this.#rate(now);
      const left = speed ? Math.ceil((this.total - this.#done) / speed) : 0;
      this.#line.textContent = say(speed ? "compose-rate" : "compose-begun", {
        done: size(this.#done),
        total: size(this.total),
        speed: size(Math.round(speed)),
        left: clock(left),
      });
    }
  }

  /** What is said at the end. */
  told() {
    const { seconds, speed } = this.#rate(performance.now());
    return { size: size(this.total), seconds: seconds < 10 ? seconds.toFixed(1) : Math.round(seconds), speed: size(Math.round(speed)) };
  }

  /** @param {number} now */
  #rate(now) {
    const seconds = (now - this.#begun) / 1000;
    return { seconds, speed: seconds > 0.2 || this.#done === this.total ? this.#done / Math.max(seconds, 0.001) : 0 };
  }
}

/** @param {number} seconds */
function clock(seconds) {
  const minutes = Math.floor(seconds / 60);
  return minutes ? `${minutes}:${String(seconds % 60).padStart(2, "0")} min` : `${seconds} s`;
}
