// The dialog that takes over a plan or another program's mapping: what a text is is said while it is typed, then it is done as one edit.

import { byId, element, place } from "../markup.js";
import { Failure, post, text } from "../net.js";
import { complain } from "../toasts.js";
import { edit } from "./edits.js";
import { here, rowsBody } from "./state.js";

/** @type {ReturnType<typeof setTimeout> | undefined} */
let soon;
/** @type {AbortController | null} */
let asked = null;

const dialog = () => /** @type {HTMLDialogElement} */ (byId("import"));
const form = () => /** @type {HTMLFormElement} */ (byId("import-form"));
const area = () => /** @type {HTMLTextAreaElement} */ (form().elements.namedItem("text"));

/**
 * Open it: empty, or with the plan as it stands.
 * @param {"/import" | "/plan-text"} path
 */
export async function openImport(path) {
  try {
    place(dialog(), await text(here(path)));
    dialog().showModal();
    area().focus();
  } catch (problem) {
    complain(problem, () => openImport(path));
  }
}

/** Start listening. */
export function startImport() {
  dialog().addEventListener("input", (event) => {
    if (event.target === area()) {
      clearTimeout(soon);
      soon = setTimeout(look, 300);
    }
  });
  dialog().addEventListener("change", onFile);
  dialog().addEventListener("submit", onSubmit);
}

/** @param {Event} event */
async function onFile(event) {
  const input = event.target;
  const file = input instanceof HTMLInputElement && input.type === "file" ? input.files?.[0] : undefined;
  if (file) {
    area().value = await file.text();
    await look();
  }
}

/** @param {boolean} can */
function allow(can) {
  const button = form().querySelector(/** @type {"button"} */ ("[type=submit]"));
  if (button) {
    button.disabled = !can;
  }
}

/** Ask what the text is. */
async function look() {
  asked?.abort();
  asked = new AbortController();
  const { signal } = asked;
  allow(false);
  if (!area().value.trim()) {
    byId("import-report").replaceChildren();
    return;
  }
  try {
    const found = await post(here("/import"), { ...rowsBody(), text: area().value, apply: false }, signal);
    place(byId("import-report"), found.report);
    allow(found.rules > 0);
  } catch (problem) {
    if (problem instanceof Failure) {
      const line = element("p", "", problem.message);
      line.setAttribute("role", "alert");
      byId("import-report").replaceChildren(line, element("p", "muted", problem.hint));
    } else if (!signal.aborted) {
      complain(problem);
    }
  }
}

/** @param {SubmitEvent} event */
function onSubmit(event) {
  event.preventDefault();
  clearTimeout(soon);
  const replace = new FormData(form()).has("replace");
  const body = { ...rowsBody(), text: area().value, replace, apply: true };
  dialog().close();
  edit("/import", body);
}
