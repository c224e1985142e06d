// A field that is on its way: what is typed meanwhile goes into it, and is no command; Enter sends it.

/**
 * Hold the letters that are typed from now on; the answer puts them into the field once it is there.
 * @returns {(field: HTMLInputElement | null) => void}
 */
export function holdLetters() {
  let held = "";
  let sent = false;
  /** @param {KeyboardEvent} event */
  const hold = (event) => {
    if ((event.key.length !== 1 && event.key !== "Enter") || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.key === "Enter") {
      sent = true;
    } else if (!sent) {
      held += event.key;
    }
  };
  document.addEventListener("keydown", hold, true);
  return (field) => {
    document.removeEventListener("keydown", hold, true);
    field?.focus();
    field?.setRangeText(held, 0, 0, "end");
    if (sent) {
      field?.form?.requestSubmit();
    }
  };
}
