// What every page starts with.

import { startComposing } from "./composing/start.js";
import { startFile } from "./files/start.js";
import { startHome } from "./home.js";
import { startIntake } from "./intake/slots.js";
import { turnDensity, turnTheme } from "./looks.js";
import { startOnce } from "./once.js";
import { startSharing } from "./sharing.js";
import { followHouse } from "./live/follow.js";
import { startReview } from "./review/start.js";
import { tellTimes } from "./times.js";
import { copy, toast } from "./toasts.js";
import { startWaiting } from "./waiting.js";
import { say } from "./words.js";
import { startWorkspace } from "./workspace/start.js";

/** @param {Element} button */
function copyOf(button) {
  const shown = document.querySelector(button.getAttribute("data-copy") ?? "");
  copy(shown?.textContent ?? "", shown);
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-act], [data-copy]") : null;
  if (!button) {
    return;
  }
  if (button.hasAttribute("data-copy")) {
    copyOf(button);
  }
  switch (button.getAttribute("data-act")) {
    case "theme":
      turnTheme();
      break;
    case "density":
      turnDensity();
      break;
    case "close-dialog":
      button.closest("dialog")?.close();
      break;
    default:
  }
});

// Where Escape empties a field of a search, Chromium says `search` and no `input`: whoever listens to such a field shall hear of it.
document.addEventListener("search", (event) => {
  if (event.target instanceof HTMLInputElement && !event.target.value) {
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

document.addEventListener("click", (event) => {
  if (event.target instanceof HTMLDialogElement) {
    event.target.close(); // a click on the veil
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (event.target instanceof Node && !menu.contains(event.target)) {
      menu.removeAttribute("open");
    }
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target instanceof Element ? event.target.closest("details.menu[open]") : null;
  if (menu) {
    menu.removeAttribute("open");
    menu.querySelector("summary")?.focus();
  }
});

startSharing();
startOnce();
startWaiting();

document.addEventListener("htmx:error", () => toast(say("lost"), { tone: "bad" }));

document.addEventListener("htmx:after:swap", tellTimes);
tellTimes();

if (document.getElementById("compose")) {
  startComposing();
}

if (document.getElementById("workspace")) {
  startWorkspace();
} else if (document.getElementById("review")) {
  startReview();
} else {
  followHouse();
  if (document.getElementById("transfers")) {
    startHome();
  }
  if (document.querySelector("form[data-search]")) {
    startFile();
  } else if (document.querySelector("[data-slot], .slot")) {
    startIntake();
  }
}
