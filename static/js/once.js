// Forms that make something new: a second click while the first is under way makes nothing a second time.

/** Start listening. */
export function startOnce() {
  document.addEventListener("submit", ({ target }) => {
    if (target instanceof HTMLFormElement && target.hasAttribute("data-once")) {
      setTimeout(() => able(target, false)); // what was pressed is among what is sent
      window.addEventListener("pageshow", () => able(target, true), { once: true });
    }
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {boolean} can
 */
function able(form, can) {
  for (const button of form.querySelectorAll("button")) {
    button.disabled = !can;
  }
}
