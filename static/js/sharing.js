// The dialog in which a transfer is shared; without scripts its link leads to a page of its own.

import { place } from "./markup.js";
import { text } from "./net.js";
import { complain } from "./toasts.js";

/** Start listening. */
export function startSharing() {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-share]") : null;
    if (link instanceof HTMLAnchorElement && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      open(link.href);
    }
  });
}

/** @param {string} url */
async function open(url) {
  try {
    const dialog = made();
    place(dialog, await text(url));
    /** @type {{htmx?: {process: (element: Element) => void}}} */ (window).htmx?.process(dialog);
    dialog.showModal();
  } catch (problem) {
    complain(problem, () => open(url));
  }
}

/** @returns {HTMLDialogElement} */
function made() {
  const found = document.getElementById("sharing");
  if (found instanceof HTMLDialogElement) {
    return found;
  }
  const dialog = document.createElement("dialog");
  dialog.id = "sharing";
  dialog.setAttribute("aria-labelledby", "sharing-title");
  document.body.append(dialog);
  return dialog;
}
