// Links between the panes, on one canvas: only those with an end in view, dimmed where the other end is not.

import { byId } from "../markup.js";
import { currentLinks, paneOf } from "./panes.js";
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
  for (const each of chips) {
    chip(context, width, each.a, each.b, each.link);
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
  const lit = selected(link);
  context.setLineDash(proposed ? [5, 4] : []);
  context.strokeStyle = (lit ? colours.sel : colours[tone]) ?? "";
  context.lineWidth = lit ? 2.2 : count > 1 && !proposed ? Math.min(6.5, 1.3 + Math.log2(count) * 0.62) : 1.3;
  context.globalAlpha = lit ? 1 : !near ? 0.16 : count > 6 ? 0.42 : 0.85;
  curve(context, 0, a, width, b);
  context.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 */
function curve(context, x1, y1, x2, y2) {
  const bend = (x2 - x1) * 0.46;
  context.beginPath();
  context.moveTo(x1, y1);
  context.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2);
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} a
 * @param {number} b
 * @param {Link} link
 */
function chip(context, width, a, b, link) {
  const [, , , tone, words, , confidence] = link;
  const label = [words, confidence === null ? "" : confidence.toFixed(2)].filter(Boolean).join(" · ");
  context.setLineDash([]);
  context.font = `11px ${colours.mono}`;
  let text = label;
  while (text.length > 4 && context.measureText(text).width > width - 34) {
    text = `${text.slice(0, -2)}…`;
  }
  const span = context.measureText(text).width + 16;
  const [x, y] = [width / 2 - span / 2, (a + b) / 2 - 9];
  context.beginPath();
  context.roundRect(x, y, span, 18, 9);
  context.fillStyle = colours.panel ?? "";
  context.fill();
  context.fillStyle = colours[`${tone}-bg`] ?? "";
  context.fill();
  context.lineWidth = 1;
  context.strokeStyle = colours[`${tone}-line`] ?? "";
  context.stroke();
  context.fillStyle = colours[`${tone}-text`] ?? "";
  context.textBaseline = "middle";
  context.fillText(text, x + 8, y + 9.5);
}

/** @param {Link} link */
function selected(link) {
  const [s, t] = [paneOf("s"), paneOf("t")];
  const has = (/** @type {"s" | "t"} */ side, /** @type {number} */ line) => {
    const row = (side === "s" ? s : t).lineAt(line);
    return row !== null && state.picked[side].has(Number(row.getAttribute("data-node")));
  };
  return has("s", link[0]) || has("t", link[1]);
}

/** Start drawing whenever something moved. */
export function startLinks() {
  document.addEventListener("kg:moved", drawLinks);
  document.addEventListener("kg:looked", drawLinks);
  document.addEventListener("kg:selected", drawLinks);
  document.addEventListener("kg:looks", relook);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", relook);
  byId("main");
}
