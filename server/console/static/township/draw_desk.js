// @ts-check
/** The desk of somebody who draws: the sketch, what is chosen of it, and what the map shows. */

import { ask, Refused } from "./asking.js";
import { boxOf, drawingMap, feature, point, put, putCells } from "./draw_map.js";
import { Sketch } from "./draw_state.js";
import { holds } from "./draw_tools.js";
import { moved, rolesOf } from "./topology.js";
import { planOf } from "./topology_plan.js";
import { slid } from "./topology_slide.js";

/** @typedef {import("./topology.js").Drawing} Drawing @typedef {import("./topology.js").Point} Point */
/** @typedef {import("./topology.js").Cell} Cell */

/** @param {string} id @returns {any} */
export const part = (id) => document.getElementById(id);
/** @type {HTMLElement} */
export const studio = part("studio");
export const village = studio.dataset.village ?? "";
/** @type {Record<string, string>} */
export const words = JSON.parse(part("words").textContent);
export const sketch = new Sketch(await ask(`/moves/ground?village=${village}`).catch(fail));

/** What is chosen: a tool, a cell (its key), a corner of it; a cut that is being drawn; the drawing
 * while a corner is dragged; what the check found; whether the whole village is to be as drawn. */
export const desk = {
  tool: "move",
  chosen: /** @type {string | null} */ (null),
  held: /** @type {number | null} */ (null),
  line: /** @type {Point[]} */ ([]),
  moving: /** @type {Drawing | null} */ (null),
  findings: /** @type {any[]} */ ([]),
  whole: false,
};
export const map = begin();
/** @type {(() => void)[]} */
const listers = [];
/** @type {(() => void)[]} */
const checkers = [];

/** Be told when something else is chosen or drawn. @param {() => void} lister */
export function onChoice(lister) {
  listers.push(lister);
}

/** Be told of every step of the drawing. @param {() => void} checker */
export function onStep(checker) {
  checkers.push(checker);
}

/** Where a place is on the map. @param {Point} at @returns {{x: number, y: number}} */
export const project = (at) => map.project(at);

/** @param {string} text */
export function say(text) {
  part("say").textContent = text;
}

/** What went wrong, in words. @param {unknown} error */
export function sayWhy(error) {
  say(error instanceof Refused ? error.message : words.failed);
}

/** @param {unknown} error @returns {never} */
function fail(error) {
  sayWhy(error);
  throw error;
}

function begin() {
  const { geometry, cells } = sketch.ground;
  const box = boxOf([geometry, ...cells.map((cell) => cell.geometry)]);
  if (!box) {
    say(words.empty);
    throw new Error(words.empty);
  }
  try {
    return drawingMap(box, words, 70);
  } catch (error) {
    say(words.no_map);
    throw error;
  }
}

/** What the drawing asks of the server. */
export function plan() {
  return planOf(sketch.drawing, sketch.base, desk.whole);
}

/** What a cell is called; a new one by its turn. @param {string} key */
export function nameOf(key) {
  const { cells } = desk.moving ?? sketch.drawing;
  const cell = cells.find((one) => one.key === key);
  if (cell?.name) return cell.name;
  return `${words.new} ${cells.filter((one) => !one.code).findIndex((one) => one.key === key) + 1}`;
}

/** The same by code: new cells get the next numbers, in the order in which they are sent.
 * @param {string} code */
export function nameOfCode(code) {
  const { cells } = sketch.drawing;
  const fresh = cells.filter((one) => !one.code);
  const known = cells.find((one) => one.code === code);
  const found = known ?? fresh[Number(code.slice(12)) - sketch.ground.next];
  if (found) return nameOf(found.key);
  return sketch.base.cells.find((one) => one.code === code)?.name ?? code; // it is to end
}

/** A text with the names of the cells whose codes it says. @param {string} text */
export function inNames(text) {
  return text.replace(/[0-9]{15}/g, nameOfCode);
}

/** The map as things stand. */
export function show() {
  const drawing = desk.moving ?? sketch.drawing;
  const changed = new Set(planOf(drawing, sketch.base).cells.map((cell) => cell.code));
  putCells(map, drawing, (cell) => ({
    name: nameOf(cell.key),
    chosen: cell.key === desk.chosen,
    changed: !cell.code || changed.has(cell.code),
  }));
  const { corners, middles } = desk.tool === "move" ? holds(drawing, desk.chosen) : { corners: [], middles: [] };
  put(map, "corners", [
    ...middles.map((one) => feature(point(one.at), { kind: "middle" })),
    ...corners.map((one) => feature(point(drawing.nodes[one.node]), { kind: one.node === desk.held ? "held" : "corner" })),
    ...desk.line.map((at) => feature(point(at), { kind: "held" })),
  ]);
  put(map, "line", desk.line.length > 1 ? [feature({ type: "LineString", coordinates: desk.line })] : []);
  put(map, "findings", desk.findings);
}

/** Map and lists as things stand. */
export function showAll() {
  for (const lister of listers) lister();
  show();
}

/** @param {string | null} key of a cell */
export function choose(key) {
  desk.chosen = key;
  desk.held = null;
  showAll();
}

/** One step more. @param {Drawing} drawing */
export function step(drawing) {
  sketch.take(drawing);
  stepped();
}

/** A step back (-1), or forth again. @param {number} by */
export function go(by) {
  if (sketch.go(by)) stepped();
}

function stepped() {
  const { drawing } = sketch;
  desk.moving = null;
  if (!drawing.cells.some((cell) => cell.key === desk.chosen)) desk.chosen = null;
  if (desk.held !== null && !rolesOf(drawing).roles.has(desk.held)) desk.held = null;
  if (!sketch.kept) say(words.full);
  part("outcome").replaceChildren();
  showAll();
  for (const checker of checkers) checker();
}

/** A corner at another place, as far as it may go: on the rim along the rim.
 * @param {Drawing} drawing @param {number} node @param {Point} to @returns {Drawing} */
export function carried(drawing, node, to) {
  return rolesOf(drawing).roles.get(node) === "end" ? slid(drawing, node, to) : moved(drawing, node, to);
}

/** Somebody else has drawn here meanwhile: both are shown. @param {any} ground as it is now */
export function compare(ground) {
  const theirs = ground.stamp !== sketch.stamp;
  sketch.ground = ground;
  part("theirs").hidden = !theirs;
  put(map, "theirs", theirs ? ground.cells.map((/** @type {any} */ cell) => feature(cell.geometry)) : []);
}

/** A drawing that the server made, with what is known of its cells: names, groups, workers. New
 * ones follow the order in which they were sent. @param {Drawing} drawing @returns {Drawing} */
export function named(drawing) {
  const fresh = sketch.drawing.cells.filter((cell) => !cell.code);
  let nth = 0;
  const cells = drawing.cells.map((cell) => {
    const had = cell.code ? sketch.drawing.cells.find((one) => one.code === cell.code) : fresh[nth++];
    return had ? { ...had, polygons: cell.polygons } : cell;
  });
  return { nodes: drawing.nodes, cells };
}

