// @ts-check
/**
 * Drawing the cells of one village anew: on the map or by fields, checked while it is drawn,
 * previewed before it is applied. What is drawn stays in this browser until then.
 */

import { ask, calmly, half, Refused, send } from "./asking.js";
import { boxOf, drawingMap, feature, point, put, putCells } from "./draw_map.js";
import { Sketch } from "./draw_state.js";
import { cutAlong, hit, holds, joinAt, onEdge } from "./draw_tools.js";
import { cellAt, drawingOf, geometryOf, inserted, moved, planOf, removed, rolesOf, slid } from "./topology.js";

/** @typedef {import("./topology.js").Drawing} Drawing @typedef {import("./topology.js").Point} Point */

/** @param {string} id @returns {any} */
const part = (id) => document.getElementById(id);
const studio = part("studio");
const village = studio.dataset.village;
/** @type {Record<string, string>} */
const words = JSON.parse(part("words").textContent);
const REACH = matchMedia("(pointer: coarse)").matches ? 22 : 11; // pixels

const sketch = new Sketch(await ask(`/moves/ground?village=${village}`).catch(fail));
const restored = sketch.restore();
let tool = "move";
/** @type {string | null} */
let chosen = null;
/** @type {number | null} */
let held = null;
/** @type {Point[]} */
let line = [];
/** @type {Drawing | null} */
let moving = null; // while a corner is dragged
let whole = false;
/** @type {any[]} */
let findings = [];
const map = begin();
/** @param {Point} at */
const project = (at) => map.project(at);

/** @param {unknown} error @returns {never} */
function fail(error) {
  say(error instanceof Refused ? error.message : words.failed);
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

/** @param {string} text */
function say(text) {
  part("say").textContent = text;
}

// ------------------------------------------------------------------------------------ what is shown

/** Code → what a cell is called; a new one by its turn. @param {string} key */
function nameOf(key) {
  const cells = sketch.drawing.cells;
  const cell = cells.find((one) => one.key === key);
  if (cell?.name) return cell.name;
  return `${words.new} ${cells.filter((one) => !one.code).findIndex((one) => one.key === key) + 1}`;
}

/** Codes of findings: new cells get the next numbers, in the order in which they are sent.
 * @param {string} code */
function nameOfCode(code) {
  const fresh = sketch.drawing.cells.filter((one) => !one.code);
  const known = sketch.drawing.cells.find((one) => one.code === code);
  return nameOf((known ?? fresh[Number(code.slice(12)) - sketch.ground.next])?.key ?? code);
}

function plan() {
  return planOf(sketch.drawing, sketch.base, whole);
}

function show() {
  const drawing = moving ?? sketch.drawing;
  const changed = new Set(planOf(drawing, sketch.base).cells.map((cell) => cell.code));
  putCells(map, drawing, (key) => ({ name: nameOf(key), chosen: key === chosen, changed: !drawing.cells.find((c) => c.key === key)?.code || changed.has(key) }));
  const { corners, middles } = tool === "move" ? holds(drawing, chosen) : { corners: [], middles: [] };
  put(map, "corners", [
    ...middles.map((one) => feature(point(one.at), { kind: "middle" })),
    ...corners.map((one) => feature(point(drawing.nodes[one.node]), { kind: one.node === held ? "held" : "corner" })),
    ...line.map((at) => feature(point(at), { kind: "held" })),
  ]);
  put(map, "line", line.length > 1 ? [feature({ type: "LineString", coordinates: line })] : []);
  put(map, "findings", findings);
}

/** The side: cells, the chosen one's fields, its corners. */
function list() {
  const { drawing } = sketch;
  const changed = new Map(plan().cells.map((cell) => [cell.code, cell]));
  const told = drawing.cells.map((cell) => {
    const mark = !cell.code ? words.new : changed.has(cell.code) ? words.changed : "";
    return row(nameOf(cell.key), cell.code?.slice(12) ?? "", mark, cell.key);
  });
  const gone = plan().ended.map((code) => row(sketch.base.cells.find((one) => one.code === code)?.name ?? code, code.slice(12), words.ended, null));
  part("cells").replaceChildren(...told, ...gone);
  fields();
}

/** @param {string} name @param {string} number @param {string} mark @param {string | null} key */
function row(name, number, mark, key) {
  const item = document.createElement("li");
  const label = key ? document.createElement("button") : document.createElement("span");
  label.textContent = `${name} ${number}`;
  if (key && label instanceof HTMLButtonElement) {
    label.type = "button";
    label.className = "link";
    label.setAttribute("aria-pressed", String(key === chosen));
    label.addEventListener("click", () => choose(key));
  }
  const small = document.createElement("small");
  small.textContent = ` ${[mark, key && key === chosen ? words.chosen : ""].filter(Boolean).join(" · ")}`;
  item.append(label, small);
  return item;
}

function fields() {
  const cell = sketch.drawing.cells.find((one) => one.key === chosen);
  part("cell").hidden = !cell;
  if (!cell) return;
  if (!cell.code) part("about").open = true; // a new cell wants a name and somebody
  part("name").value = cell.name;
  part("groups").value = cell.groups.join(",");
  part("workers").value = cell.workers?.[0] ?? "";
  const { corners } = holds(sketch.drawing, chosen);
  const at = (/** @type {number} */ node) => sketch.drawing.nodes[node].map((degrees) => degrees.toFixed(6)).join(", ");
  const rim = [...new Set(cell.polygons.flatMap(([ring]) => ring))];
  part("corner").replaceChildren(...corners.map((one) => new Option(at(one.node), String(one.node))));
  part("across").replaceChildren(...rim.map((node) => new Option(at(node), String(node))));
  if (held !== null && corners.some((one) => one.node === held)) part("corner").value = String(held);
  corner();
}

function corner() {
  const node = Number(part("corner").value || -1);
  const at = sketch.drawing.nodes[node];
  part("lon").value = at ? at[0].toFixed(7) : "";
  part("lat").value = at ? at[1].toFixed(7) : "";
}

/** @param {string | null} key */
function choose(key) {
  chosen = key;
  held = null;
  list();
  show();
}

// ------------------------------------------------------------------------------ what changes it

/** One step more, checked a moment later. @param {Drawing} drawing */
function step(drawing) {
  moving = null;
  sketch.take(drawing);
  after();
}

function after() {
  if (!sketch.drawing.cells.some((cell) => cell.key === chosen)) chosen = null;
  if (held !== null && !rolesOf(sketch.drawing).roles.has(held)) held = null;
  if (!sketch.kept) say(words.full);
  part("outcome").replaceChildren();
  list();
  show();
  check();
}

const check = calmly(async () => {
  const { cells, ended } = plan();
  if (!cells.length) {
    tell(words.unchanged, []);
    return;
  }
  try {
    const found = await ask("/moves/check", { village, cells, ended });
    tell(words.fits, found.findings.features);
  } catch (error) {
    tell(error instanceof Refused ? error.message : words.failed, []);
  }
}, 250);

/** What the check said. @param {string} fine @param {any[]} found */
function tell(fine, found) {
  findings = found.map((one) => feature(one.geometry));
  const told = document.createElement(found.length ? "ul" : "p");
  told.className = found.length ? "findings" : "";
  if (!found.length) told.textContent = fine;
  for (const one of found) told.append(finding(one));
  const mendable = found.some((one) => one.properties.repair.action !== "draw");
  part("checked").replaceChildren(told, ...(mendable ? [button(words.mend, mend)] : []));
  put(map, "findings", findings);
}

/** @param {any} one a finding */
function finding(one) {
  const { cells, message, area_m2, repair } = one.properties;
  const item = document.createElement("li");
  const size = area_m2 ? `（${Math.round(area_m2).toLocaleString()} ${words.metres}）` : "";
  item.textContent = `${cells.map(nameOfCode).join("、")} ${half(message)}${size} ${half(named(repair.message))} `;
  const box = boxOf([one.geometry]);
  if (box) item.append(button(words.look, async () => map.fitBounds(box, { padding: 120, maxZoom: 18, animate: false })));
  return item;
}

/** @param {string} text with codes of cells in it */
function named(text) {
  return text.replace(/[0-9]{15}/g, nameOfCode);
}

/** @param {string} text @param {() => Promise<void>} act */
function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "quiet";
  made.textContent = text;
  made.addEventListener("click", () => void act());
  return made;
}

async function mend() {
  const sent = plan();
  try {
    const { cells } = await ask("/moves/mend", { village, cells: sent.cells, ended: sent.ended });
    step(renamed(drawingOf(cells)));
    say(words.mended);
  } catch (error) {
    say(error instanceof Refused ? error.message : words.failed);
  }
}

/** A drawing that the server made, with what is known of its cells: names, groups, workers. New
 * ones follow the order in which they were. @param {Drawing} drawing @returns {Drawing} */
function renamed(drawing) {
  const fresh = sketch.drawing.cells.filter((cell) => !cell.code);
  let nth = 0;
  const cells = drawing.cells.map((cell) => {
    const had = cell.code ? sketch.drawing.cells.find((one) => one.code === cell.code) : fresh[nth++];
    return had ? { ...had, polygons: cell.polygons } : cell;
  });
  return { nodes: drawing.nodes, cells };
}

async function draft() {
  const [low, high] = [Number(part("low").value), Number(part("high").value)];
  try {
    const made = await ask("/moves/draft", { village, low, high });
    const names = new Map(sketch.ground.cells.map((cell) => [cell.code, cell]));
    const told = made.plan.cells.map((/** @type {any} */ cell) => ({ code: null, name: names.get(cell.code)?.name ?? "", ...cell }));
    step(drawingOf(told));
    say([words.drafted, ...made.warnings.map((/** @type {any} */ one) => half(one.text))].join(" "));
  } catch (error) {
    say(error instanceof Refused ? error.message : words.failed);
  }
}

/** A field of the chosen cell. @param {Partial<import("./topology.js").Cell>} about */
function amend(about) {
  const cells = sketch.drawing.cells.map((cell) => (cell.key === chosen ? { ...cell, ...about } : cell));
  step({ nodes: sketch.drawing.nodes, cells });
}

/** A corner to a place, as far as it may go. @param {Drawing} drawing @param {number} node
 * @param {Point} to @returns {Drawing} */
function put_(drawing, node, to) {
  return rolesOf(drawing).roles.get(node) === "end" ? slid(drawing, node, to) : moved(drawing, node, to);
}

const DOES = {
  undo: () => sketch.go(-1) && after(),
  redo: () => sketch.go(1) && after(),
  remove: () => {
    const without = held === null ? null : removed(sketch.drawing, held);
    if (without) step(without);
    else say(words.no_remove);
  },
  put: () => {
    const to = [part("lon"), part("lat")].map((field) => Number(field.value));
    const node = Number(part("corner").value || -1);
    if (node >= 0 && to.every(Number.isFinite)) step(put_(sketch.drawing, node, [to[0], to[1]]));
  },
  across: () => {
    const [from, to] = [part("corner"), part("across")].map((field) => sketch.drawing.nodes[Number(field.value)]);
    cutFrom(from, [], to);
  },
  draft: () => void draft(),
  forget: () => {
    sketch.forget();
    location.assign(location.pathname);
  },
};

/** @param {Point} from @param {Point[]} via @param {Point} to */
function cutFrom(from, via, to) {
  const made = from && to ? cutAlong(sketch.drawing, from, via, to) : null;
  line = [];
  if (!made) {
    say(words.no_cut);
    show();
    return;
  }
  chosen = made.key;
  step(made.drawing);
}

// --------------------------------------------------------------------------------- pointer and keys

/** @param {any} event of the map */
function takeHold(event) {
  if (tool !== "move" || (event.originalEvent.touches?.length ?? 1) > 1) return;
  const { drawing } = sketch;
  const { corners, middles } = holds(drawing, chosen);
  const found = hit(corners, (one) => drawing.nodes[one.node], event.point, project, REACH);
  const middle = found ? null : hit(middles, (one) => one.at, event.point, project, REACH);
  if (!found && !middle) return;
  event.preventDefault(); // the map stays where it is
  const start = middle ? inserted(drawing, middle.from, middle.to, middle.at) : { drawing, node: found?.node ?? 0 };
  held = start.node;
  let went = false;
  const follow = (/** @type {any} */ at) => {
    went = true;
    moving = put_(start.drawing, start.node, [at.lngLat.lng, at.lngLat.lat]);
    show();
  };
  const leave = () => {
    for (const one of going) one.unsubscribe();
    if (went && moving) step(moving);
    else {
      list();
      show();
    }
  };
  const going = [map.on("mousemove", follow), map.on("touchmove", follow)];
  map.once(event.type === "mousedown" ? "mouseup" : "touchend", leave);
}

/** @param {any} event of the map */
function click(event) {
  /** @type {Point} */
  const at = [event.lngLat.lng, event.lngLat.lat];
  if (tool === "cut") cutting(at);
  else if (tool === "join") {
    const both = joinAt(sketch.drawing, chosen, at);
    if (both) step(both);
    else if (chosen && cellAt(sketch.drawing, at)?.key !== chosen) say(words.no_join);
    else choose(cellAt(sketch.drawing, at)?.key ?? null);
  } else if (!hit(holds(sketch.drawing, chosen).corners, (one) => sketch.drawing.nodes[one.node], event.point, project, REACH))
    choose(cellAt(sketch.drawing, at)?.key ?? null);
}

/** @param {Point} at */
function cutting(at) {
  const edge = onEdge(sketch.drawing, at, project, REACH);
  if (!line.length && edge) line = [edge.point];
  else if (line.length && edge) cutFrom(line[0], line.slice(1), edge.point);
  else if (line.length) line = [...line, at];
  else say(words.cut);
  show();
}

/** @param {string} name */
function pick(name) {
  tool = name;
  line = [];
  for (const one of document.querySelectorAll("[data-tool]")) one.setAttribute("aria-pressed", String(one instanceof HTMLElement && one.dataset.tool === name));
  say(words[name]);
  show();
}

// ------------------------------------------------------------------------------ preview, then apply

/** @param {SubmitEvent} event */
async function submit(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post" || !studio.contains(form)) return;
  event.preventDefault();
  const sent = plan();
  if (form.id === "asked") {
    if (!sent.cells.length && !sent.ended.length) {
      say(words.nothing);
      return;
    }
    part("asked").elements.namedItem("drawing").value = JSON.stringify(sent);
  }
  studio.setAttribute("aria-busy", "true");
  try {
    const answer = await send(form, event.submitter);
    if (answer.moved) {
      sketch.forget();
      localStorage.removeItem(`wangge.draft.redraw ${village}`);
      location.assign(answer.moved);
      return;
    }
    await outcome(answer);
  } catch {
    say(words.failed);
  } finally {
    studio.removeAttribute("aria-busy");
  }
}

/** What the server said, in its place. @param {{page: Document, status: number}} answer */
async function outcome({ page, status }) {
  const said = page.getElementById("outcome") ?? page.querySelector("main");
  part("outcome").replaceChildren(...(said?.childNodes ?? []));
  part("outcome").focus();
  if (status === 409 || status === 422) compare(await ask(`/moves/ground?village=${village}`));
}

/** Somebody else has drawn here meanwhile: both are shown. @param {any} ground */
function compare(ground) {
  const theirs = ground.stamp !== sketch.stamp;
  sketch.ground = ground;
  part("theirs").hidden = !theirs;
  put(map, "theirs", theirs ? ground.cells.map((/** @type {any} */ cell) => feature(cell.geometry)) : []);
}

// ------------------------------------------------------------------------------------------- begin

for (const begins of ["mousedown", "touchstart"]) map.on(begins, takeHold);
map.on("click", click);
map.once("load", () => {
  const { geometry, cells } = sketch.ground;
  put(map, "village", [feature(geometry)]);
  if (sketch.stamp !== sketch.ground.stamp) compare(sketch.ground);
  const start = studio.dataset.start || (cells.length === 1 ? cells[0].code : "");
  pick("move");
  choose(sketch.drawing.cells.some((cell) => cell.key === start) ? start : null);
  if (restored) check();
});
document.querySelector(".tools")?.removeAttribute("hidden");
part("restored").hidden = !restored || sketch.stamp !== sketch.ground.stamp;
studio.addEventListener("click", (/** @type {Event} */ event) => {
  const pressed = event.target instanceof Element ? event.target.closest("button") : null;
  if (pressed?.dataset.tool) pick(pressed.dataset.tool);
  const act = pressed?.dataset.do;
  if (act) /** @type {Record<string, () => unknown>} */ (DOES)[act]();
});
studio.addEventListener("submit", submit);
part("corner").addEventListener("change", corner);
part("whole").addEventListener("change", () => {
  whole = part("whole").checked;
  check();
});
part("name").addEventListener("change", () => amend({ name: part("name").value.trim() }));
part("groups").addEventListener("change", () => {
  const found = part("groups").value.split(/[^0-9]+/).filter(Boolean).map(Number);
  amend({ groups: [...new Set(/** @type {number[]} */ (found))].sort((a, b) => a - b) });
});
part("workers").addEventListener("change", () => {
  const login = part("workers").value;
  amend({ workers: login ? [login] : null });
});
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (typing) return;
  const key = event.key.toLowerCase();
  const control = event.ctrlKey || event.metaKey;
  if (control && key === "z") DOES[event.shiftKey ? "redo" : "undo"]();
  else if (control && key === "y") DOES.redo();
  else if (key === "escape") pick("move");
  else if (key === "delete") DOES.remove();
  else return;
  event.preventDefault();
});
