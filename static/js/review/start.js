// The review, live: what others say appears at once, what others edit is announced; nothing moves under the reader's pointer.

import { follow } from "../live/follow.js";
import { byId } from "../markup.js";
import { text } from "../net.js";
import { greet, hearPresence, startPresence } from "../presence.js";
import { client } from "../tab.js";
import { tellTimes } from "../times.js";
import { say } from "../words.js";

const htmx = /** @type {any} */ (globalThis).htmx;

/** @type {Element | null} */
let pointed = null;

/** Start listening. */
export function startReview() {
  htmx.config.morphIgnore.push("open"); // what the reader has opened stays open
  document.addEventListener("pointermove", (event) => {
    pointed = event.target instanceof Element ? event.target : null;
  });
  document.addEventListener("htmx:after:swap", settle);
  new MutationObserver(shownAnew).observe(review(), { childList: true, characterData: true, subtree: true });
  const { transfer = "", place = "" } = review().dataset;
  document.addEventListener("kg:rights", () => refresh(shown()));
  follow(transfer, place, hear);
  startPresence(review().dataset.url ?? "", client, "review", () => ({}));
}

function review() {
  return byId("review");
}

function shown() {
  return Number(review().querySelector(".review-head")?.getAttribute("data-version"));
}

/** Version that was announced last. */
let announced = 0;

/** Something of it is shown anew, for whatever reason: a form that was sent may be gone by then, and tell nobody. */
function shownAnew() {
  tellTimes();
  byId("review-newer").hidden = announced <= shown();
}

/** @param {import("../live/places.js").Told} told */
function hear(told) {
  if (told.kind === "presence") {
    hearPresence(told, client);
  } else if (told.kind === "changed" || told.kind === "review") {
    refresh(told.version);
  } else if (told.kind === "again") {
    greet();
    refresh(told.version);
  }
}

/**
 * Show what is new of the version that is read; a newer one is announced, and shown when the reader asks.
 * @param {number} version
 */
async function refresh(version) {
  if (version > shown()) {
    const note = byId("review-newer");
    (note.querySelector("span") ?? note).textContent = say("newer", { version });
    note.hidden = false;
    announced = version;
    return;
  }
  const since = review().querySelector('select[name="since"]');
  const query = since instanceof HTMLSelectElement ? `?since=${since.value}` : "";
  const markup = await text(`${review().dataset.url}/review/part${query}`);
  const anchor = hold();
  await htmx.swap({ target: review(), text: markup, swap: "innerMorph" });
  anchor();
}

/** Remember where what is under the pointer, or has the focus, stands; the answer brings it back there. */
function hold() {
  const element = document.activeElement && review().contains(document.activeElement) ? document.activeElement : pointed;
  const top = element?.getBoundingClientRect().top ?? 0;
  return () => {
    if (element?.isConnected) {
      window.scrollBy(0, element.getBoundingClientRect().top - top);
    }
  };
}

/**
 * A form that was sent is emptied and closed again.
 * @param {Event} event
 */
function settle(event) {
  const { ctx } = /** @type {CustomEvent} */ (event).detail;
  const form = ctx?.sourceElement;
  if (form instanceof HTMLFormElement && ctx.target?.id === "review") {
    byId("review-failure").replaceChildren();
    form.reset();
    form.closest("details.begin, details.answer, details.own")?.removeAttribute("open");
  }
}
