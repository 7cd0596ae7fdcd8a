// @ts-check
/**
 * A village's cells as one drawing: what two cells share is one thing, so that moving it moves it
 * for both, and cells that tiled their village still do.
 *
 * A drawing is never changed: each verb gives a new one, which makes undoing a list of them. Rings
 * are open (the first node is not repeated) and run so that their cell is on the left; an edge that
 * no other ring runs back is on the rim.
 *
 * @typedef {[number, number]} Point degrees, WGS-84
 * @typedef {number[]} Ring nodes
 * @typedef {{key: string, code: string | null, name: string, groups: number[],
 *   workers: string[] | null, polygons: Ring[][]}} Cell polygons of rings, the outer one first
 * @typedef {{nodes: Point[], cells: Cell[]}} Drawing
 * @typedef {{code: string | null, name: string, groups: number[], geometry: any}} Told
 */

export const HAIR = 1e-8; // degrees, a millimetre: corners nearer than this are one

/** Cells of the API as a drawing. @param {Told[]} told @returns {Drawing} */
export function drawingOf(told) {
  /** @type {Point[]} */
  const nodes = [];
  /** @type {Map<string, number>} */
  const known = new Map();
  /** @param {Point} at @returns {number} */
  const node = (at) => {
    const name = `${at[0].toFixed(8)} ${at[1].toFixed(8)}`;
    let found = known.get(name);
    if (found === undefined) {
      found = nodes.push([at[0], at[1]]) - 1;
      known.set(name, found);
    }
    return found;
  };
  /** @type {Cell[]} */
  const cells = told.map((one, k) => ({
    key: one.code ?? `new-${k}`,
    code: one.code,
    name: one.code ? one.name : "",
    groups: [...one.groups],
    workers: null,
    polygons: polygonsOf(one.geometry).map((polygon) =>
      polygon.map((ring, n) => turned(ring.slice(0, -1).map(node).filter(apart), nodes, n === 0)),
    ),
  }));
  return { nodes, cells: cells.map((cell) => mapRings(cell, (ring) => noded(ring, nodes))) };
}

/** @param {number} node @param {number} k @param {Ring} ring */
function apart(node, k, ring) {
  return node !== ring[(k + ring.length - 1) % ring.length];
}

/** @param {any} geometry @returns {Point[][][]} */
export function polygonsOf(geometry) {
  if (!geometry) return [];
  return geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
}

/** A ring that runs as it should: outer ones against the clock. @param {Ring} ring
 * @param {Point[]} nodes @param {boolean} outer @returns {Ring} */
function turned(ring, nodes, outer) {
  return area(ring, nodes) > 0 === outer ? ring : [...ring].reverse();
}

/** Twice the area, positive against the clock. @param {Ring} ring @param {Point[]} nodes */
export function area(ring, nodes) {
  let sum = 0;
  ring.forEach((node, k) => {
    const [x, y] = nodes[node];
    const [u, v] = nodes[ring[(k + 1) % ring.length]];
    sum += x * v - u * y;
  });
  return sum;
}

/** With the corners of others that lie on its edges: what two share must be the same edges.
 * @param {Ring} ring @param {Point[]} nodes @returns {Ring} */
function noded(ring, nodes) {
  const order = sorted(nodes);
  /** @type {Ring} */
  const found = [];
  ring.forEach((from, k) => {
    const to = ring[(k + 1) % ring.length];
    found.push(from, ...between(from, to, nodes, order));
  });
  return found;
}

/** @type {WeakMap<Point[], number[]>} */
const ORDERS = new WeakMap();

/** Nodes from west to east. @param {Point[]} nodes @returns {number[]} */
function sorted(nodes) {
  let order = ORDERS.get(nodes);
  if (!order) {
    order = nodes.map((_, k) => k).sort((a, b) => nodes[a][0] - nodes[b][0]);
    ORDERS.set(nodes, order);
  }
  return order;
}

/** Nodes on an edge, in its order. @param {number} from @param {number} to @param {Point[]} nodes
 * @param {number[]} order @returns {number[]} */
function between(from, to, nodes, order) {
  const west = Math.min(nodes[from][0], nodes[to][0]) - HAIR;
  const east = Math.max(nodes[from][0], nodes[to][0]) + HAIR;
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (nodes[order[middle]][0] < west) low = middle + 1;
    else high = middle;
  }
  /** @type {{node: number, t: number}[]} */
  const on = [];
  for (let k = low; k < order.length && nodes[order[k]][0] <= east; k++) {
    const node = order[k];
    if (node === from || node === to) continue;
    const near = nearest(nodes[node], nodes[from], nodes[to]);
    if (near.t > 0 && near.t < 1 && near.distance < HAIR) on.push({ node, t: near.t });
  }
  return on.sort((a, b) => a.t - b.t).map((one) => one.node);
}

/** The point of an edge that is nearest to another point; `t` from 0 to 1 along it.
 * @param {Point} at @param {Point} from @param {Point} to
 * @returns {{point: Point, t: number, distance: number}} */
export function nearest(at, from, to) {
  const squeeze = Math.cos((at[1] * Math.PI) / 180); // a degree of longitude is shorter
  const [x, y] = [(to[0] - from[0]) * squeeze, to[1] - from[1]];
  const long = x * x + y * y;
  const along = ((at[0] - from[0]) * squeeze * x + (at[1] - from[1]) * y) / (long || 1);
  const t = Math.max(0, Math.min(1, along));
  /** @type {Point} */
  const point = [from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])];
  return { point, t, distance: Math.hypot((at[0] - point[0]) * squeeze, at[1] - point[1]) };
}

/** @param {Cell} cell @param {(ring: Ring) => Ring} change @returns {Cell} */
function mapRings(cell, change) {
  return { ...cell, polygons: cell.polygons.map((polygon) => polygon.map(change)) };
}

/** The same with rings changed; cells of which no ring is another stay the same object.
 * @param {Drawing} drawing @param {(ring: Ring) => Ring} change @returns {Cell[]} */
export function changedRings(drawing, change) {
  return drawing.cells.map((cell) => {
    let differs = false;
    const found = mapRings(cell, (ring) => {
      const after = change(ring);
      differs ||= after !== ring;
      return after;
    });
    return differs ? found : cell;
  });
}

/** Edge "from:to" → key of the cell that has it on its left. @param {Drawing} drawing
 * @returns {Map<string, string>} */
export function edgesOf(drawing) {
  const edges = new Map();
  for (const cell of drawing.cells)
    for (const polygon of cell.polygons)
      for (const ring of polygon)
        ring.forEach((from, k) => edges.set(`${from}:${ring[(k + 1) % ring.length]}`, cell.key));
  return edges;
}

/**
 * What each node is: `inner`, where nothing but cells is around; `end`, where what two cells share
 * meets the rim; `rim`. And which nodes come before and after it along the rim.
 * @param {Drawing} drawing
 * @returns {{roles: Map<number, "inner" | "end" | "rim">, next: Map<number, number>,
 *   before: Map<number, number>, beside: Map<number, Set<number>>}}
 */
export function rolesOf(drawing) {
  const edges = edgesOf(drawing);
  /** @type {Map<number, number>} */
  const next = new Map();
  /** @type {Map<number, number>} */
  const before = new Map();
  /** @type {Map<number, Set<number>>} */
  const beside = new Map();
  /** @type {Set<number>} */
  const shared = new Set();
  for (const edge of edges.keys()) {
    const [from, to] = edge.split(":").map(Number);
    beside.set(from, (beside.get(from) ?? new Set()).add(to));
    beside.set(to, (beside.get(to) ?? new Set()).add(from));
    if (edges.has(`${to}:${from}`)) shared.add(from).add(to);
    else {
      next.set(from, to);
      before.set(to, from);
    }
  }
  /** @type {Map<number, "inner" | "end" | "rim">} */
  const roles = new Map();
  for (const node of beside.keys()) {
    const outer = next.has(node) || before.has(node);
    roles.set(node, outer ? (shared.has(node) ? "end" : "rim") : "inner");
  }
  return { roles, next, before, beside };
}

/** A node somewhere else, for all cells that have it. @param {Drawing} drawing
 * @param {number} node @param {Point} to @returns {Drawing} */
export function moved(drawing, node, to) {
  const nodes = [...drawing.nodes];
  nodes[node] = to;
  return { nodes, cells: drawing.cells };
}

/** @param {Point} from @param {Point} to @param {number} t @returns {Point} */
export function part(from, to, t) {
  return [from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])];
}

/** A new node on an edge, in every ring that has it. @param {Drawing} drawing @param {number} from
 * @param {number} to @param {Point} at @returns {{drawing: Drawing, node: number}} */
export function inserted(drawing, from, to, at) {
  const nodes = [...drawing.nodes];
  const node = nodes.push(at) - 1;
  const cells = changedRings(drawing, (ring) => {
    const k = ring.findIndex((one, n) => {
      const other = ring[(n + 1) % ring.length];
      return (one === from && other === to) || (one === to && other === from);
    });
    return k < 0 ? ring : [...ring.slice(0, k + 1), node, ...ring.slice(k + 1)];
  });
  return { drawing: { nodes, cells }, node };
}

/** Without an inner node that joins two edges only; null where more meet, or a ring would be none.
 * @param {Drawing} drawing @param {number} node @returns {Drawing | null} */
export function removed(drawing, node) {
  const { roles, beside } = rolesOf(drawing);
  if (roles.get(node) !== "inner" || beside.get(node)?.size !== 2) return null;
  let whole = true;
  const cells = changedRings(drawing, (ring) => {
    if (!ring.includes(node)) return ring;
    whole &&= ring.length > 3;
    return ring.filter((one) => one !== node);
  });
  return whole ? { nodes: drawing.nodes, cells } : null;
}
