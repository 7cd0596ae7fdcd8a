// @ts-check
/** What the map draws: cells in one hue (map.css), borders, households from near, disputes, names that fit. */

/** Light to dark; nobody needs to tell red from green. */
export const HUE = [1, 2, 3, 4, 5].map(shade);
export const ZERO = shade(0);
const PAPER = "#f7f7f5";
const INK = "#1f2933";
const QUIET = "#616e7c";
const LATE = "#a8200d";
const ACT = "#0f5e63";
const FONT = ["PingFang SC,Noto Sans SC,Noto Sans CJK SC,Microsoft YaHei,system-ui"];

/** @param {number} nth */
function shade(nth) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--shade-${nth}`).trim();
}

const API = `${location.origin}/api/v1/tiles`;

/**
 * Addresses of our tiles; `fresh` asks past what the browser keeps.
 * @param {string|null} asOf @param {string} [fresh]
 */
export function tiles(asOf, fresh = "") {
  const day = asOf ? `&as_of=${asOf}` : "";
  const anew = fresh ? `&fresh=${fresh}` : "";
  return {
    cells: [`${API}/cells/{z}/{x}/{y}.mvt?measures=no${day}${anew}`],
    areas: [`${API}/areas/{z}/{x}/{y}.mvt?${day}${anew}`.replace("?&", "?")],
    households: [`${API}/households/{z}/{x}/{y}.mvt${anew.replace("&", "?")}`],
    disputes: [`${API}/disputes/{z}/{x}/{y}.mvt${anew.replace("&", "?")}`],
  };
}

const CLASS = ["coalesce", ["feature-state", "class"], -1];
const FILL = ["match", CLASS, 0, ZERO, ...HUE.flatMap((hue, nth) => [nth + 1, hue]), "#ffffff"];

/**
 * @param {string|null} asOf @param {string|null} baseMap
 * @param {[number, number, number, number]|null} bounds beyond which there is nothing to ask for
 * @returns {any} a MapLibre style; without glyphs: names are drawn in the reader's own typefaces
 */
export function style(asOf, baseMap, bounds) {
  const ours = tiles(asOf);
  const within = bounds ? { bounds } : {};
  /** @type {Record<string, any>} */
  const sources = {
    cells: { type: "vector", tiles: ours.cells, ...within, minzoom: 7, maxzoom: 16, promoteId: "code" },
    areas: { type: "vector", tiles: ours.areas, ...within, minzoom: 5, maxzoom: 16 },
    households: { type: "vector", tiles: ours.households, minzoom: 12, maxzoom: 16 },
    disputes: { type: "vector", tiles: ours.disputes, minzoom: 8, maxzoom: 16 },
    names: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
  };
  /** @type {any[]} */
  const layers = [{ id: "paper", type: "background", paint: { "background-color": PAPER } }];
  if (baseMap) {
    sources.base = { type: "raster", tiles: [baseMap], tileSize: 256 };
    layers.push({ id: "base", type: "raster", source: "base" });
  }
  layers.push(...drawn(baseMap ? 0.7 : 1));
  return { version: 8, sources, layers };
}

/** @param {number} opacity */
function drawn(opacity) {
  // Borders are drawn over the edges: smooth ones beneath would be drawn twice.
  return [
    of("cells", "cells", "fill", { "fill-color": FILL, "fill-opacity": opacity, "fill-antialias": false }),
    {
      ...of("cells-unknown", "cells", "fill", { "fill-pattern": "hatch", "fill-antialias": false }),
      filter: ["in", ["get", "code"], ["literal", []]],
    },
    of("cells-borders", "cells", "line", { "line-color": "#ffffff", "line-width": wide(1) }),
    border("village", 1.4, QUIET),
    border("township", 3, INK),
    border("county", 4, INK),
    // All lines of all cells, most of them without width: not drawn before the first one is marked.
    {
      ...of("cells-marked", "cells", "line", {
        "line-color": INK,
        "line-width": ["case", ["boolean", ["feature-state", "chosen"], false], 4, ["boolean", ["feature-state", "lit"], false], 2.5, 0],
      }),
      layout: { visibility: "none" },
    },
    ...points(),
    ...names(),
  ];
}

function points() {
  const size = ["interpolate", ["linear"], ["sqrt", ["get", "households"]], 1, 4, 60, 22];
  const many = ["interpolate", ["linear"], ["sqrt", ["get", "disputes"]], 1, 6, 20, 18];
  return [
    {
      ...of("households-many", "households", "circle", { "circle-color": "#ffffff", "circle-opacity": 0.75, "circle-radius": size, "circle-stroke-color": QUIET, "circle-stroke-width": 1 }),
      filter: ["has", "households"],
    },
    {
      ...of("households-one", "households", "circle", { "circle-color": "#ffffff", "circle-radius": 3.5, "circle-stroke-color": QUIET, "circle-stroke-width": 1.5 }),
      filter: ["!", ["has", "households"]],
      minzoom: 14,
    },
    // Never by colour alone: what is late is larger and has a dark rim.
    {
      ...of("disputes-many", "disputes", "circle", { "circle-color": ["case", [">", ["get", "late"], 0], LATE, ACT], "circle-radius": many, "circle-stroke-color": "#ffffff", "circle-stroke-width": ["case", [">", ["get", "late"], 0], 2.5, 1] }),
      filter: ["has", "disputes"],
      layout: { visibility: "none" },
    },
    {
      ...of("disputes-one", "disputes", "circle", { "circle-color": ["case", ["get", "overdue"], LATE, ACT], "circle-radius": ["case", ["get", "overdue"], 7, 5], "circle-stroke-color": ["case", ["get", "overdue"], INK, "#ffffff"], "circle-stroke-width": ["case", ["get", "overdue"], 2.5, 1] }),
      filter: ["!", ["has", "disputes"]],
      layout: { visibility: "none" },
    },
  ];
}

function names() {
  const halo = { "text-color": INK, "text-halo-color": "#ffffff", "text-halo-width": 1.6 };
  /** @param {string} id @param {string} kind @param {number} size @param {number} from @param {number} to */
  const name = (id, kind, size, from, to) => ({
    id,
    type: "symbol",
    source: "names",
    minzoom: from,
    maxzoom: to,
    filter: ["==", ["get", "kind"], kind],
    layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": size, "text-padding": 4, "text-max-width": 9 },
    paint: halo,
  });
  return [name("names-township", "township", 14, 0, 10.5), name("names-village", "village", 14, 10.5, 13), name("names-cell", "cell", 12, 13, 24)];
}

/** Thinner from afar. @param {number} width */
function wide(width) {
  return ["interpolate", ["linear"], ["zoom"], 8, width * 0.3, 12, width];
}

/** @param {string} level @param {number} width @param {string} colour */
function border(level, width, colour) {
  return {
    ...of(`${level}-borders`, "areas", "line", { "line-color": colour, "line-width": wide(width) }),
    filter: ["==", ["get", "level"], level],
  };
}

/** @param {string} id @param {string} source @param {string} type @param {any} paint @returns {any} */
function of(id, source, type, paint) {
  return { id, type, source, "source-layer": source, paint };
}

/** Hatching for a cell in which nobody lives. @returns {{width: number, height: number, data: Uint8ClampedArray}} */
export function hatch() {
  const side = 8;
  const data = new Uint8ClampedArray(side * side * 4);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const at = (y * side + x) * 4;
      const inked = (x + y) % side === 0;
      data.set(inked ? [140, 150, 160, 255] : [247, 247, 245, 255], at);
    }
  }
  return { width: side, height: side, data };
}
