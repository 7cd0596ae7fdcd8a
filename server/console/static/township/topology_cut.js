// @ts-check
/** Cells of a drawing cut in two, joined, and found by a point. */

import { area, part } from "./topology.js";

/** @typedef {import("./topology.js").Drawing} Drawing @typedef {import("./topology.js").Point} Point */
/** @typedef {import("./topology.js").Cell} Cell @typedef {import("./topology.js").Ring} Ring */

/**
 * A cell cut in two from one node of its ring to another, through points between them; null where
 * both are not of one outer ring. The western piece (of equals the northern) stays what it was, as
 * the server has it; the other one is new.
 * @param {Drawing} drawing @param {string} key @param {number} from @param {Point[]} via
 * @param {number} to @returns {{drawing: Drawing, key: string} | null}
 */
export function cut(drawing, key, from, via, to) {
  const cell = drawing.cells.find((one) => one.key === key);
  const k = cell?.polygons.findIndex(([ring]) => ring.includes(from) && ring.includes(to)) ?? -1;
  if (!cell || k < 0 || from === to) return null;
  const nodes = [...drawing.nodes];
  const line = via.map((at) => nodes.push(at) - 1);
  const [ring, ...holes] = cell.polygons[k];
  const start = ring.indexOf(from);
  const own = [...ring.slice(start), ...ring.slice(0, start)];
  const end = own.indexOf(to);
  const pieces = [
    [...own.slice(0, end + 1), ...[...line].reverse()],
    [...own.slice(end), own[0], ...line],
  ];
  if (pieces.some((piece) => piece.length < 3 || area(piece, nodes) <= 0)) return null;
  pieces.sort((a, b) => middle(a, nodes)[0] - middle(b, nodes)[0] || middle(b, nodes)[1] - middle(a, nodes)[1]);
  const polygons = pieces.map((piece) => [piece, ...holes.filter((h) => inside(nodes[h[0]], piece, nodes))]);
  const fresh = freshKey(drawing);
  const stays = { ...cell, polygons: cell.polygons.map((one, n) => (n === k ? polygons[0] : one)) };
  /** @type {Cell} */
  const made = { key: fresh, code: null, name: "", groups: [], workers: null, polygons: [polygons[1]] };
  const cells = drawing.cells.map((one) => (one === cell ? stays : one));
  return { drawing: { nodes, cells: [...cells, made] }, key: fresh };
}

/** @param {Drawing} drawing @returns {string} */
function freshKey(drawing) {
  let n = 1;
  while (drawing.cells.some((one) => one.key === `new-${n}`)) n++;
  return `new-${n}`;
}

/** The middle of a ring's area. @param {Ring} ring @param {Point[]} nodes @returns {Point} */
export function middle(ring, nodes) {
  const [ox, oy] = nodes[ring[0]]; // near the ring: products of degrees lose digits
  let [x, y, sum] = [0, 0, 0];
  ring.forEach((node, k) => {
    const [a, b] = [nodes[node][0] - ox, nodes[node][1] - oy];
    const other = nodes[ring[(k + 1) % ring.length]];
    const [c, d] = [other[0] - ox, other[1] - oy];
    const cross = a * d - c * b;
    sum += cross;
    x += (a + c) * cross;
    y += (b + d) * cross;
  });
  return sum ? [ox + x / (3 * sum), oy + y / (3 * sum)] : [ox, oy];
}

/** Whether a point lies in a ring. @param {Point} at @param {Ring} ring @param {Point[]} nodes */
export function inside(at, ring, nodes) {
  let found = false;
  ring.forEach((node, k) => {
    const [a, b] = [nodes[node], nodes[ring[(k + 1) % ring.length]]];
    if (a[1] > at[1] !== b[1] > at[1]) {
      const x = a[0] + ((at[1] - a[1]) / (b[1] - a[1])) * (b[0] - a[0]);
      if (at[0] < x) found = !found;
    }
  });
  return found;
}

/** The cell that a point lies in. @param {Drawing} drawing @param {Point} at
 * @returns {Cell | null} */
export function cellAt(drawing, at) {
  const has = (/** @type {Cell} */ cell) =>
    cell.polygons.some((rings) => rings.filter((ring) => inside(at, ring, drawing.nodes)).length % 2);
  return drawing.cells.find(has) ?? null;
}

/**
 * Two cells as one: `keep` stays, with the groups of both; null where they share no edge.
 * @param {Drawing} drawing @param {string} keep @param {string} gone @returns {Drawing | null}
 */
export function joined(drawing, keep, gone) {
  const [one, other] = [keep, gone].map((key) => drawing.cells.find((cell) => cell.key === key));
  if (!one || !other || one === other) return null;
  /** @type {Map<string, [number, number]>} */
  const edges = new Map();
  let shared = 0;
  for (const ring of [...one.polygons, ...other.polygons].flat())
    ring.forEach((from, k) => {
      const to = ring[(k + 1) % ring.length];
      if (edges.delete(`${to}:${from}`)) shared++;
      else edges.set(`${from}:${to}`, [from, to]);
    });
  if (!shared) return null;
  const rings = looped(edges);
  const outers = rings.filter((ring) => area(ring, drawing.nodes) > 0);
  const holes = rings.filter((ring) => area(ring, drawing.nodes) <= 0);
  const polygons = outers.map((ring) => [
    ring,
    ...holes.filter((hole) => inside(edge(hole, drawing.nodes), ring, drawing.nodes)),
  ]);
  const groups = [...new Set([...one.groups, ...other.groups])].sort((a, b) => a - b);
  const cell = { ...one, groups, polygons };
  const cells = drawing.cells.filter((each) => each !== other);
  return { nodes: drawing.nodes, cells: cells.map((each) => (each === one ? cell : each)) };
}

/** @param {Ring} ring @param {Point[]} nodes @returns {Point} */
function edge(ring, nodes) {
  return part(nodes[ring[0]], nodes[ring[1]], 0.5);
}

/** Rings of directed edges; at a node where two rings touch the sharper turn is taken later.
 * @param {Map<string, [number, number]>} edges @returns {Ring[]} */
function looped(edges) {
  /** @type {Map<number, number[]>} */
  const out = new Map();
  for (const [from, to] of edges.values()) out.set(from, [...(out.get(from) ?? []), to]);
  /** @type {Ring[]} */
  const rings = [];
  for (const start of out.keys()) {
    while (out.get(start)?.length) {
      /** @type {Ring} */
      const ring = [];
      let at = start;
      do {
        ring.push(at);
        at = /** @type {number} */ (out.get(at)?.pop());
      } while (at !== start && at !== undefined);
      rings.push(ring);
    }
  }
  return rings.filter((ring) => ring.length > 2);
}
