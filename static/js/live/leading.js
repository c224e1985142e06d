// One connection per browser: of all tabs that can be seen, one holds it and passes on what it hears. Which one, a lock decides; where that tab
// goes, the next has the lock, asks who else is there, and goes on where the last one stopped.
//
// Each tab also holds a lock of its own. That it comes free is how the leader knows that a tab has gone, also where it crashed.

import { address, Failure, text } from "../net.js";
import { earliest, gone, note, written } from "./places.js";

/**
 * @typedef {import("./places.js").Tab} Tab
 * @typedef {import("./places.js").Told} Told
 * @typedef {{told: Told} | {here: Tab} | {call: true}} Message told: an event; here: a tab says that it is there; call: a new leader asks who is
 */

const NAME = `keygraft-live ${address("/")}`;
const GATHER = 40;
const SOONEST = 2000;
const LATEST = 30000;

/** Whether tabs can agree here: browsers give locks on https and on this machine only. */
export function canLead() {
  return "locks" in navigator && "BroadcastChannel" in window;
}

/**
 * Listen together with the other tabs.
 * @param {Tab} tab
 * @param {(told: Told) => void} take
 */
export function together(tab, take) {
  const channel = new BroadcastChannel(NAME);
  /** @type {AbortController | null} */
  let going = null;
  /** @type {{add: (tab: Tab) => void} | null} */
  let leader = null;
  let known = false;
  /** @param {Message} message */
  const send = (message) => channel.postMessage(message);
  channel.addEventListener("message", (/** @type {MessageEvent<Message>} */ { data }) => {
    if (!known) {
      return; // this tab is not shown
    }
    if ("told" in data) {
      take(data.told);
    } else if ("here" in data) {
      leader?.add(data.here);
    } else {
      send({ here: tab });
    }
  });
  return {
    start() {
      going = new AbortController();
      const { signal } = going;
      hold(ownLock(tab), signal, () => {
        known = true;
        send({ here: tab });
        hold(NAME, signal, () => {
          leader = lead(tab, take, send, signal);
        });
      });
    },
    stop() {
      going?.abort();
      going = leader = null;
      known = false;
    },
  };
}

/**
 * Hold the connection for as long as the signal lets it.
 * @param {Tab} me
 * @param {(told: Told) => void} take
 * @param {(message: Message) => void} send
 * @param {AbortSignal} signal
 */
function lead(me, take, send, signal) {
  /** @type {Map<string, Tab>} */
  const tabs = new Map([[me.client, me]]);
  /** @type {EventSource | null} */
  let stream = null;
  let again = SOONEST;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @param {number} wait */
  const connectIn = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(connect, wait);
  };
  function connect() {
    stream?.close();
    const made = new EventSource(ask("/events", tabs.values()));
    stream = made;
    made.addEventListener("open", () => {
      again = SOONEST;
    });
    made.addEventListener("message", ({ data }) => pass(JSON.parse(data)));
    made.addEventListener("error", () => {
      if (made === stream && made.readyState === EventSource.CLOSED) {
        refused(); // or a proxy's answer; a line that was only cut the browser makes anew itself
      }
    });
  }
  async function refused() {
    connectIn(again);
    again = Math.min(2 * again, LATEST);
    try {
      await text(ask("/happened", tabs.values()), signal); // an event stream does not say why
    } catch (problem) {
      if (problem instanceof Failure && problem.denied) {
        clearTimeout(timer);
        [...tabs.values()].map((tab) => gone(tab, problem)).forEach(pass);
      }
    }
  }
  /** @param {Told} told */
  function pass(told) {
    send({ told });
    for (const tab of tabs.values()) {
      if (tab !== me) {
        note(tab, told);
      }
    }
    take(told);
  }
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    stream?.close();
  });
  send({ call: true });
  connectIn(GATHER);
  return {
    /** @param {Tab} tab */
    add(tab) {
      const fresh = !tabs.has(tab.client);
      tabs.set(tab.client, tab);
      connectIn(GATHER);
      if (fresh) {
        whenFree(ownLock(tab), signal, () => {
          tabs.delete(tab.client);
          connectIn(GATHER);
        });
      }
    },
  };
}

/**
 * @param {string} path
 * @param {Iterable<Tab>} tabs
 */
function ask(path, tabs) {
  const all = [...tabs];
  const query = new URLSearchParams(all.map((tab) => ["tab", `${tab.transfer}.${tab.client}`]));
  query.set("at", written(earliest(all)));
  return address(`${path}?${query}`);
}

/** @param {Tab} tab */
const ownLock = (tab) => `${NAME} ${tab.client}`;

/**
 * Hold a lock from when it is given until the signal says otherwise.
 * @param {string} name
 * @param {AbortSignal} signal
 * @param {() => void} begin
 */
function hold(name, signal, begin) {
  const held = () => {
    if (signal.aborted) {
      return undefined;
    }
    begin();
    return new Promise((done) => signal.addEventListener("abort", done));
  };
  navigator.locks.request(name, { signal }, held).catch(() => {}); // given up while it waited
}

/**
 * @param {string} name
 * @param {AbortSignal} signal
 * @param {() => void} then
 */
function whenFree(name, signal, then) {
  navigator.locks.request(name, { signal, mode: "shared" }, () => {
    if (!signal.aborted) {
      then();
    }
  }).catch(() => {});
}
