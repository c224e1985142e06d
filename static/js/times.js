// Moments as people say them: "5 minutes ago".

const ago = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });

/** Say every moment on the page that asks for it. */
export function tellTimes() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const words = said((Date.parse(time.getAttribute("datetime") ?? "") - Date.now()) / 60000);
    if (words && time.textContent !== words) {
      time.textContent = words;
    }
  }
}

/** @param {number} minutes */
function said(minutes) {
  if (Math.abs(minutes) < 60) {
    return ago.format(Math.round(minutes), "minute");
  }
  if (Math.abs(minutes) < 24 * 60) {
    return ago.format(Math.round(minutes / 60), "hour");
  }
  return Math.abs(minutes) < 14 * 24 * 60 ? ago.format(Math.round(minutes / 60 / 24), "day") : "";
}
