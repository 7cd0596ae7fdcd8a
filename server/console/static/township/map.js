// @ts-check
/**
 * The township's map, over the table of the same page. Others act on it:
 *
 *   import { map, selected, onSelect, refresh } from "./map.js";
 *
 * A cell that is selected has a panel with an empty `#acts` (data-cell: its code).
 */

import * as maplibregl from "../vendor/maplibre-gl/maplibre-gl.mjs";
import { classed, draw } from "./map_legend.js";
import { extent, names } from "./map_names.js";
import { listen } from "./map_search.js";
import { hatch, HUE, style, tiles } from "./map_style.js";
import { cellsOf, daysTo, read, shifted, words } from "./map_told.js";

/** @typedef {import("./map_told.js").Told} Told @typedef {import("./map_told.js").Cell} Cell */

const NEAR = 13; // zoom at which one cell is looked at
/** @param {string} id @returns {HTMLElement} */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

let told = read();
let cells = cellsOf(told);
let byCode = new Map(cells.map((cell) => [cell.code, cell]));
/** @type {string|null} */
let chosen = null;
/** @type {string[]} */
let lit = [];
let loads = 0;
/** @type {((cell: {code: string}|null) => void)[]} */
const hearers = [];

/** The map itself. */
export const map = begin();

/** The cell that is looked at. @returns {{code: string}|null} */
export function selected() {
  return chosen ? { code: chosen } : null;
}

/** Be told of every selection, when its panel stands. @param {(cell: {code: string}|null) => void} hearer */
export function onSelect(hearer) {
  hearers.push(hearer);
  if (chosen) hearer(selected());
}

/** Read everything anew: something was moved. */
export async function refresh() {
  const ours = /** @type {Record<string, string[]>} */ (tiles(told.as_of, String(Date.now())));
  for (const name of Object.keys(ours)) {
    /** @type {any} */ (map.getSource(name))?.setTiles(ours[name]);
  }
  await load(location.href);
  if (chosen) await select(chosen, false);
}

/** @returns {any} a maplibregl.Map */
function begin() {
  for (const hidden of document.querySelectorAll(".scripted")) /** @type {HTMLElement} */ (hidden).hidden = false;
  if (new URL(location.href).searchParams.get("view") === "table") document.body.classList.add("as-table");
  const named = { "Map.Title": words.map_name, "NavigationControl.ZoomIn": words.zoom_in, "NavigationControl.ZoomOut": words.zoom_out };
  try {
    return new maplibregl.Map({
      container: "map",
      style: style(told.as_of, told.base_map),
      bounds: extent(cells) ?? [106.9, 31.6, 107.8, 32.4],
      fitBoundsOptions: { padding: 30 },
      hash: "at",
      locale: named,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      fadeDuration: 0,
      maxZoom: 18,
    });
  } catch (error) {
    part("map").textContent = words.no_map;
    document.body.classList.add("as-table");
    throw error;
  }
}

map.touchZoomRotate.disableRotation();
map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
map.addControl(new maplibregl.ScaleControl({ unit: "metric" }), "bottom-right");
map.once("style.load", () => {
  map.addImage("hatch", hatch());
  paint();
});
map.on("click", "cells", (/** @type {any} */ event) => {
  const [dispute] = map.queryRenderedFeatures(event.point, { layers: ["disputes-one"] });
  if (dispute) return location.assign(`/disputes/${dispute.properties.id}`);
  const code = event.features?.[0]?.properties.code;
  if (cellOf(code)) void select(code);
});
map.on("mousemove", "cells", (/** @type {any} */ event) => {
  const mine = cellOf(event.features?.[0]?.properties.code);
  map.getCanvas().style.cursor = mine ? "pointer" : "";
});
map.on("idle", () => part("map").setAttribute("data-ready", "yes"));

/** Colour the cells by what is asked; draw the legend and the names. */
function paint() {
  const found = classed(told, cells);
  const begins = told.classes[told.ask] ?? [];
  const dark = HUE.length - begins.length;
  map.removeFeatureState({ source: "cells", sourceLayer: "cells" });
  for (const [nth, codes] of found) {
    const shade = told.as_of ? 0 : nth === null ? -1 : nth && nth + dark;
    for (const code of codes) state(code, { class: shade });
  }
  const unknown = told.as_of ? [] : found.get(null) ?? [];
  map.setFilter("cells-unknown", ["in", ["get", "code"], ["literal", unknown]]);
  for (const one of ["disputes-many", "disputes-one"]) {
    const wanted = !told.as_of && (told.ask === "open" || told.ask === "overdue");
    map.setLayoutProperty(one, "visibility", wanted ? "visible" : "none");
  }
  map.getSource("names")?.setData(names(told, cells));
  if (chosen) state(chosen, { chosen: true });
  draw(part("legend"), told, found, light);
}

/** @param {string} code @param {Record<string, unknown>} what */
function state(code, what) {
  map.setFeatureState({ source: "cells", sourceLayer: "cells", id: code }, what);
}

/** @param {string[]} codes */
function light(codes) {
  for (const code of lit) state(code, { lit: false });
  for (const code of codes) state(code, { lit: true });
  lit = codes;
}

/** @param {string} code */
function cellOf(code) {
  return byCode.get(code);
}

/** Look at a cell: its panel beside the map. @param {string} code @param {boolean} [noted] */
async function select(code, noted = true) {
  mark(code);
  const address = new URL(location.href);
  address.searchParams.set("cell", code);
  if (noted) history.pushState(null, "", address);
  let said = null;
  try {
    const answer = await fetch(`/map/cells/${code}${address.search}`, { headers: { Accept: "text/html" } });
    if (answer.redirected) return location.reload(); // signed out meanwhile
    if (answer.ok) said = await answer.text();
  } catch {
    // told below
  }
  if (chosen !== code) return; // another was chosen meanwhile
  if (said === null) part("panel").textContent = words.failed;
  else part("panel").innerHTML = said;
  part("panel").querySelector("h2")?.focus({ preventScroll: true });
  tell();
}

/** @param {string|null} code */
function mark(code) {
  if (chosen) state(chosen, { chosen: false });
  chosen = code;
  if (chosen) state(chosen, { chosen: true });
}

const tell = () => hearers.forEach((hearer) => hearer(selected()));

function leave() {
  mark(null);
  part("panel").replaceChildren();
  tell();
}

/** Ask for the page of an address, and put its parts in the place of these; of several that were asked
 * the last one. @param {string} address */
async function load(address) {
  document.body.setAttribute("aria-busy", "true");
  const mine = ++loads;
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== loads) return;
    if (!page.getElementById("cells")) return location.assign(address); // signed out, or trouble: told there
    for (const id of ["told", "table"]) part(id).replaceChildren(...(page.getElementById(id)?.childNodes ?? []));
    const before = told.as_of;
    told = read(page);
    cells = cellsOf(told);
    byCode = new Map(cells.map((cell) => [cell.code, cell]));
    const ours = tiles(told.as_of);
    if (told.as_of !== before) {
      map.getSource("cells")?.setTiles(ours.cells);
      map.getSource("areas")?.setTiles(ours.areas);
    }
    paint();
  } catch {
    location.assign(address);
  } finally {
    if (mine === loads) document.body.removeAttribute("aria-busy");
  }
}

/** What the form asks, as an address. */
function asking() {
  const address = new URL(location.href);
  for (const instead of ["from", "to"]) address.searchParams.delete(instead);
  for (const [field, value] of new FormData(/** @type {HTMLFormElement} */ (part("asking")))) {
    address.searchParams.set(field, String(value));
  }
  if (day.value === today) address.searchParams.delete("as_of"); // who opens it tomorrow sees tomorrow
  return address;
}

async function asked() {
  const address = asking();
  history.pushState(null, "", address);
  await load(address.href);
}

const form = /** @type {HTMLFormElement} */ (part("asking"));
const day = /** @type {HTMLInputElement} */ (part("as_of"));
const slide = /** @type {HTMLInputElement} */ (part("slide"));
const today = day.max;

form.addEventListener("change", (event) => {
  if (event.target === slide) day.value = shifted(today, Number(slide.value));
  if (event.target === day) slide.value = String(daysTo(today, day.value));
  if (event.target !== part("find")) void asked();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void asked();
});
slide.addEventListener("input", () => {
  day.value = shifted(today, Number(slide.value));
  slide.setAttribute("aria-valuetext", day.value);
});
slide.value = String(daysTo(today, day.value));

function turn() {
  const table = document.body.classList.toggle("as-table");
  part("turn").setAttribute("aria-pressed", String(table));
  const address = new URL(location.href);
  if (table) address.searchParams.set("view", "table");
  else address.searchParams.delete("view");
  history.replaceState(null, "", address);
  if (!table) map.resize();
}

part("turn").addEventListener("click", turn);
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "t") turn();
  if (event.key === "Escape" && chosen) leave();
});
part("table").addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[data-cell]") : null;
  if (!(link instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go.cell(link.dataset.cell ?? "");
});
addEventListener("popstate", () => {
  const address = new URL(location.href);
  form.reset();
  for (const field of ["ask", "days", "as_of"]) {
    const value = address.searchParams.get(field);
    if (value) /** @type {HTMLSelectElement} */ (part(field)).value = value;
  }
  slide.value = String(daysTo(today, day.value));
  const code = address.searchParams.get("cell");
  void load(address.href);
  if (code) void select(code, false);
  else leave();
});

const go = {
  /** @param {string} code */
  cell(code) {
    const cell = cellOf(code);
    if (cell && cell.lon !== null) map.jumpTo({ center: [cell.lon, cell.lat ?? 0], zoom: Math.max(map.getZoom(), NEAR) });
    void select(code);
  },
  /** @param {string} code */
  village(code) {
    const box = extent(cells.filter((cell) => cell.village === code));
    if (box) map.fitBounds(box, { padding: 30, animate: false });
  },
  /** @param {number} lon @param {number} lat @param {string|null} code */
  point(lon, lat, code) {
    map.jumpTo({ center: [lon, lat], zoom: 16 });
    if (code) void select(code);
  },
};
listen(() => ({ told, cells }), go);

chosen = new URL(location.href).searchParams.get("cell");
