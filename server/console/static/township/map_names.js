// @ts-check
/** Where names stand, and how far some cells reach. Of a cell only its middle is known. */

/** @typedef {import("./map_told.js").Told} Told @typedef {import("./map_told.js").Cell} Cell */

const ROOM = 0.01; // degrees around middles

/** A cell's name in its middle, a village's and a township's amid their cells.
 * @param {Told} told @param {Cell[]} cells */
export function names(told, cells) {
  const called = new Map(cells.map((cell) => [cell.code, cell.name]));
  const features = [
    ...amid("cell", cells, (cell) => cell.code, (code) => called.get(code)),
    ...amid("village", cells, (cell) => cell.village, (code) => told.villages[code]),
    ...amid("township", cells, (cell) => cell.code.slice(0, 9), (code) => told.townships[code]),
  ];
  return { type: "FeatureCollection", features };
}

/** West, south, east, north of these cells; null: none is drawn.
 * @param {Cell[]} cells @returns {[number, number, number, number]|null} */
export function extent(cells) {
  const lons = cells.flatMap((cell) => cell.lon ?? []);
  const lats = cells.flatMap((cell) => cell.lat ?? []);
  if (!lons.length) return null;
  return [Math.min(...lons) - ROOM, Math.min(...lats) - ROOM, Math.max(...lons) + ROOM, Math.max(...lats) + ROOM];
}

/** @param {string} kind @param {Cell[]} cells @param {(cell: Cell) => string} of
 * @param {(code: string) => string|undefined} called */
function amid(kind, cells, of, called) {
  /** @type {Map<string, [number, number, number]>} */
  const sums = new Map();
  for (const cell of cells) {
    if (cell.lon === null || cell.lat === null) continue;
    const [lon, lat, many] = sums.get(of(cell)) ?? [0, 0, 0];
    sums.set(of(cell), [lon + cell.lon, lat + cell.lat, many + 1]);
  }
  return [...sums].map(([code, [lon, lat, many]]) => ({
    type: "Feature",
    properties: { kind, name: called(code) ?? "" },
    geometry: { type: "Point", coordinates: [lon / many, lat / many] },
  }));
}
