// How much waits for this person, in the head of every page; and the page that lists it.

import { address, text } from "./net.js";

/** @param {number} count */
export function showWaiting(count) {
  for (const each of document.querySelectorAll("[data-waits]")) {
    each.textContent = count ? String(count) : "";
  }
}

/** Ask once; from then on it is told. */
export async function startWaiting() {
  if (!document.querySelector("[data-waits]")) {
    return;
  }
  try {
    showWaiting(Number(await text(address("/inbox/count"))));
  } catch {
    // nothing is shown: the page itself says where it leads
  }
}

/** Something may wait, or no longer: the list stays as it is read, and says where it is another by now. */
export async function lookAgain() {
  const newer = document.getElementById("inbox-newer");
  if (newer) {
    const fresh = new DOMParser().parseFromString(await text(address("/inbox")), "text/html");
    newer.hidden = written(fresh) === written(document);
  }
}

/** @param {Document} page */
function written(page) {
  const lines = [...page.querySelectorAll(".waiting li")];
  return lines.map((line) => `${line.querySelector("a")?.getAttribute("href")} ${line.querySelector("p")?.textContent}`).join("\n");
}
