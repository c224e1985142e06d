// The card that shows how sending goes, with a button that ends it.

import { element } from "../markup.js";
import { say, size } from "../words.js";

/**
 * @param {number} total bytes of all files
 * @param {() => void} cancel
 * @returns {{card: HTMLElement, tell: import("./lending.js").Progress}}
 */
export function sendingCard(total, cancel) {
  const card = element("div", "card sending");
  card.setAttribute("role", "status");
  const line = element("p", "muted", say("reading", { round: 1 }));
  const stop = element("button", "small", say("cancel"));
  stop.type = "button";
  stop.addEventListener("click", () => {
    cancel();
    card.remove();
  });
  card.append(line, element("progress"), stop);
  return {
    card,
    tell(sent, wanted, round) {
      const said = say("sent", { sent: size(sent + wanted), size: size(total) });
      line.textContent = round ? `${say("reading", { round })} ${said}` : said;
    },
  };
}
