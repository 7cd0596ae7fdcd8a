// @ts-check
/** What a drawing says to the server: its cells as GeoJSON, and what of them is to be redrawn. */

import { polygonsOf } from "./topology.js";

/** @typedef {import("./topology.js").Drawing} Drawing @typedef {import("./topology.js").Point} Point */
/** @typedef {import("./topology.js").Cell} Cell */
/** @typedef {{cells: any[], ended: string[]}} Plan */

/** @param {Drawing} drawing @param {Cell} cell @returns {any} GeoJSON */
export function geometryOf(drawing, cell) {
  const polygons = cell.polygons.map((polygon) =>
    polygon.map((ring) => [...ring, ring[0]].map((node) => drawing.nodes[node])),
  );
  if (!polygons.length) return null;
  return polygons.length === 1
    ? { type: "Polygon", coordinates: polygons[0] }
    : { type: "MultiPolygon", coordinates: polygons };
}

/**
 * What a drawing changes, as a redraw takes it. `whole`: every cell with its boundary, also those
 * that stay, so that the drawing holds whatever somebody else has drawn meanwhile.
 * @param {Drawing} drawing @param {Drawing} base what it began with @param {boolean} [whole]
 * @returns {Plan}
 */
export function planOf(drawing, base, whole = false) {
  const had = new Map(base.cells.map((cell) => [cell.code, cell]));
  const cells = drawing.cells.flatMap((cell) => {
    const was = cell.code ? had.get(cell.code) : undefined;
    const geometry = geometryOf(drawing, cell);
    /** @type {any} */
    const told = cell.code ? { code: cell.code } : {};
    if (geometry && (whole || !was || !same(geometry, geometryOf(base, was)))) told.geometry = geometry;
    if (cell.name && cell.name !== was?.name) told.name = cell.name;
    if (!was ? cell.groups.length : `${cell.groups}` !== `${was.groups}`) told.groups = cell.groups;
    if (cell.workers) told.workers = cell.workers;
    return Object.keys(told).length > (cell.code ? 1 : 0) ? [told] : [];
  });
  const stays = new Set(drawing.cells.map((cell) => cell.code));
  const ended = base.cells.flatMap((cell) => (cell.code && !stays.has(cell.code) ? [cell.code] : []));
  return { cells, ended };
}

/** Alike, wherever rings begin. @param {any} one @param {any} other */
function same(one, other) {
  return JSON.stringify(begun(one)) === JSON.stringify(begun(other));
}

/** @param {any} geometry @returns {Point[][]} rings, each from its least corner on */
function begun(geometry) {
  return polygonsOf(geometry).flat().map((ring) => {
    const open = ring.slice(0, -1);
    const names = open.map(String);
    const k = names.indexOf([...names].sort()[0]);
    return [...open.slice(k), ...open.slice(0, k)];
  });
}
