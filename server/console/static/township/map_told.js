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
 * @property {[number, number, number, number]|null} bounds  west, south, east, north of all that is drawn
 * @property {[number, number, number, number]|null} view  of the cells on the sketch
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
 * @property {number|null} shade  by what is asked: 0 for none of it, 1 to 5 from light to dark; null: unknown
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

/** @param {string} today @param {number} by @returns {string} so many days from today */
export function shifted(today, by) {
  return new Date(Date.parse(today) + by * 864e5).toISOString().slice(0, 10);
}

/** @param {string} today @param {string} date @returns {number} */
export function daysTo(today, date) {
  return Math.round((Date.parse(date || today) - Date.parse(today)) / 864e5);
}
