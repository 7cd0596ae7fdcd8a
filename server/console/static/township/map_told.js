// @ts-check
/** What the page tells its scripts: cells with their measures, and words in the reader's language. */

/**
 * @typedef {object} Told
 * @property {string[]} columns
 * @property {(string|number|null)[][]} rows
 * @property {Record<string, string>} villages  code → name
 * @property {Record<string, string>} townships  code → name
 * @property {Record<string, number[]>} classes  where each class begins, by question
 * @property {string} ask
 * @property {number} days
 * @property {string|null} as_of
 * @property {string} as_of_words
 * @property {string} under
 * @property {string|null} base_map
 *
 * @typedef {object} Cell
 * @property {string} code
 * @property {string} name
 * @property {string} village
 * @property {string|null} lead
 * @property {number|null} lon
 * @property {number|null} lat
 * @property {number|null} households
 * @property {number|null} visited
 * @property {number|null} unseen
 * @property {number|null} open
 * @property {number|null} overdue
 * @property {number|null} unplaced
 */

/** @param {string} id @param {Document} [page] @returns {any} */
function json(id, page = document) {
  return JSON.parse(page.getElementById(id)?.textContent ?? "{}");
}

/** @type {Record<string, string>} */
export const words = json("words");

/** @param {Document} [page] @returns {Told} */
export function read(page = document) {
  return json("cells", page);
}

/** @param {Told} told @returns {Cell[]} */
export function cellsOf(told) {
  return told.rows.map((row) => {
    /** @type {any} */
    const cell = {};
    told.columns.forEach((name, nth) => (cell[name] = row[nth]));
    return cell;
  });
}

/**
 * By what a cell is coloured; null: nothing is known.
 * @param {string} ask @param {Cell} cell @returns {number|null}
 */
export function valueOf(ask, cell) {
  if (ask === "coverage") return cell.households ? (cell.visited ?? 0) / cell.households : null;
  return /** @type {Record<string, number|null>} */ (/** @type {unknown} */ (cell))[ask] ?? null;
}

/**
 * 0: none of it; 1 to 5: from light to dark; null: unknown.
 * @param {number|null} value @param {number[]} begins @returns {number|null}
 */
export function classOf(value, begins) {
  if (value === null) return null;
  if (value === 0) return 0;
  let found = 1;
  begins.forEach((from, nth) => {
    if (value >= from) found = nth + 1;
  });
  return found;
}

/** @param {string} today @param {number} by @returns {string} so many days from today */
export function shifted(today, by) {
  return new Date(Date.parse(today) + by * 864e5).toISOString().slice(0, 10);
}

/** @param {string} today @param {string} date @returns {number} */
export function daysTo(today, date) {
  return Math.round((Date.parse(date || today) - Date.parse(today)) / 864e5);
}
