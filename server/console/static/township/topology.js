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
 * @typedef {{cells: any[], ended: string[]}} Plan
 */

const HAIR = 1e-8; // degrees, a millimetre: corners nearer than this are one

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
function polygonsOf(geometry) {
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
function changedRings(drawing, change) {
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

/**
 * The end of what two cells share, moved along the rim to where it is nearest to a point. The rim
 * itself stays as it is: a corner that is passed goes from one cell to the other. It goes no
 * further than the next such end.
 * @param {Drawing} drawing @param {number} node @param {Point} to @returns {Drawing}
 */
export function slid(drawing, node, to) {
  const { roles, next, before } = rolesOf(drawing);
  const back = chain(node, before, roles);
  const on = chain(node, next, roles);
  const far = closest(drawing.nodes, back, to);
  const near = closest(drawing.nodes, on, to);
  if (!far && !near) return drawing;
  const backwards = far !== null && (near === null || far.distance < near.distance);
  const found = /** @type {{k: number, point: Point, distance: number}} */ (backwards ? far : near);
  const passed = (backwards ? back : on).slice(1, found.k + 1);
  const [first, second] = [back[1] ?? on.at(-1), on[1] ?? back.at(-1)];
  const nodes = [...drawing.nodes];
  const stays = bends(nodes, first, node, second) ? nodes.push(nodes[node]) - 1 : null;
  nodes[node] = found.point;
  const left = backwards ? [...passed].reverse() : passed; // in the order of the rim
  const corner = stays === null ? [] : [stays];
  const cells = changedRings(drawing, (ring) => {
    const k = ring.indexOf(node);
    if (k < 0) return ring;
    const own = [...ring.slice(k), ...ring.slice(0, k)]; // begins with the node
    const entered = own.at(-1) === first; // the rim leads into the node
    const leaves = own[1] === second; // the rim leads out of it
    if (entered && leaves) return ring;
    if (backwards) {
      if (entered) return own.slice(0, own.length - passed.length);
      return leaves ? [node, ...left, ...corner, ...own.slice(1)] : ring;
    }
    if (leaves) return [node, ...own.slice(1 + passed.length)];
    return entered ? [node, ...own.slice(1), ...corner, ...left] : ring;
  });
  return { nodes, cells };
}

/** Nodes along the rim from an end to the next end. @param {number} node
 * @param {Map<number, number>} along @param {Map<number, string>} roles @returns {number[]} */
function chain(node, along, roles) {
  const found = [node];
  for (let at = along.get(node); at !== undefined && at !== node; at = along.get(at)) {
    found.push(at);
    if (roles.get(at) === "end") break;
  }
  return found;
}

/** Where a chain is nearest to a point, short of its far end: behind which of its nodes.
 * @param {Point[]} nodes @param {number[]} along @param {Point} to */
function closest(nodes, along, to) {
  /** @type {{k: number, point: Point, distance: number} | null} */
  let best = null;
  for (let k = 0; k + 1 < along.length; k++) {
    const found = nearest(to, nodes[along[k]], nodes[along[k + 1]]);
    const last = k + 2 === along.length && found.t > 0.95;
    const at = last ? part(nodes[along[k]], nodes[along[k + 1]], 0.95) : found.point;
    if (!best || found.distance < best.distance - 1e-15)
      best = { k, point: at, distance: found.distance };
  }
  return best;
}

/** @param {Point} from @param {Point} to @param {number} t @returns {Point} */
function part(from, to, t) {
  return [from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])];
}

/** Whether the rim has a corner here. @param {Point[]} nodes @param {number | undefined} a
 * @param {number} b @param {number | undefined} c */
function bends(nodes, a, b, c) {
  if (a === undefined || c === undefined) return false;
  return nearest(nodes[b], nodes[a], nodes[c]).distance > HAIR;
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
  pieces.sort((a, b) => west(a, nodes)[0] - west(b, nodes)[0] || west(b, nodes)[1] - west(a, nodes)[1]);
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
export function west(ring, nodes) {
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
    ...holes.filter((hole) => inside(middle(hole, drawing.nodes), ring, drawing.nodes)),
  ]);
  const groups = [...new Set([...one.groups, ...other.groups])].sort((a, b) => a - b);
  const cell = { ...one, groups, polygons };
  const cells = drawing.cells.filter((each) => each !== other);
  return { nodes: drawing.nodes, cells: cells.map((each) => (each === one ? cell : each)) };
}

/** @param {Ring} ring @param {Point[]} nodes @returns {Point} */
function middle(ring, nodes) {
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
