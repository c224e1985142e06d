// Links between the panes, on one canvas: only those with an end in view, dimmed where the other end is not.

import { currentLinks, currentRivals, paneOf } from "./panes.js";
import { rowHeight, state } from "./state.js";

/** @typedef {import("./panes.js").Link} Link */

const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById("links"));
let waiting = false;
/** A line to the pointer while dragging. @type {{side: "s" | "t", line: number, x: number, y: number} | null} */
let rubber = null;
/** Links drawn before the server said yes. @type {Map<string, [number, number]>} */
const hoped = new Map();
/** @type {Record<string, string>} */
let colours = {};

/** Draw with the next frame. */
export function drawLinks() {
  if (!waiting) {
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  }
}

/** @param {typeof rubber} line */
export function stretch(line) {
  rubber = line;
  drawLinks();
}

/**
 * Show a link that is not there yet.
 * @param {string} name
 * @param {[number, number]} ends
 */
export function hope(name, ends) {
  hoped.set(name, ends);
  drawLinks();
}

/** @param {string} name */
export function unhope(name) {
  hoped.delete(name);
  drawLinks();
}

/** How many links wait for an answer. */
export const hopes = () => hoped.size;

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const read = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  colours = { mono: read("mono"), sel: read("sel"), panel: read("panel") };
  for (const tone of ["graft", "ask", "bad", "rest", "idle"]) {
    colours[tone] = tone === "idle" || tone === "rest" ? read("rest-line") : read(tone);
    colours[`${tone}-bg`] = tone === "idle" ? read("panel") : read(`${tone}-bg`);
    colours[`${tone}-line`] = read(`${tone}-line`);
    colours[`${tone}-text`] = tone === "idle" ? read("ink-2") : read(tone);
  }
}

/** Colours may have changed with theme or density. */
export function relook() {
  colours = {};
  drawLinks();
}

function draw() {
  const context = canvas.getContext("2d");
  if (!context || state.mode !== "free" || !canvas.clientWidth) {
    return;
  }
  if (!colours.mono) {
    readColours();
  }
  const ratio = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const row = rowHeight();
  const [s, t] = [paneOf("s").element.scrollTop, paneOf("t").element.scrollTop];
  const inside = (/** @type {number} */ y) => y > -row / 2 && y < height + row / 2;
  /** @type {{link: Link, a: number, b: number, near: boolean}[]} */
  const chips = [];
  for (const link of currentLinks()) {
    const [a, b] = [(link[0] + 0.5) * row - s, (link[1] + 0.5) * row - t];
    if (!inside(a) && !inside(b)) {
      continue;
    }
    const near = inside(a) && inside(b);
    wire(context, width, a, b, link, near);
    if (near && (link[4] || link[6] !== null)) {
      chips.push({ link, a, b, near });
    }
  }
  /** @type {Box[]} */
  const taken = [];
  for (const each of chips.sort((a, b) => Number(selected(b.link)) - Number(selected(a.link)))) {
    chip(context, width, each.a, each.b, each.link, taken);
  }
  const [only] = [...lit.t];
  if (only !== undefined) {
    rivals(context, width, (only + 0.5) * row - t, currentRivals().slice(1).map(([line]) => (line + 0.5) * row - s));
  }
  context.setLineDash([4, 4]);
  context.strokeStyle = colours.sel ?? "";
  context.lineWidth = 1.6;
  for (const [a, b] of hoped.values()) {
    curve(context, 0, (a + 0.5) * row - s, width, (b + 0.5) * row - t);
  }
  if (rubber) {
    const box = canvas.getBoundingClientRect();
    const from = (rubber.line + 0.5) * row - (rubber.side === "s" ? s : t);
    context.setLineDash([]);
    curve(context, rubber.side === "s" ? 0 : width, from, Math.max(0, Math.min(width, rubber.x - box.left)), rubber.y - box.top);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} a
 * @param {number} b
 * @param {Link} link
 * @param {boolean} near
 */
function wire(context, width, a, b, link, near) {
  const [, , count, tone, , proposed] = link;
  const on = selected(link);
  context.setLineDash(proposed ? [5, 4] : []);
  context.strokeStyle = (on || lit.near.has(link) ? colours.sel : colours[tone]) ?? "";
  context.lineWidth = on ? 2.2 : count > 1 && !proposed ? Math.min(6.5, 1.3 + Math.log2(count) * 0.62) : 1.3;
  context.globalAlpha = on ? 1 : lit.near.has(link) ? 0.8 : !near ? 0.16 : dimmed(link) ? 0.2 : count > 6 ? 0.42 : 0.85;
  curve(context, 0, a, width, b);
  context.globalAlpha = 1;
}

/**
 * An end that is out of sight, no further out than it takes to see where the link goes: among a hundred thousand rows it lies millions of pixels
 * away, and a browser works half a minute on the dashes of such a line.
 * @param {number} y
 */
const within = (y) => Math.max(-canvas.height, Math.min(2 * canvas.height, y));

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 */
function curve(context, x1, y1, x2, y2) {
  const bend = (x2 - x1) * 0.46;
  const [from, to] = [within(y1), within(y2)];
  context.beginPath();
  context.moveTo(x1, from);
  context.bezierCurveTo(x1 + bend, from, x2 - bend, to, x2, to);
  context.stroke();
}

/**
 * What else could fill the selected row, thin and dotted.
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} to
 * @param {number[]} from
 */
function rivals(context, width, to, from) {
  context.setLineDash([1.5, 4]);
  context.strokeStyle = colours.sel ?? "";
  context.lineWidth = 1.3;
  for (const y of from) {
    curve(context, 0, y, width, to);
  }
}

/** Places along a link where its chip may stand, the first that is free is taken: near the target, where rows are apart. */
const STOPS = [0.78, 0.5, 0.22, 0.64, 0.36];

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} a
 * @param {number} b
 * @param {Link} link
 * @param {Box[]} taken
 */
function chip(context, width, a, b, link, taken) {
  const [, , , tone, words, , confidence] = link;
  context.setLineDash([]);
  context.font = `11px ${colours.mono}`;
  const text = fitted(context, [words, confidence === null ? "" : confidence.toFixed(2)].filter(Boolean).join(" · "), width - 34);
  const span = context.measureText(text).width + 16;
  const box = STOPS.map((stop) => boxAt(stop, width, a, b, span)).find((each) => taken.every((other) => apart(each, other)));
  if (!box) {
    return; // where chips would hide each other, the rows themselves and the table say it
  }
  taken.push(box);
  context.globalAlpha = dimmed(link) ? 0.4 : 1;
  context.beginPath();
  context.roundRect(box.x, box.y, span, 18, 9);
  context.fillStyle = colours.panel ?? "";
  context.fill();
  context.fillStyle = colours[`${tone}-bg`] ?? "";
  context.fill();
  context.lineWidth = 1;
  context.strokeStyle = colours[`${tone}-line`] ?? "";
  context.stroke();
  context.fillStyle = colours[`${tone}-text`] ?? "";
  context.textBaseline = "middle";
  context.fillText(text, box.x + 8, box.y + 9.5);
  context.globalAlpha = 1;
}

/** @typedef {{x: number, y: number, width: number}} Box */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} label
 * @param {number} room
 */
function fitted(context, label, room) {
  let text = label;
  while (text.length > 4 && context.measureText(text).width > room) {
    text = `${text.slice(0, -2)}…`;
  }
  return text;
}

/**
 * A chip's place on the curve of a link, kept between the panes.
 * @param {number} stop
 * @param {number} width
 * @param {number} a
 * @param {number} b
 * @param {number} span
 * @returns {Box}
 */
function boxAt(stop, width, a, b, span) {
  const rest = 1 - stop;
  const x = width * (3 * rest * rest * stop * 0.46 + 3 * rest * stop * stop * 0.54 + stop ** 3);
  const y = a + (b - a) * (3 * rest * stop * stop + stop ** 3);
  return { x: Math.max(3, Math.min(width - span - 3, x - span / 2)), y: y - 9, width: span };
}

/** @param {Box} one @param {Box} other */
const apart = (one, other) => Math.abs(one.y - other.y) >= 20 || one.x + one.width + 4 <= other.x || other.x + other.width + 4 <= one.x;

/** Lines of the rows that are selected, and of those that share a partner with them: the whole path lights up. @type {{s: Set<number>, t: Set<number>, near: Set<Link>}} */
let lit = { s: new Set(), t: new Set(), near: new Set() };

/** Find what is lit; only after the selection or the rows changed. */
function light() {
  const lines = { s: pickedLines("s"), t: pickedLines("t") };
  const direct = currentLinks().filter((link) => lines.s.has(link[0]) || lines.t.has(link[1]));
  const ends = { s: new Set(direct.map((link) => link[0])), t: new Set(direct.map((link) => link[1])) };
  const near = lines.s.size + lines.t.size ? currentLinks().filter((link) => ends.s.has(link[0]) || ends.t.has(link[1])) : [];
  lit = { ...lines, near: new Set(near) };
}

/** @param {"s" | "t"} side */
function pickedLines(side) {
  const pane = paneOf(side);
  const rows = [...pane.window.children].map((row, at) => ({ node: Number(row.getAttribute("data-node")), line: pane.first + at }));
  return new Set(rows.filter((row) => state.picked[side].has(row.node)).map((row) => row.line));
}

/** @param {Link} link */
const selected = (link) => lit.s.has(link[0]) || lit.t.has(link[1]);

/** With something selected, what has nothing to do with it steps back. @param {Link} link */
const dimmed = (link) => lit.near.size > 0 && !lit.near.has(link);

/** Start drawing whenever something moved. */
export function startLinks() {
  document.addEventListener("kg:moved", drawLinks);
  for (const event of ["kg:looked", "kg:selected"]) {
    document.addEventListener(event, () => {
      if (state.mode === "free") {
        light();
        drawLinks();
      }
    });
  }
  document.addEventListener("kg:looks", relook);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", relook);
}
