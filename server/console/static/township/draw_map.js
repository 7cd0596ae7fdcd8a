// @ts-check
/** The map of a drawing: one village's cells, corners to take hold of, what does not fit. */

import * as maplibregl from "../vendor/maplibre-gl/maplibre-gl.mjs";
import { tiles } from "./map_style.js";
import { middle } from "./topology_cut.js";
import { geometryOf } from "./topology_plan.js";

/** @typedef {import("./topology.js").Drawing} Drawing @typedef {import("./topology.js").Point} Point */

const [INK, QUIET, ACT, SOON, PAPER] = ["#1f2933", "#616e7c", "#0f5e63", "#8d5a00", "#f7f7f5"];
const FONT = ["PingFang SC,Noto Sans SC,Noto Sans CJK SC,Microsoft YaHei,system-ui"];
const NOTHING = { type: "FeatureCollection", features: [] };
const SOURCES = ["village", "cells", "theirs", "findings", "line", "corners", "names"];

/**
 * A map in #map around a box. Raises what the browser raises where it cannot draw.
 * @param {[number, number, number, number]} box @param {Record<string, string>} words
 * @param {number} [room] pixels above and below
 * @returns {any} a maplibregl.Map
 */
export function drawingMap(box, words, room = 20) {
  const map = new maplibregl.Map({
    container: "map",
    style: style(),
    bounds: box,
    fitBoundsOptions: { padding: { top: room, bottom: room, left: 30, right: 30 } },
    locale: { "Map.Title": words.map_name, "NavigationControl.ZoomIn": words.zoom_in, "NavigationControl.ZoomOut": words.zoom_out },
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    doubleClickZoom: false,
    fadeDuration: 0,
    maxZoom: 19,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibregl.ScaleControl({ unit: "metric" }), "bottom-right");
  map.on("idle", () => document.getElementById("map")?.setAttribute("data-ready", "yes"));
  return map;
}

/** @returns {any} */
function style() {
  /** @type {Record<string, any>} */
  const sources = Object.fromEntries(SOURCES.map((name) => [name, { type: "geojson", data: NOTHING }]));
  sources.households = { type: "vector", tiles: tiles(null).households, minzoom: 12, maxzoom: 16 };
  const chosen = ["boolean", ["get", "chosen"], false];
  return {
    version: 8,
    sources,
    layers: [
      { id: "paper", type: "background", paint: { "background-color": PAPER } },
      layer("cells", "fill", { "fill-color": ACT, "fill-opacity": ["case", chosen, 0.28, ["boolean", ["get", "changed"], false], 0.14, 0.05] }),
      {
        id: "homes", source: "households", "source-layer": "households", type: "circle", minzoom: 13,
        filter: ["!", ["has", "households"]],
        paint: { "circle-radius": 3, "circle-color": "#ffffff", "circle-stroke-color": QUIET, "circle-stroke-width": 1.2 },
      },
      layer("findings", "fill", { "fill-color": SOON, "fill-opacity": 0.55 }),
      { ...layer("findings", "line", { "line-color": SOON, "line-width": 3 }), id: "findings-line" },
      { ...layer("cells", "line", { "line-color": INK, "line-width": ["case", chosen, 2.6, 1.2] }), id: "cells-line" },
      layer("village", "line", { "line-color": INK, "line-width": 3 }),
      layer("theirs", "line", { "line-color": SOON, "line-width": 2.5, "line-dasharray": [2, 2] }),
      layer("line", "line", { "line-color": ACT, "line-width": 3 }),
      {
        ...layer("names", "symbol", { "text-color": INK, "text-halo-color": "#ffffff", "text-halo-width": 1.8 }),
        layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 14, "text-max-width": 9 },
      },
      layer("corners", "circle", {
        "circle-radius": ["match", ["get", "kind"], "held", 9, "middle", 4, 7],
        "circle-color": ["match", ["get", "kind"], "held", ACT, "#ffffff"],
        "circle-stroke-color": ACT,
        "circle-stroke-width": 2,
      }),
    ],
  };
}

/** @param {string} source @param {string} type @param {any} paint @returns {any} */
function layer(source, type, paint) {
  return { id: source, source, type, paint };
}

/** @param {any} geometry @param {Record<string, unknown>} [properties] */
export function feature(geometry, properties = {}) {
  return { type: "Feature", properties, geometry };
}

/** @param {any} map @param {string} source @param {any[]} features */
export function put(map, source, features) {
  map.getSource(source)?.setData({ type: "FeatureCollection", features: features.filter((one) => one.geometry) });
}

/**
 * Cells with their names. @param {any} map @param {Drawing} drawing
 * @param {(cell: import("./topology.js").Cell) => {name: string, chosen: boolean, changed: boolean}} about
 */
export function putCells(map, drawing, about) {
  const told = drawing.cells.map((cell) => ({ cell, ...about(cell) }));
  put(map, "cells", told.map(({ cell, chosen, changed }) => feature(geometryOf(drawing, cell), { chosen, changed })));
  put(map, "names", told.flatMap(({ cell, name }) => cell.polygons.slice(0, 1).map(([ring]) => feature(point(middle(ring, drawing.nodes)), { name }))));
}

/** @param {Point} at */
export function point(at) {
  return { type: "Point", coordinates: at };
}

/** West, south, east, north of GeoJSON geometries. @param {any[]} geometries
 * @returns {[number, number, number, number] | null} */
export function boxOf(geometries) {
  const flat = geometries.filter(Boolean).flatMap((one) => one.coordinates.flat(Infinity));
  const lons = flat.filter((_, k) => k % 2 === 0);
  const lats = flat.filter((_, k) => k % 2 === 1);
  if (!lons.length) return null;
  /** @param {number[]} many @param {(a: number, b: number) => number} pick */
  const most = (many, pick) => many.reduce((a, b) => pick(a, b));
  return [most(lons, Math.min), most(lats, Math.min), most(lons, Math.max), most(lats, Math.max)];
}
