// Who else looks at this transfer, and what they have selected.

import { slower } from "./live/follow.js";
import { byId, element } from "./markup.js";
import { post } from "./net.js";
import { may, me } from "./rights.js";
import { say } from "./words.js";

/**
 * @typedef {{client: string, person: string, name: string, screen: string, side: string, nodes: number[], folded: boolean}} Present
 * @typedef {{side?: string, nodes?: number[], folded?: boolean}} Selected
 */

const BEAT = 20000;
const SOON = 150;

/** @type {Map<string, Present>} */
const others = new Map();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let soon;
/** @type {(present: Iterable<Present>) => void} */
let shown = () => {};
let speak = async () => {};

/**
 * Say that this tab is here, again and again, and show who else is.
 * @param {string} url address of the transfer
 * @param {string} client
 * @param {string} screen
 * @param {() => Selected} selected what is selected now
 * @param {(present: Iterable<Present>) => void} [show] called when others select something else
 * @returns {() => void} to be called when the selection changes
 */
export function startPresence(url, client, screen, selected, show) {
  shown = show ?? shown;
  speak = async () => {
    if (document.hidden || !may("enter")) {
      return;
    }
    try {
      const there = await post(`${url}/here`, { client, screen, ...selected() });
      others.clear();
      for (const each of there) {
        add(each);
      }
      draw();
    } catch {
      // not heard this time: the next beat says it again
    }
  };
  setInterval(() => speak(), BEAT);
  document.addEventListener("visibilitychange", () => speak());
  speak();
  return () => {
    clearTimeout(soon);
    soon = setTimeout(speak, SOON);
  };
}

/** My own other tabs are nobody else. @param {Present} present */
function add(present) {
  if (!me || present.person !== me) {
    others.set(present.client, present);
  }
}

/** Say again that this tab is here, and ask who else is. */
export function greet() {
  speak();
}

/**
 * A tab came, selected something, or went.
 * @param {import("./live/places.js").Told} told
 * @param {string} client this tab
 */
export function hearPresence({ client: who, about }, client) {
  if (who === client) {
    if (!about) {
      greet(); // this tab counts as gone, and is not
    }
    return;
  }
  if (about) {
    add(about);
  } else {
    others.delete(who);
  }
  draw();
}

/** Colour of a person, the same in every browser. @param {string} person */
export function hueOf(person) {
  let sum = 0;
  for (const letter of person) {
    sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  }
  return Math.floor(sum / 45) % 8;
}

/** @param {string} name */
function initials(name) {
  const words = name.trim().split(/\s+/);
  return ((words[0]?.[0] ?? "?") + (words.length > 1 ? (words.at(-1)?.[0] ?? "") : "")).toUpperCase();
}

function draw() {
  const holder = byId("people");
  /** @type {Map<string, Present>} */
  const people = new Map();
  for (const each of others.values()) {
    people.set(each.person || each.client, each);
  }
  holder.replaceChildren();
  for (const each of people.values()) {
    const face = element("li", `face hue-${hueOf(each.person || each.client)}`, initials(each.name));
    face.title = each.name;
    face.setAttribute("aria-label", each.name);
    holder.append(face);
  }
  if (slower && people.size) {
    const why = element("li", "slower", say("slower"));
    holder.title = say("slower-why");
    holder.append(why);
  }
  shown(others.values());
}
