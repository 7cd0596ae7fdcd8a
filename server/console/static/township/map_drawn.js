// @ts-check
/**
 * The map as MapLibre draws it: beneath the sketch until its cells have their colours, then in its
 * place, at the same view. Without a graphics card that takes seconds: nobody waits for it.
 */

import * as maplibregl from "../vendor/maplibre-gl/maplibre-gl.mjs";
import { names } from "./map_names.js";
import { hatch, style, tiles } from "./map_style.js";
import { words } from "./map_told.js";

/** @typedef {import("./map_told.js").Told} Told @typedef {import("./map_told.js").Cell} Cell */
/** @typedef {[number, number, number, number]} Box  west, south, east, north */

const NEAR = 13; // zoom at which one cell is looked at
const WHOLE = { padding: 30, animate: false }; // pixels; #sketch in map.css has the same

export class DrawnMap {
  /**
   * In a box. Raises what the browser raises where it cannot draw.
   * @param {HTMLElement} box @param {Told} told
   * @param {{open: (code: string) => void, own: (code: string) => boolean, coloured: () => void, still: () => void}} hearer
   */
  constructor(box, told, hearer) {
    this.told = told;
    this.hearer = hearer;
    /** @type {Cell[]} */
    this.cells = [];
    /** @type {string|null} */
    this.chosen = null;
    /** @type {string[]} */
    this.lit = [];
    this.asOf = told.as_of; // of the tiles
    this.styled = false;
    this.coloured = false;
    this.moved = location.hash.includes("at="); // somewhere else than the sketch; a map writes it as it begins
    this.map = begun(box, told);
    this.listen();
  }

  listen() {
    this.map.once("style.load", () => {
      this.map.addImage("hatch", hatch());
      this.styled = true;
      this.paint(this.told, this.cells);
    });
    this.map.on("render", () => this.colour());
    this.map.on("idle", () => this.coloured && this.hearer.still());
    this.map.on("resize", () => {
      const covered = !this.coloured && !this.moved && this.map.getContainer().clientWidth;
      if (covered && this.told.view) this.map.fitBounds(this.told.view, WHOLE); // as the sketch does
    });
    this.map.on("click", "cells", (/** @type {any} */ event) => {
      const [dispute] = this.map.queryRenderedFeatures(event.point, { layers: ["disputes-one"] });
      if (dispute) return location.assign(`/disputes/${dispute.properties.id}`);
      const code = event.features?.[0]?.properties.code;
      if (this.hearer.own(code)) this.hearer.open(code);
    });
    this.map.on("mousemove", "cells", (/** @type {any} */ event) => {
      const own = this.hearer.own(event.features?.[0]?.properties.code);
      this.map.getCanvas().style.cursor = own ? "pointer" : "";
    });
  }

  /** Every cell in view has its colour: the sketch may go. Only now come the names: to draw them takes
   * as long again. */
  colour() {
    if (this.coloured || !this.styled || !this.map.isSourceLoaded("cells")) return;
    this.coloured = true;
    requestAnimationFrame(() => requestAnimationFrame(() => { // this frame stands on the screen
      this.hearer.coloured();
      this.name();
    }));
  }

  name() {
    this.map.getSource("names")?.setData(names(this.told, this.cells));
  }

  /** Colour the cells by what is asked. @param {Told} told @param {Cell[]} cells */
  paint(told, cells) {
    [this.told, this.cells] = [told, cells];
    if (!this.styled) return;
    if (told.as_of !== this.asOf) this.fetch(["cells", "areas"]);
    this.asOf = told.as_of;
    this.map.removeFeatureState({ source: "cells", sourceLayer: "cells" });
    for (const { code, shade } of cells) this.state(code, { class: shade ?? -1 });
    const unknown = cells.filter(({ shade }) => shade === null).map(({ code }) => code);
    this.map.setFilter("cells-unknown", ["in", ["get", "code"], ["literal", unknown]]);
    const households = !told.as_of; // where households are, too, is known of today alone
    const disputes = households && (told.ask === "open" || told.ask === "overdue");
    for (const [what, wanted] of Object.entries({ disputes, households })) {
      for (const one of ["many", "one"]) this.map.setLayoutProperty(`${what}-${one}`, "visibility", wanted ? "visible" : "none");
    }
    if (this.coloured) this.name();
    this.mark(this.chosen);
  }

  /** Tiles anew. @param {string[]} sources @param {string} [fresh] past what the browser keeps */
  fetch(sources, fresh = "") {
    if (!this.styled) return;
    const ours = /** @type {Record<string, string[]>} */ (tiles(this.told.as_of, fresh));
    for (const name of sources) this.map.getSource(name)?.setTiles(ours[name]);
  }

  /** @param {string} fresh */
  refresh(fresh) {
    this.fetch(["cells", "areas", "households", "disputes"], fresh);
  }

  /** @param {string|null} code the cell that is looked at */
  mark(code) {
    if (this.chosen) this.state(this.chosen, { chosen: false });
    this.chosen = code;
    if (code) this.outline(code, { chosen: true });
  }

  /** @param {string[]} codes */
  light(codes) {
    for (const code of this.lit) this.state(code, { lit: false });
    for (const code of codes) this.outline(code, { lit: true });
    this.lit = codes;
  }

  /** @param {string} code @param {Record<string, boolean>} what */
  outline(code, what) {
    if (this.styled && this.map.getLayoutProperty("cells-marked", "visibility")) this.map.setLayoutProperty("cells-marked", "visibility", undefined);
    this.state(code, what);
  }

  /** @param {string} code @param {Record<string, unknown>} what */
  state(code, what) {
    if (this.styled) this.map.setFeatureState({ source: "cells", sourceLayer: "cells", id: code }, what);
  }

  /** Look at a point. @param {number} lon @param {number} lat @param {number} [zoom] */
  look(lon, lat, zoom = Math.max(this.map.getZoom(), NEAR)) {
    this.moved = true;
    this.map.jumpTo({ center: [lon, lat], zoom });
  }

  /** @param {Box} box */
  lookAround(box) {
    this.moved = true;
    this.map.fitBounds(box, WHOLE);
  }
}

/** @param {HTMLElement} container @param {Told} told @returns {any} a maplibregl.Map */
function begun(container, told) {
  maplibregl.setWorkerUrl(new URL("../vendor/maplibre-gl/maplibre-gl-worker.mjs", import.meta.url).href);
  const map = new maplibregl.Map({
    container,
    style: style(told.as_of, told.base_map, told.bounds),
    bounds: told.view ?? told.bounds ?? [106.9, 31.6, 107.8, 32.4],
    fitBoundsOptions: WHOLE,
    hash: "at",
    locale: { "Map.Title": words.map_name, "NavigationControl.ZoomIn": words.zoom_in, "NavigationControl.ZoomOut": words.zoom_out },
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    fadeDuration: 0,
    maxZoom: 18,
    validateStyle: false, // it is ours
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibregl.ScaleControl({ unit: "metric" }), "bottom-right");
  return map;
}
