// @ts-check
/** The legend: a small histogram whose bars are the classes. A bar lights its cells. */

import { HUE, ZERO } from "./map_style.js";
import { words } from "./map_told.js";

/** @typedef {import("./map_told.js").Told} Told @typedef {import("./map_told.js").Cell} Cell */

/** Shade → codes of its cells; null: of those in which nobody lives.
 * @param {Cell[]} cells @returns {Map<number|null, string[]>} */
export function classed(cells) {
  /** @type {Map<number|null, string[]>} */
  const found = new Map();
  for (const { code, shade } of cells) {
    const alike = found.get(shade);
    if (alike) alike.push(code);
    else found.set(shade, [code]);
  }
  return found;
}

/** Draw it into `box`; `light` is called with the codes of a bar's cells, or none of them.
 * @param {HTMLElement} box @param {Told} told @param {Map<number|null, string[]>} found
 * @param {(codes: string[]) => void} light */
export function draw(box, told, found, light) {
  box.replaceChildren();
  const said = document.createElement("p");
  said.textContent = told.as_of ? words.legend_past : words[`legend_${told.ask}`];
  box.append(said);
  if (told.as_of) return;
  const bars = document.createElement("ul");
  const begins = told.classes[told.ask] ?? [];
  const lighter = HUE.length - begins.length; // shades that are not needed
  const most = Math.max(1, ...[...found.values()].map((codes) => codes.length));
  const all = [
    { shade: 0, text: told.ask === "coverage" ? "0%" : words.zero, colour: ZERO },
    ...begins.map((_from, at) => ({ shade: lighter + at + 1, text: range(told.ask, begins, at), colour: HUE[lighter + at] })),
  ];
  for (const one of all) bars.append(bar(one.text, one.colour, found.get(one.shade) ?? [], most, light));
  if (told.ask === "coverage") bars.append(bar(words.unknown, null, found.get(null) ?? [], most, light));
  const hint = document.createElement("p");
  hint.className = "hint";
  hint.textContent = words.legend_hint;
  box.append(bars, hint);
}

/** @param {string} text @param {string|null} colour @param {string[]} codes @param {number} most
 * @param {(codes: string[]) => void} light */
function bar(text, colour, codes, most, light) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  const count = document.createElement("b");
  count.textContent = String(codes.length);
  const unit = document.createElement("span");
  unit.className = "hidden";
  unit.textContent = words.cells;
  const block = document.createElement("i");
  block.className = colour ? "" : "hatched";
  block.style.height = `${codes.length ? Math.max(3, (48 * codes.length) / most) : 1}px`;
  if (colour) block.style.backgroundColor = colour;
  const name = document.createElement("span");
  name.textContent = text;
  button.append(count, unit, block, name);
  for (const on of ["pointerenter", "focus"]) button.addEventListener(on, () => light(codes));
  for (const off of ["pointerleave", "blur"]) button.addEventListener(off, () => light([]));
  item.append(button);
  return item;
}

/** A class in words: 20–39%, 3–5, 40 and more. @param {string} ask @param {number[]} begins @param {number} at */
function range(ask, begins, at) {
  const share = ask === "coverage";
  const next = begins[at + 1];
  const from = share ? Math.max(1, Math.round(begins[at] * 100)) : begins[at];
  if (share) return next === undefined ? `≥ ${from}%` : `${from}–${Math.round(next * 100) - 1}%`;
  if (next === undefined) return `≥ ${from}`;
  return next - 1 > from ? `${from}–${next - 1}` : String(from);
}
