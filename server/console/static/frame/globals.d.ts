/** What the vendored scripts leave in the page, for the check of types. */
declare const echarts: typeof import("echarts");
declare const terraDraw: typeof import("terra-draw");
declare const terraDrawMaplibreGlAdapter: typeof import("terra-draw-maplibre-gl-adapter");
