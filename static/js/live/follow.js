// Hear of everything that happens to the transfer that this tab shows, for as long as the tab can be seen; what happened meanwhile is told on return.
// Whatever it shows, it hears what waits for the person, and what they may do.

import { address, post } from "../net.js";
import { heardRights, may, me } from "../rights.js";
import { client } from "../tab.js";
import { toast } from "../toasts.js";
import { lookAgain, showWaiting } from "../waiting.js";
import { say } from "../words.js";
import { asking } from "./asking.js";
import { canLead, together } from "./leading.js";
import { note, placesIn } from "./places.js";

/** @typedef {import("./places.js").Told} Told */

/** Whether others' changes come later than they could, because this address is plain http. */
export const slower = !canLead();

/**
 * @param {string} transfer empty where the tab shows none
 * @param {string} at places up to which the page shows everything, as the server wrote them into it
 * @param {(told: Told) => void} hear
 */
export function follow(transfer, at, hear) {
  const tab = { transfer, client, places: placesIn(at) };
  const way = slower ? asking(tab, take) : together(tab, take);
  let going = false;
  let over = false;

  /** @param {Told} told */
  function take(told) {
    if (!note(tab, told) || over) {
      return;
    }
    if (told.kind === "inbox") {
      showWaiting(told.about);
      lookAgain().catch(() => {}); // the next one tells it
    } else if (told.transfer !== transfer) {
      // another tab's
    } else if (told.kind === "rights") {
      heardRights(told.about, transfer);
    } else if (told.kind === "out" && me) {
      end(say("signed-out"), say("sign-in"));
    } else if (["gone", "deleted", "out"].includes(told.kind)) {
      end(say("gone"));
    } else {
      hear(told);
    }
  }

  /**
   * There is nothing more to hear.
   * @param {string} why
   * @param {string} [again] what to press to be let in again
   */
  function end(why, again) {
    over = true;
    settle();
    toast(why, { tone: "bad", stay: true, ...(again ? { action: again, run: () => location.reload() } : {}) });
  }

  function settle(shown = !document.hidden) {
    const wanted = shown && !over;
    if (wanted !== going) {
      going = wanted;
      (wanted ? way.start : way.stop)();
      if (!wanted && !over && transfer && may("enter")) {
        // where a connection stood for this tab its end says it too; it may have been too short-lived for one
        post(address(`/t/${transfer}/gone`), { client }, undefined, true).catch(() => {});
      }
    }
  }

  document.addEventListener("visibilitychange", () => settle());
  window.addEventListener("pagehide", () => settle(false));
  window.addEventListener("pageshow", () => settle());
  settle();
}

/** On a page that shows nothing of its own live: hear what concerns the person, where people have accounts. */
export function followHouse() {
  const { place = "", base = "" } = document.documentElement.dataset;
  if (place) {
    const path = location.pathname.slice(base.length);
    follow(path.match(/^\/t\/([^/]+)/)?.[1] ?? "", place, () => {});
  }
}
