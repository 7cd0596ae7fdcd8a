// @ts-check
/**
 * Drawing the cells of one village anew: on the map or by fields, checked while it is drawn,
 * previewed before it is applied. What is drawn stays in this browser until then.
 *
 * What two cells share moves for both (topology.js), so that cells which tiled their village still
 * do; ends on the village's border move along it.
 */

import { ask, half } from "./asking.js";
import "./draw_apply.js";
import { check } from "./draw_check.js";
import { carried, choose, compare, desk, go, inNames, map, part, project, say, sayWhy, show, showAll, sketch, step, studio, village, words } from "./draw_desk.js";
import { feature, put } from "./draw_map.js";
import "./draw_side.js";
import { cutAlong, hit, holds, joinAt, onEdge } from "./draw_tools.js";
import { drawingOf, inserted, removed } from "./topology.js";
import { cellAt } from "./topology_cut.js";

/** @typedef {import("./topology.js").Point} Point */

const REACH = matchMedia("(pointer: coarse)").matches ? 22 : 11; // pixels

/** Take hold of a corner, or of the middle of an edge, which makes one. @param {any} event */
function takeHold(event) {
  if (desk.tool !== "move" || (event.originalEvent.touches?.length ?? 1) > 1) return;
  const { drawing } = sketch;
  const { corners, middles } = holds(drawing, desk.chosen);
  const corner = hit(corners, (one) => drawing.nodes[one.node], event.point, project, REACH);
  const middle = corner ? null : hit(middles, (one) => one.at, event.point, project, REACH);
  if (!corner && !middle) return;
  event.preventDefault(); // the map stays where it is
  const start = middle ? inserted(drawing, middle.from, middle.to, middle.at) : { drawing, node: corner?.node ?? 0 };
  desk.held = start.node;
  const follow = (/** @type {any} */ at) => {
    desk.moving = carried(start.drawing, start.node, [at.lngLat.lng, at.lngLat.lat]);
    show();
  };
  const going = [map.on("mousemove", follow), map.on("touchmove", follow)];
  const over = new AbortController();
  const letGo = () => {
    over.abort();
    for (const one of going) one.unsubscribe();
    if (desk.moving) step(desk.moving);
    else showAll();
  };
  // Wherever the pointer is by then; a touch that the browser takes away (a call, a swipe) has ended.
  for (const ends of event.type === "mousedown" ? ["mouseup", "blur"] : ["touchend", "touchcancel"])
    addEventListener(ends, letGo, { signal: over.signal });
}

/** @param {any} event */
function click(event) {
  /** @type {Point} */
  const at = [event.lngLat.lng, event.lngLat.lat];
  if (desk.tool === "cut") cutting(at);
  else if (desk.tool === "join") joining(at);
  else if (!hit(holds(sketch.drawing, desk.chosen).corners, (one) => sketch.drawing.nodes[one.node], event.point, project, REACH))
    choose(cellAt(sketch.drawing, at)?.key ?? null);
}

/** @param {Point} at */
function joining(at) {
  const under = cellAt(sketch.drawing, at)?.key ?? null;
  const both = joinAt(sketch.drawing, desk.chosen, at);
  if (both) step(both);
  else if (desk.chosen && under && under !== desk.chosen) say(words.no_join);
  else choose(under);
}

/** @param {Point} at */
function cutting(at) {
  const edge = onEdge(sketch.drawing, at, project, REACH);
  if (desk.line.length && edge) cutFrom(desk.line[0], desk.line.slice(1), edge.point);
  else if (edge) desk.line = [edge.point];
  else if (desk.line.length) desk.line = [...desk.line, at];
  else say(words.cut);
  show();
}

/** @param {Point | undefined} from @param {Point[]} via @param {Point | undefined} to */
function cutFrom(from, via, to) {
  const made = from && to ? cutAlong(sketch.drawing, from, via, to) : null;
  desk.line = [];
  if (!made) {
    say(words.no_cut);
    return;
  }
  desk.chosen = made.key;
  step(made.drawing);
}

async function draft() {
  const [low, high] = [Number(part("low").value), Number(part("high").value)];
  try {
    const made = await ask("/moves/draft", { village, low, high });
    const had = new Map(sketch.ground.cells.map((cell) => [cell.code, cell]));
    const told = made.plan.cells.map((/** @type {any} */ cell) => ({ code: null, name: had.get(cell.code)?.name ?? "", ...cell }));
    step(drawingOf(told));
    say([words.drafted, ...made.warnings.map((/** @type {any} */ one) => inNames(half(one.text)))].join(" "));
  } catch (error) {
    sayWhy(error);
  }
}

/** @param {string} tool */
function pick(tool) {
  desk.tool = tool;
  desk.line = [];
  for (const one of document.querySelectorAll("[data-tool]"))
    one.setAttribute("aria-pressed", String(one.getAttribute("data-tool") === tool));
  say(words[tool]);
  show();
}

/** A field with a node in it → where that is. @param {string} id */
const at = (id) => sketch.drawing.nodes[Number(part(id).value || -1)];

/** What the buttons do. @type {Record<string, () => unknown>} */
const DOES = {
  undo: () => go(-1),
  redo: () => go(1),
  remove: () => {
    const without = desk.held === null ? null : removed(sketch.drawing, desk.held);
    if (without) step(without);
    else say(words.no_remove);
  },
  put: () => {
    const [lon, lat] = ["lon", "lat"].map((id) => Number(part(id).value.trim() || NaN));
    const fine = at("corner") && Math.abs(lon) <= 180 && Math.abs(lat) <= 90;
    if (fine) step(carried(sketch.drawing, Number(part("corner").value), [lon, lat]));
    else say(words.no_place);
  },
  across: () => cutFrom(at("corner"), [], at("across")),
  draft,
  forget: () => {
    sketch.forget();
    location.assign(location.pathname);
  },
};

studio.addEventListener("click", (event) => {
  const pressed = event.target instanceof Element ? event.target.closest("button") : null;
  if (pressed?.dataset.tool) pick(pressed.dataset.tool);
  if (pressed?.dataset.do) void DOES[pressed.dataset.do]();
});
part("whole").addEventListener("change", () => {
  desk.whole = part("whole").checked;
  part("outcome").replaceChildren(); // what was previewed is another plan
  check();
});
document.addEventListener("keydown", (event) => {
  if (event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  const key = event.key.toLowerCase();
  const control = event.ctrlKey || event.metaKey;
  if (control && key === "z") go(event.shiftKey ? 1 : -1);
  else if (control && key === "y") go(1);
  else if (key === "escape") pick("move");
  else if (key === "delete") void DOES.remove();
  else return;
  event.preventDefault();
});

for (const begins of ["mousedown", "touchstart"]) map.on(begins, takeHold);
map.on("click", click);
const restored = sketch.restore();
const behind = sketch.stamp !== sketch.ground.stamp;
part("restored").hidden = !restored || behind;
document.querySelector(".tools")?.removeAttribute("hidden");
map.once("load", () => {
  put(map, "village", [feature(sketch.ground.geometry)]);
  if (behind) compare(sketch.ground);
  pick("move");
  const start = studio.dataset.start ?? null;
  choose(sketch.drawing.cells.some((cell) => cell.key === start) ? start : null);
  if (restored) check();
  studio.dataset.ready = "yes";
});
