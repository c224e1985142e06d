// The table of mappings: a real table, of which a window is printed; it is sorted and narrowed by the server, and edited in place.

import { byId, element, place } from "../markup.js";
import { post } from "../net.js";
import { complain } from "../toasts.js";
import { edit } from "./edits.js";
import { look, paintBy } from "./panes.js";
import { editSource } from "./sources.js";
import { here, rowHeight, rowsBody, state } from "./state.js";

/** @typedef {import("./state.js").Side} Side */

const OVERSCAN = 40;

let by = "target";
let falling = false;
/** How the rows that are there are sorted. */
let sorted = { by, falling };
let first = 0;
let shown = 0;
let total = 0;
/** @type {[Side, number] | null} */
let show = null;

const view = () => byId("table");
const body = () => /** @type {HTMLElement} */ (view().querySelector("[data-rows]"));
const rows = () => /** @type {HTMLElement[]} */ ([...body().children]);
const top = () => Math.floor(view().scrollTop / rowHeight());
const height = () => Math.ceil(view().clientHeight / rowHeight());

/** @param {AbortSignal} signal */
async function paint(signal) {
  const wanted = show;
  show = null;
  const seen = await post(here("/table"), {
    s: asked("s"),
    t: asked("t"),
    source: state.source,
    by,
    falling,
    top: Math.max(0, top() - OVERSCAN),
    count: height() + 2 * OVERSCAN,
    show: wanted,
  }, signal);
  byId("status").textContent = seen.error || byId("status").textContent;
  if (state.mode !== "table" || seen.error) {
    return;
  }
  put(seen);
  sorted = { by, falling };
  if (wanted && seen.shown !== null) {
    reveal(seen.shown);
  }
}

/** @param {Side} side */
function asked(side) {
  const seen = state.views[side];
  return { ...seen, toggled: [], states: [...seen.states] };
}

/** @param {{first: number, total: number, html: string}} seen */
function put(seen) {
  const held = document.activeElement instanceof HTMLElement && body().contains(document.activeElement) ? nameOf(document.activeElement) : "";
  const parsed = element("div");
  place(parsed, seen.html);
  ({ first, total } = seen);
  body().replaceChildren(...(parsed.querySelector("tbody")?.children ?? []));
  shown = body().children.length;
  spacer("before", first);
  spacer("after", total - first - shown);
  view().querySelector("table")?.setAttribute("aria-rowcount", String(total + 1));
  const none = view().querySelector("[data-none]");
  none?.toggleAttribute("hidden", total > 0);
  paintPicked();
  const again = held && [...body().querySelectorAll(/** @type {"button"} */ ("button"))].find((each) => nameOf(each) === held);
  if (again) {
    again.focus({ preventScroll: true });
  } else if (held) {
    view().focus({ preventScroll: true });
  }
}

/** What a button is called over repaints: its row and what it does. @param {HTMLElement} button */
const nameOf = (button) => `${button.closest("tr")?.dataset.target} ${Object.keys(button.dataset).join()}${button.dataset.rowAct ?? ""}`;

/**
 * @param {"before" | "after"} where
 * @param {number} count
 */
function spacer(where, count) {
  const cell = /** @type {HTMLElement} */ (view().querySelector(`[data-${where}] td`));
  cell.style.height = `${Math.max(0, count) * rowHeight()}px`;
}

/** @param {number} line */
function reveal(line) {
  const row = rowHeight();
  const [upper, lower] = [line * row, (line + 2) * row];
  if (upper < view().scrollTop + row) {
    view().scrollTop = upper - row;
  } else if (lower > view().scrollTop + view().clientHeight - row) {
    view().scrollTop = lower - view().clientHeight + row;
  }
}

function scrolled() {
  if (state.mode === "table" && ((first > 0 && top() - 12 < first) || (first + shown < total && top() + height() + 12 > first + shown))) {
    look();
  }
}

/** @param {HTMLElement} row @returns {[Side, number]} */
function meant(row) {
  const target = Number(row.dataset.target);
  return target ? ["t", target] : ["s", Number(row.dataset.sourceRow)];
}

/** @param {HTMLElement} row @param {{add?: boolean, range?: boolean}} [how] */
function pick(row, how = {}) {
  const [side, node] = meant(row);
  const from = how.range ? rows().findIndex((each) => meant(each)[0] === side && meant(each)[1] === state.anchor[side]) : -1;
  if (from >= 0) {
    const ends = [from, rows().indexOf(row)].sort((a, b) => a - b);
    const between = rows().slice(ends[0], (ends[1] ?? 0) + 1).map(meant);
    state.picked[side] = new Set(between.filter((each) => each[0] === side).map((each) => each[1]));
  } else if (how.add) {
    state.picked[side].has(node) ? state.picked[side].delete(node) : state.picked[side].add(node);
  } else {
    state.picked = { s: new Set(), t: new Set() };
    state.picked[side].add(node);
  }
  state.side = side;
  state.cursor[side] = node;
  if (from < 0) {
    state.anchor[side] = node;
  }
  paintPicked();
  document.dispatchEvent(new CustomEvent("kg:selected"));
}

function paintPicked() {
  for (const row of rows()) {
    const [side, node] = meant(row);
    const picked = state.picked[side].has(node) ? "true" : "false";
    row.setAttribute("aria-selected", picked);
    row.dataset.picked = picked;
  }
}

/**
 * Go up or down by rows.
 * @param {number} step
 * @param {boolean} [range]
 */
export function moveRow(step, range = false) {
  const all = rows();
  const now = all.findIndex((row) => meant(row)[0] === state.side && meant(row)[1] === state.cursor[state.side]);
  const next = all[Math.max(0, Math.min(all.length - 1, now < 0 ? Math.max(0, top() - first) : now + step))];
  if (next) {
    pick(next, { range });
    reveal(first + all.indexOf(next));
  }
}

/** @param {string} column */
function sort(column) {
  falling = by === column && !falling;
  by = column;
  showSorted();
  view().scrollTop = 0;
  look();
}

function showSorted() {
  for (const head of view().querySelectorAll("[data-column]")) {
    const on = head.getAttribute("data-column") === by;
    head.setAttribute("aria-sort", on ? (falling ? "descending" : "ascending") : "none");
  }
}

/** @param {MouseEvent} event */
function onClick(event) {
  const at = event.target instanceof Element ? event.target : null;
  const column = at?.closest("[data-sort]")?.getAttribute("data-sort");
  const row = /** @type {HTMLElement | null} */ (at?.closest("[data-rows] tr") ?? null);
  if (column) {
    sort(column);
  } else if (row && !at?.closest(".source-editor")) {
    onRow(event, row, /** @type {Element} */ (at));
  }
}

/** @param {MouseEvent} event @param {HTMLElement} row @param {Element} at */
function onRow(event, row, at) {
  const act = at.closest("[data-row-act]")?.getAttribute("data-row-act");
  const [side, node] = meant(row);
  if (act) {
    edit(`/${act}`, { ...rowsBody(), s: side === "s" ? [node] : [], t: side === "t" ? [node] : [] });
  } else if (at.closest("[data-edit-source]")) {
    editSource(row);
  } else if (at.closest("[data-edit-op]")) {
    edit("/draw", { ...rowsBody(), s: [Number(row.dataset.sourceRow)], t: [node], ask: true });
  } else {
    pick(row, { add: event.ctrlKey || event.metaKey, range: event.shiftKey });
  }
}

/** Start listening. */
export function startTable() {
  paintBy("table", (signal) => paint(signal).catch((problem) => complain(problem, look)));
  document.addEventListener("kg:mode", () => {
    const node = state.cursor[state.side];
    show = state.mode === "table" && node !== null ? [state.side, node] : null;
  });
  view().addEventListener("click", onClick);
  view().addEventListener("scroll", scrolled, { passive: true });
  view().addEventListener("dblclick", (event) => {
    const row = event.target instanceof Element ? event.target.closest("[data-rows] tr") : null;
    if (row instanceof HTMLElement && row.querySelector("[data-edit-source]")) {
      editSource(row);
    }
  });
  document.addEventListener("kg:gaveup", () => {
    ({ by, falling } = sorted);
    showSorted();
  });
  document.addEventListener("kg:selected", () => state.mode === "table" && paintPicked());
}
