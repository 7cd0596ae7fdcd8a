// @ts-check
/** Moving the end of a shared border along the rim of the village. */

import { changedRings, HAIR, nearest, part, rolesOf } from "./topology.js";

/** @typedef {import("./topology.js").Drawing} Drawing @typedef {import("./topology.js").Point} Point */

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
  let fixed = false;
  const cells = changedRings(drawing, (ring) => {
    const k = ring.indexOf(node);
    if (k < 0) return ring;
    const own = [...ring.slice(k), ...ring.slice(0, k)]; // begins with the node
    const entered = own.at(-1) === first; // the rim leads into the node
    const leaves = own[1] === second; // the rim leads out of it
    if (entered && leaves) fixed = true; // one cell on both sides: it would cross its own corner
    if (backwards) {
      if (entered) return own.slice(0, own.length - passed.length);
      return leaves ? [node, ...left, ...corner, ...own.slice(1)] : ring;
    }
    if (leaves) return [node, ...own.slice(1 + passed.length)];
    return entered ? [node, ...own.slice(1), ...corner, ...left] : ring;
  });
  const none = cells.some((cell) => cell.polygons.flat().some((ring) => ring.length < 3));
  return none || fixed ? drawing : { nodes, cells }; // of every cell something stays
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

/** Whether the rim has a corner here. @param {Point[]} nodes @param {number | undefined} a
 * @param {number} b @param {number | undefined} c */
function bends(nodes, a, b, c) {
  if (a === undefined || c === undefined) return false;
  return nearest(nodes[b], nodes[a], nodes[c]).distance > HAIR;
}
