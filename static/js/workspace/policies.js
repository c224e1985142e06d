// What the selected target keys start with: a dialog of policies, each with the arguments that it wants.

import { byId } from "../markup.js";
import { say } from "../words.js";
import { edit } from "./edits.js";
import { rowsBody, state } from "./state.js";

const dialog = () => /** @type {HTMLDialogElement} */ (byId("policies"));
const form = () => /** @type {HTMLFormElement} */ (byId("policies-form"));

/** Ask for the policy of the selected target rows. */
export function openPolicies() {
  if (!state.picked.t.size) {
    byId("status").textContent = say("pick-first");
    return;
  }
  byId("policies-for").textContent = say("policies-for", { count: state.picked.t.size });
  showArguments();
  dialog().showModal();
}

/** Start listening. */
export function startPolicies() {
  form().addEventListener("change", showArguments);
  form().addEventListener("submit", take);
}

/** @returns {HTMLInputElement | null} */
const chosen = () => form().querySelector('input[name="policy"]:checked');

/** Only the arguments of the chosen policy are asked for. */
function showArguments() {
  const wants = (chosen()?.dataset.wants ?? "").split(" ");
  for (const label of form().querySelectorAll(/** @type {"label"} */ ("[data-arg]"))) {
    label.hidden = !wants.includes(label.dataset.arg ?? "");
  }
}

/** @param {Event} event */
function take(event) {
  event.preventDefault();
  const policy = chosen()?.value ?? "model";
  /** @type {Record<string, string | number>} */
  const args = {};
  for (const label of form().querySelectorAll("[data-arg]:not([hidden])")) {
    const field = label.querySelector(/** @type {"input"} */ ("input, select"));
    if (field) {
      args[field.name] = field.type === "number" ? Number(field.value) : field.value;
    }
  }
  dialog().close();
  edit("/fresh", { ...rowsBody(), policy, args });
}
