// <lent-files data-side="…">: files of a side that this page may not hold yet. It finds them by itself, or after a click, or they are given again;
// then it tells by `lent-ready` (detail: what the server knows, and the files).

import { element } from "../markup.js";
import { complain } from "../toasts.js";
import { say, size } from "../words.js";
import { judge, knownOf, look, matching, reopen } from "./attaching.js";
import { chosen, dropped } from "./drops.js";
import { droppedRoots } from "./handles.js";
import { keepsHandles, pick } from "./picking.js";

/**
 * @typedef {{known: import("./attaching.js").Known, held: Map<string, File>}} Ready
 * @typedef {import("./attaching.js").Attached["verdict"] | "busy" | "click" | "gone"} Shown
 */

class LentFiles extends HTMLElement {
  /** @type {import("./attaching.js").Known | null} */
  known = null;
  /** @type {Map<string, File> | null} */
  held = null;
  /** What must be known before files can be compared. @type {Promise<void>} */
  #begun = Promise.resolve();

  /** The element came onto the page: look what is here. */
  connectedCallback() {
    if (this.known || !this.dataset.side) {
      return;
    }
    this.addEventListener("click", (event) => this.#clicked(event));
    this.addEventListener("change", (event) => this.#chosen(event));
    this.addEventListener("dragover", (event) => this.#over(event, true));
    this.addEventListener("dragleave", (event) => this.#over(event, false));
    this.addEventListener("drop", (event) => this.#dropped(event));
    this.#begun = this.#try(() => this.#start());
  }

  async #start() {
    this.known = await knownOf(this.dataset.side ?? "");
    const found = await look(this.known);
    if (found.state === "here") {
      await this.take(found.held, []);
    } else {
      this.#show(found.state, say(found.state === "click" ? "attach-click" : "attach-gone"));
    }
  }

  /**
   * Take files if they are those of this side; whether one of them was.
   * @param {import("./drops.js").Lent[]} files
   * @param {import("./handles.js").Root[]} roots
   */
  async give(files, roots) {
    await this.#begun;
    const held = this.known ? matching(this.known, files) : new Map();
    if (held.size) {
      await this.take(held, roots);
    }
    return held.size > 0;
  }

  /**
   * @param {Map<string, File>} held
   * @param {import("./handles.js").Root[]} roots
   */
  async take(held, roots) {
    const known = this.known;
    if (!known) {
      return;
    }
    this.#show("busy", say("attach-looking"));
    const found = await judge(known, held, roots);
    this.#show(found.verdict, found.said);
    this.held = found.verdict === "same" || found.verdict === "touched" ? held : null;
    this.dispatchEvent(new CustomEvent("lent-ready", { bubbles: true, detail: { known, held: this.held } }));
  }

  /**
   * @param {Shown} state
   * @param {string} said
   */
  #show(state, said) {
    const settled = state === "same" || state === "touched";
    this.dataset.state = state;
    const line = element("span", "lent-said", said);
    line.setAttribute("role", "status");
    const shown = [element("span", `icon icon-${settled ? "check" : "lent"}`), this.#heading(), line];
    const acts = element("span", "lent-acts");
    shown.push(acts);
    if (state === "click") {
      acts.append(button("attach-again", "primary small"));
    }
    if (!settled && state !== "busy") {
      acts.append(button("attach-choose", "small"), ...((this.known?.files.length ?? 0) > 1 ? [button("attach-folder", "small")] : []));
      if (!keepsHandles()) {
        shown.push(element("span", "lent-why", say(globalThis.isSecureContext ? "attach-no-handles" : "attach-plain-http")));
      }
    }
    this.replaceChildren(...shown, chooser(false), chooser(true));
  }

  #heading() {
    const total = this.known?.files.reduce((sum, file) => sum + file.size, 0) ?? 0;
    const name = element("strong", "", this.known?.label ?? "");
    name.append(element("small", "", ` ${size(total)}`));
    return name;
  }

  /** @param {Event} event */
  #clicked(event) {
    const act = event.target instanceof Element ? event.target.closest("[data-act]")?.getAttribute("data-act") : "";
    if (act === "attach-again") {
      this.#try(() => this.#reopen());
    } else if (act === "attach-choose" || act === "attach-folder") {
      this.#try(() => this.#choose(act === "attach-folder" ? "folder" : "files"));
    }
  }

  async #reopen() {
    const held = this.known ? await reopen(this.known) : null;
    if (held) {
      await this.take(held, []);
    }
  }

  /** @param {"files" | "folder"} what */
  async #choose(what) {
    const picked = await pick(what);
    if (!picked) {
      /** @type {HTMLInputElement | null} */ (this.querySelector(`input[data-${what}]`))?.click();
    } else if (picked.files.length) {
      await this.#given(picked.files, picked.roots);
    }
  }

  /** @param {Event} event */
  #chosen(event) {
    const input = event.target;
    if (input instanceof HTMLInputElement && input.files?.length) {
      event.stopPropagation();
      const files = chosen(input.files);
      input.value = "";
      this.#try(() => this.#given(files, []));
    }
  }

  /**
   * @param {import("./drops.js").Lent[]} files
   * @param {import("./handles.js").Root[]} roots
   */
  async #given(files, roots) {
    if (!(await this.give(files, roots))) {
      this.#show("gone", say("attach-other", { file: this.known?.label ?? "" }));
    }
  }

  /**
   * @param {DragEvent} event
   * @param {boolean} here
   */
  #over(event, here) {
    if (event.dataTransfer?.types.includes("Files")) {
      event.preventDefault();
      this.classList.toggle("over", here);
    }
  }

  /** @param {DragEvent} event */
  #dropped(event) {
    if (event.dataTransfer?.types.includes("Files")) {
      event.preventDefault();
      event.stopPropagation();
      this.classList.remove("over");
      const roots = droppedRoots(event.dataTransfer);
      const files = dropped(event.dataTransfer);
      this.#try(async () => this.#given(await files, await roots));
    }
  }

  /** @param {() => Promise<void>} work */
  #try(work) {
    return work().catch((problem) => {
      this.#show("gone", say("attach-gone"));
      complain(problem);
    });
  }
}

/**
 * @param {string} act
 * @param {string} look
 */
function button(act, look) {
  const made = element("button", look, say(act));
  made.type = "button";
  made.dataset.act = act;
  return made;
}

/** @param {boolean} folder */
function chooser(folder) {
  const made = element("input");
  made.type = "file";
  made.multiple = true;
  made.hidden = true;
  made.toggleAttribute(folder ? "data-folder" : "data-files", true);
  made.toggleAttribute("webkitdirectory", folder);
  return made;
}

/**
 * Start on a page that may show such elements.
 * @param {(ready: {known: import("./attaching.js").Known, held: Map<string, File> | null, at: Element}) => void} ready
 */
export function startAttachments(ready) {
  document.addEventListener("lent-ready", (event) => {
    if (event instanceof CustomEvent && event.target instanceof Element) {
      ready({ ...event.detail, at: event.target });
    }
  });
  if (!customElements.get("lent-files")) {
    customElements.define("lent-files", LentFiles);
  }
}

/** The elements of the page. @returns {LentFiles[]} */
export function attachments() {
  return /** @type {LentFiles[]} */ ([...document.querySelectorAll("lent-files")]);
}
