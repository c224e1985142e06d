// Addresses: the server fetches what it needs; meanwhile a card shows how much came, and a button ends it.

import { element } from "../markup.js";
import { address, post, postForm, text } from "../net.js";
import { say, size } from "../words.js";

const ADDRESS = /^[a-z][a-z0-9+.-]*:\/\/\S+$/i;
const PAUSE = 700;

/**
 * Whether a text is one address and nothing else.
 * @param {string} given
 */
export function isAddress(given) {
  return ADDRESS.test(given.trim());
}

/**
 * Let the server read an address.
 * @param {FormData} form what the box sends
 * @param {Element} holder where the card stands while it lasts
 * @returns {Promise<string>} the card of the side, as markup
 */
export async function readAddress(form, holder) {
  const name = anyName();
  form.set("reading", name);
  const stop = new AbortController();
  const shown = waiting(String(form.get("text") ?? "").trim(), () => {
    stop.abort();
    post(address(`/readings/${name}/cancel`), {}).catch(() => {});
  });
  holder.replaceChildren(shown.card);
  const timer = setInterval(() => watch(name, shown.tell), PAUSE);
  try {
    return await postForm(address("/sides"), form, stop.signal);
  } finally {
    clearInterval(timer);
    shown.card.remove();
  }
}

/** A name nobody else gives; `randomUUID` is there on https only. */
function anyName() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} name
 * @param {(received: number) => void} tell
 */
async function watch(name, tell) {
  try {
    const found = JSON.parse(await text(address(`/readings/${name}`)));
    if (found.going) {
      tell(found.received);
    }
  } catch {
    // the answer itself will say what is wrong
  }
}

/**
 * @param {string} where
 * @param {() => void} cancel
 */
function waiting(where, cancel) {
  const card = element("div", "card sending");
  card.setAttribute("role", "status");
  const line = element("p", "muted", say("fetching", { address: where.replace(/[?#].*$/, "") }));
  const count = element("p", "faint");
  const stop = element("button", "small", say("cancel"));
  stop.type = "button";
  stop.addEventListener("click", cancel);
  card.append(line, element("progress"), count, stop);
  return {
    card,
    /** @param {number} received */
    tell(received) {
      count.textContent = say("fetched", { received: size(received) });
    },
  };
}
