// FILE: modules fetch what lies below them when they are opened; the search answers while one types. Without this, the form and links do it.

import { element, place } from "../markup.js";
import { Failure, text } from "../net.js";
import { complain } from "../toasts.js";

const PAUSE = 180;

/** Start the page FILE. */
export function startFile() {
  document.addEventListener("toggle", open, true); // it does not bubble
  const form = document.querySelector("form[data-search]");
  if (form instanceof HTMLFormElement) {
    search(form);
  }
}

/** @param {Event} event */
async function open(event) {
  const module = event.target;
  if (!(module instanceof HTMLDetailsElement) || !module.open || !module.dataset.below) {
    return;
  }
  const url = module.dataset.below;
  delete module.dataset.below;
  const list = module.querySelector("ul");
  try {
    if (list) {
      place(list, await text(url));
    }
  } catch (problem) {
    module.dataset.below = url;
    module.open = false;
    complain(problem);
  }
}

/** @param {HTMLFormElement} form */
function search(form) {
  let timer = 0;
  let asked = new AbortController();
  const now = async () => {
    clearTimeout(timer);
    asked.abort();
    asked = new AbortController();
    const keys = document.getElementById("keys");
    const query = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    try {
      const markup = await text(`${form.dataset.search}?${query}`, asked.signal);
      if (keys) {
        place(keys, markup);
      }
      history.replaceState(null, "", `${location.pathname}?${query}`);
    } catch (problem) {
      if (problem instanceof DOMException && problem.name === "AbortError") {
        return;
      }
      if (problem instanceof Failure && !problem.lost && keys) {
        keys.replaceChildren(refusal(problem));
      } else {
        complain(problem);
      }
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(now, PAUSE);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    now();
  });
}

/**
 * Why a search cannot be read, where its findings would stand.
 * @param {Failure} problem
 */
function refusal(problem) {
  const note = element("div", "failure");
  note.append(element("strong", "", problem.message), element("p", "", problem.hint));
  return note;
}
