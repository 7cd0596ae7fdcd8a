/** What the vendored scripts leave in the page, for the check of types. */
declare const echarts: typeof import("echarts");
