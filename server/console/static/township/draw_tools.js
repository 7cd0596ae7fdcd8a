// @ts-check
/** Where a pointer is in a drawing, and what each tool makes of it. Pure but for the projection. */

import { inserted, nearest, rolesOf } from "./topology.js";
import { cellAt, cut, joined } from "./topology_cut.js";

/** @typedef {import("./topology.js").Drawing} Drawing @typedef {import("./topology.js").Point} Point */
/** @typedef {(at: Point) => {x: number, y: number}} Project degrees → pixels */
/** @typedef {{key: string, from: Point, via: Point[]}} Line a cut that is being drawn */

/** Corners that can be moved, and middles of edges where one can be made. @param {Drawing} drawing
 * @param {string | null} key of the chosen cell
 * @returns {{corners: {node: number, end: boolean}[], middles: {from: number, to: number, at: Point}[]}} */
export function holds(drawing, key) {
  const cell = drawing.cells.find((one) => one.key === key);
  if (!cell) return { corners: [], middles: [] };
  const { roles, next } = rolesOf(drawing);
  const corners = [];
  const middles = [];
  for (const ring of cell.polygons.flat()) {
    for (const [k, from] of ring.entries()) {
      const to = ring[(k + 1) % ring.length];
      const role = roles.get(from);
      if (role && role !== "rim") corners.push({ node: from, end: role === "end" });
      if (next.get(from) !== to) {
        const [a, b] = [drawing.nodes[from], drawing.nodes[to]];
        middles.push({ from, to, at: /** @type {Point} */ ([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]) });
      }
    }
  }
  return { corners, middles };
}

/** The nearest of some points within so many pixels. @template T @param {T[]} among
 * @param {(one: T) => Point} where @param {{x: number, y: number}} at @param {Project} project
 * @param {number} reach @returns {T | null} */
export function hit(among, where, at, project, reach) {
  let [best, far] = [/** @type {T | null} */ (null), reach];
  for (const one of among) {
    const there = project(where(one));
    const distance = Math.hypot(there.x - at.x, there.y - at.y);
    if (distance <= far) [best, far] = [one, distance];
  }
  return best;
}

/** Where on an edge of the drawing a pointer is, within so many pixels. @param {Drawing} drawing
 * @param {Point} at @param {Project} project @param {number} reach
 * @returns {{from: number, to: number, point: Point} | null} */
export function onEdge(drawing, at, project, reach) {
  /** @type {{from: number, to: number, point: Point, distance: number} | null} */
  let best = null;
  for (const ring of drawing.cells.flatMap((cell) => cell.polygons.flat())) {
    for (const [k, from] of ring.entries()) {
      const to = ring[(k + 1) % ring.length];
      const found = nearest(at, drawing.nodes[from], drawing.nodes[to]);
      if (!best || found.distance < best.distance) best = { from, to, ...found };
    }
  }
  if (!best) return null;
  const [here, there] = [project(at), project(best.point)];
  return Math.hypot(here.x - there.x, here.y - there.y) <= reach ? best : null;
}

/** A cell cut along a line whose ends lie on its ring; null where they do not.
 * @param {Drawing} drawing @param {Point} from @param {Point[]} via @param {Point} to
 * @returns {{drawing: Drawing, key: string} | null} */
export function cutAlong(drawing, from, via, to) {
  const first = via[0] ?? to;
  const cell = cellAt(drawing, [(from[0] + first[0]) / 2, (from[1] + first[1]) / 2]);
  if (!cell) return null;
  const begun = noded(drawing, from);
  const ended = begun && noded(begun.drawing, to);
  return ended ? cut(ended.drawing, cell.key, begun.node, via, ended.node) : null;
}

/** A drawing with a node at a point of one of its edges. @param {Drawing} drawing @param {Point} at
 * @returns {{drawing: Drawing, node: number} | null} */
function noded(drawing, at) {
  const there = drawing.nodes.findIndex((one) => one[0] === at[0] && one[1] === at[1]);
  if (there >= 0) return { drawing, node: there };
  const same = (/** @type {Point} */ point) => ({ x: point[0] * 1e6, y: point[1] * 1e6 });
  const edge = onEdge(drawing, at, same, 10);
  return edge ? inserted(drawing, edge.from, edge.to, at) : null;
}

/** The cell under a pointer joined to the chosen one. @param {Drawing} drawing
 * @param {string | null} chosen @param {Point} at @returns {Drawing | null} */
export function joinAt(drawing, chosen, at) {
  const other = cellAt(drawing, at);
  return chosen && other ? joined(drawing, chosen, other.key) : null;
}
