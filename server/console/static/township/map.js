// @ts-check
/**
 * The township's map, over the table of the same page. Others act on it:
 *   import { selected, onSelect, refresh } from "./map.js";
 * A cell that is selected has a panel with an empty `#acts` (data-cell: its code).
 */

import { classed, draw } from "./map_legend.js";
import { extent } from "./map_names.js";
import { listen } from "./map_search.js";
import * as sketch from "./map_sketch.js";
import * as table from "./map_table.js";
import { cellsOf, daysTo, read, shifted, words } from "./map_told.js";

/** @typedef {import("./map_told.js").Told} Told @typedef {import("./map_told.js").Cell} Cell */

const AIM = 500; // milliseconds: whoever clicks at once is answered before the map takes the processor
/** @param {string} id @returns {HTMLElement} */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

let told = read();
let cells = cellsOf(told);
let byCode = new Map(cells.map((cell) => [cell.code, cell]));
/** @type {string|null} */
let chosen = null;
let loads = 0;
/** @type {import("./map_drawn.js").DrawnMap|null} */
let map = null; // not there yet, or for good where this browser cannot draw it
let wanted = false; // once
/** @type {((cell: {code: string}|null) => void)[]} */
const hearers = [];

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
  map?.refresh(String(Date.now()));
  await load(location.href);
  if (chosen) await select(chosen, false);
}

/** The map, beneath the sketch and then in its place. It is large, and slow where there is no graphics
 * card: everything else works by now. */
async function begin() {
  if (wanted || document.body.classList.contains("as-table")) return;
  wanted = true;
  try {
    const { DrawnMap } = await import("./map_drawn.js");
    map = new DrawnMap(part("drawn"), told, {
      open: (code) => void select(code),
      own: (code) => byCode.has(code),
      coloured: () => (part("sketch").hidden = true),
      still: () => part("map").setAttribute("data-ready", "yes"),
    });
    map.paint(told, cells);
    map.mark(chosen);
  } catch {
    part("drawn").replaceChildren();
    const said = document.createElement("p");
    said.className = "hint";
    said.textContent = words.no_map;
    part("table").before(said);
  }
}

/** Colour the cells by what is asked; draw the legend. */
function paint() {
  map?.paint(told, cells);
  sketch.outline(part("sketch"), "chosen", chosen ? [chosen] : []);
  table.mark(part("table"), chosen); // another may have been chosen since this page was asked for
  draw(part("legend"), told, classed(cells), light);
}

/** @param {string[]} codes */
function light(codes) {
  sketch.outline(part("sketch"), "lit", codes);
  map?.light(codes);
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
  const before = loads;
  let said = null;
  try {
    const answer = await fetch(`/map/cells/${code}${address.search}`, { headers: { Accept: "text/html" } });
    if (answer.redirected) return location.reload(); // signed out meanwhile
    if (answer.ok) said = await answer.text();
  } catch {
    // told below
  }
  if (chosen !== code || before !== loads) return; // another was chosen, or asked for with its page, meanwhile
  if (said === null) part("panel").textContent = words.failed;
  else part("panel").innerHTML = said;
  part("panel").querySelector("h2")?.focus({ preventScroll: true });
  part("panel").scrollIntoView({ block: "nearest" }); // on a narrow screen it stands above or below
  tell();
}

/** @param {string|null} code */
function mark(code) {
  chosen = code;
  sketch.outline(part("sketch"), "chosen", chosen ? [chosen] : []);
  map?.mark(chosen);
  table.mark(part("table"), chosen);
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
    for (const id of ["told", "sketch", "table"]) part(id).replaceChildren(...(page.getElementById(id)?.childNodes ?? []));
    if (chosen && new URL(address).searchParams.get("cell") === chosen) {
      part("panel").replaceChildren(...(page.getElementById("panel")?.childNodes ?? []));
      tell(); // its numbers, its day are what is asked now
    }
    told = read(page);
    cells = cellsOf(told);
    byCode = new Map(cells.map((cell) => [cell.code, cell]));
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
  const shown = document.body.classList.toggle("as-table");
  part("turn").setAttribute("aria-pressed", String(shown));
  const address = new URL(location.href);
  if (shown) address.searchParams.set("view", "table");
  else address.searchParams.delete("view");
  history.replaceState(null, "", address);
  void begin();
}

part("turn").addEventListener("click", turn);
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "t") turn();
  if (event.key === "Escape" && chosen) leave();
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
    if (cell && cell.lon !== null) map?.look(cell.lon, cell.lat ?? 0);
    void select(code);
  },
  /** @param {string} code */
  village(code) {
    const own = cells.filter((cell) => cell.village === code);
    const box = extent(own);
    if (map && box) map.lookAround(box);
    else light(own.map((cell) => cell.code));
  },
  /** @param {number} lon @param {number} lat @param {string|null} code */
  point(lon, lat, code) {
    map?.look(lon, lat, 16);
    if (code) void select(code);
  },
};
listen(() => ({ told, cells }), go);
table.listenTo(part("table"), go.cell);
table.listenTo(part("sketch"), (code) => void select(code));

for (const hidden of document.querySelectorAll(".scripted")) /** @type {HTMLElement} */ (hidden).hidden = false;
document.body.classList.add("live");
chosen = new URL(location.href).searchParams.get("cell");
paint();
requestAnimationFrame(() => requestAnimationFrame(() => { // all of it stands on the screen
  part("map").setAttribute("data-usable", "yes");
  setTimeout(() => void begin(), AIM);
}));
