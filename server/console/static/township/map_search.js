// @ts-check
/** Search: cells and villages as one types; households by name or address when asked for. */

import { words } from "./map_told.js";

/** @typedef {import("./map_told.js").Told} Told @typedef {import("./map_told.js").Cell} Cell */
/** @typedef {{ text: string, hint: string, go: () => void }} Found */

const MOST = 8;

/**
 * @param {() => { told: Told, cells: Cell[] }} known
 * @param {{ cell: (code: string) => void, village: (code: string) => void, point: (lon: number, lat: number, cell: string|null) => void }} go
 */
export function listen(known, go) {
  const field = /** @type {HTMLInputElement} */ (document.getElementById("find"));
  const box = /** @type {HTMLElement} */ (document.getElementById("found"));
  const close = () => {
    box.hidden = true;
    box.replaceChildren();
  };
  /** @param {Found[]} found @param {HTMLElement[]} after */
  const show = (found, after = []) => {
    box.replaceChildren(...found.map((one) => button(one.text, one.hint, () => (close(), one.go()))), ...after);
    box.hidden = !box.childElementCount;
  };
  const homes = () => button(words.search_homes, words.kept, () => void ask(field.value.trim(), go, show));
  const look = () => {
    const typed = field.value.trim();
    if (!typed) return close();
    show(places(typed, known(), go), typed.length > 1 ? [homes()] : []);
  };
  field.addEventListener("input", look);
  field.addEventListener("focus", look);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key !== "Enter") return;
    event.preventDefault();
    const first = box.querySelector("button");
    if (first instanceof HTMLButtonElement) first.click();
  });
  document.addEventListener("pointerdown", (event) => {
    if (event.target instanceof Node && !box.parentElement?.contains(event.target)) close();
  });
}

/** @param {string} typed @param {{ told: Told, cells: Cell[] }} known @param {any} go @returns {Found[]} */
function places(typed, known, go) {
  const like = typed.toLowerCase();
  /** @param {string} code @param {string} name */
  const fits = (code, name) => name.toLowerCase().includes(like) || (/^\d{6,}$/.test(typed) && code.startsWith(typed));
  const villages = Object.entries(known.told.villages)
    .filter(([code, name]) => fits(code, name))
    .map(([code, name]) => ({ text: name, hint: code, go: () => go.village(code) }));
  const cells = known.cells
    .filter((cell) => fits(cell.code, cell.name))
    .map((cell) => ({ text: cell.name, hint: `${known.told.villages[cell.village] ?? ""} ${cell.code}`, go: () => go.cell(cell.code) }));
  return [...villages, ...cells].slice(0, MOST);
}

/** @param {string} typed @param {any} go @param {(found: Found[], after?: HTMLElement[]) => void} show */
async function ask(typed, go, show) {
  show([], [line(words.searching)]);
  try {
    const answer = await fetch("/api/v1/households/search", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ words: typed }),
    });
    if (!answer.ok) throw new Error(String(answer.status));
    const { items } = await answer.json();
    if (!items.length) return show([], [line(words.nothing_found)]);
    show(items.map((/** @type {any} */ one) => home(one, go)));
  } catch {
    show([], [line(words.failed)]);
  }
}

/** @param {any} one @param {any} go @returns {Found} */
function home(one, go) {
  const where = one.cell ?? words.not_placed;
  const hint = `${one.village_name} ${where}${one.lon === null ? ` · ${words.no_point}` : ""}`;
  const there = () => {
    if (one.lon !== null) go.point(one.lon, one.lat, one.cell);
    else if (one.cell) go.cell(one.cell);
    else go.village(one.village);
  };
  return { text: one.household.head_name, hint, go: there };
}

/** @param {string} text @param {string} hint @param {() => void} act */
function button(text, hint, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.append(text, " ");
  const small = document.createElement("small");
  small.textContent = hint;
  made.append(small);
  made.addEventListener("click", act);
  return made;
}

/** @param {string} text */
function line(text) {
  const made = document.createElement("p");
  made.textContent = text;
  return made;
}
