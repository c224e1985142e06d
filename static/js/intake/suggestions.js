// Names of installed library models, while one is typed as `timm:…`.

import { place } from "../markup.js";
import { address, text } from "../net.js";

const LIBRARY = /^\s*(timm|torchvision|transformers|diffusers):[\w.\- ]*$/;
const PAUSE = 180;

/** Watch the boxes that have a place for suggestions. */
export function startSuggestions() {
  /** @type {number | undefined} */
  let waiting;
  document.addEventListener("input", (event) => {
    const area = event.target;
    const holder = area instanceof HTMLTextAreaElement ? area.form?.querySelector("[data-suggestions]") : null;
    if (area instanceof HTMLTextAreaElement && holder) {
      clearTimeout(waiting);
      waiting = setTimeout(() => suggest(area, holder), PAUSE);
    }
  });
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-suggest]") : null;
    const area = button?.closest("form")?.querySelector("textarea");
    if (button && area) {
      area.value = button.getAttribute("data-suggest") ?? "";
      area.focus();
      button.closest("[data-suggestions]")?.replaceChildren();
    }
  });
}

/**
 * @param {HTMLTextAreaElement} area
 * @param {Element} holder
 */
async function suggest(area, holder) {
  if (!LIBRARY.test(area.value)) {
    holder.replaceChildren();
    return;
  }
  const asked = area.value;
  try {
    const found = await text(address(`/models?text=${encodeURIComponent(asked)}`));
    if (area.value === asked) {
      place(holder, found);
    }
  } catch {
    holder.replaceChildren(); // suggestions are a help; what is wrong is said when the name is read
  }
}
