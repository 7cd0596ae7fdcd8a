// @ts-check
/** Choosing the cell of unplaced households on a small map; the list beside it works without. */

import { ask } from "./asking.js";
import { boxOf, drawingMap, feature, put, putCells } from "./draw_map.js";
import { drawingOf } from "./topology.js";
import { cellAt } from "./topology_cut.js";

const there = /** @type {HTMLElement} */ (document.getElementById("map"));
const cell = /** @type {HTMLSelectElement} */ (document.getElementById("cell"));
const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

// Whoever moves nothing here chooses from the list.
const ground = await ask(`/moves/ground?village=${there.dataset.village}`).catch(() => null);
const box = ground && boxOf([ground.geometry, ...ground.cells.map((/** @type {any} */ one) => one.geometry)]);
if (box) {
  there.hidden = false;
  begin(box);
}

/** @param {[number, number, number, number]} around */
function begin(around) {
  const drawing = drawingOf(ground.cells);
  const map = drawingMap(around, words);
  const paint = () =>
    putCells(map, drawing, ({ name, code }) => ({ name, chosen: code === cell.value, changed: false }));
  map.once("load", () => {
    put(map, "village", [feature(ground.geometry)]);
    paint();
  });
  map.on("click", (/** @type {any} */ event) => {
    const found = cellAt(drawing, [event.lngLat.lng, event.lngLat.lat]);
    if (!found?.code) return;
    cell.value = found.code;
    cell.dispatchEvent(new Event("input", { bubbles: true })); // so that it is kept
    paint();
  });
  cell.addEventListener("change", paint);
}
