// What every page starts with.

import { startFile } from "./files/start.js";
import { startIntake } from "./intake/slots.js";
import { turnDensity, turnTheme } from "./looks.js";
import { copy, toast } from "./toasts.js";
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

document.addEventListener("htmx:error", () => toast(say("lost"), { tone: "bad" }));

const ago = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
for (const time of document.querySelectorAll("time[data-ago]")) {
  const minutes = (Date.parse(time.getAttribute("datetime") ?? "") - Date.now()) / 60000;
  if (Math.abs(minutes) < 60) {
    time.textContent = ago.format(Math.round(minutes), "minute");
  } else if (Math.abs(minutes) < 24 * 60) {
    time.textContent = ago.format(Math.round(minutes / 60), "hour");
  } else if (Math.abs(minutes) < 14 * 24 * 60) {
    time.textContent = ago.format(Math.round(minutes / 60 / 24), "day");
  }
}

if (document.getElementById("workspace")) {
  startWorkspace();
} else if (document.querySelector("form[data-search]")) {
  startFile();
} else if (document.querySelector("[data-slot], .slot")) {
  startIntake();
}
