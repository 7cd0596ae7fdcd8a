// @ts-check
/**
 * The picture of the flow, from the numbers that the table below it holds. Without this script, or
 * where nothing can be told, the table is all there is.
 */

/** @typedef {{id: string, name: string, kind: "level" | "settled" | "clock" | "person" | "other", n: number | null, settled: string | null}} Stop */
/** @typedef {{from: string, to: string, n: number}} Way */
/** @typedef {{nodes: Stop[], links: Way[]}} Picture */

const INK = "#1f2933", QUIET = "#616e7c", ACT = "#0f5e63", SOON = "#8d5a00";
const COLOURS = { level: INK, settled: ACT, clock: SOON, person: QUIET, other: QUIET };

/** On a narrow screen the ways up are drawn, and not named. @param {Picture} told @returns {Picture} */
function shortened(told) {
  const ways = new Set(told.nodes.filter((one) => one.kind === "clock" || one.kind === "person").map((one) => one.id));
  /** @type {Map<string, Way>} */
  const links = new Map();
  for (const one of told.links) {
    if (ways.has(one.from)) continue;
    const to = told.links.find((next) => ways.has(one.to) && next.from === one.to)?.to ?? one.to;
    const key = `${one.from} ${to}`;
    links.set(key, { ...one, to, n: one.n + (links.get(key)?.n ?? 0) });
  }
  return { nodes: told.nodes.filter((one) => !ways.has(one.id)), links: [...links.values()] };
}

/** @param {Picture} told @param {boolean} narrow */
function drawing(told, narrow) {
  const kinds = new Map(told.nodes.map((one) => [one.id, one.kind]));
  /** A way has the colour of what it is: settled, by the clock, by a person. @param {string} from @param {string} to */
  const kind = (from, to) => {
    const end = kinds.get(to) ?? "other";
    return end === "level" && kinds.get(from) !== "level" ? kinds.get(from) ?? "other" : end === "level" ? "person" : end;
  };
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: narrow ? 12 : 14 },
    series: [{
      type: "sankey",
      left: 16, right: narrow ? 88 : 190, top: 16, bottom: 16,
      nodeGap: narrow ? 16 : 24,
      draggable: false,
      emphasis: { focus: "adjacency" },
      data: told.nodes.map((one) => ({
        name: one.id,
        itemStyle: { color: COLOURS[one.kind], borderWidth: 0 },
        label: { formatter: label(told, one, narrow), lineHeight: 18, color: INK },
      })),
      links: told.links.map((one) => ({
        source: one.from,
        target: one.to,
        value: one.n,
        lineStyle: { color: COLOURS[kind(one.from, one.to)], opacity: 0.3 },
      })),
    }],
  };
}

/**
 * Its name and number; of a level also the share settled there, where there is room.
 * @param {Picture} told @param {Stop} one @param {boolean} narrow
 */
function label(told, one, narrow) {
  const settled = told.nodes.find((end) => end.kind === "settled")?.name;
  const share = one.settled && settled && !narrow ? `\n${settled} ${one.settled}` : "";
  return `${one.name} ${(one.n ?? through(told, one.id)).toLocaleString()}${share}`;
}

/** What goes through a stop: the more of what comes in and what goes out. @param {Picture} told @param {string} id */
function through(told, id) {
  /** @param {"from" | "to"} end */
  const sum = (end) => told.links.reduce((n, one) => n + (one[end] === id ? one.n : 0), 0);
  return Math.max(sum("from"), sum("to"));
}

const place = document.getElementById("picture");
const told = document.getElementById("picture-of");
const echarts = /** @type {any} */ (globalThis).echarts;
if (place && told && echarts) {
  /** @type {Picture} */
  const picture = JSON.parse(told.textContent ?? "{}");
  if (picture.links.length) {
    place.hidden = false;
    const narrow = () => place.clientWidth < 640;
    const chart = echarts.init(place, null, { renderer: "canvas" });
    const draw = () => chart.setOption(drawing(narrow() ? shortened(picture) : picture, narrow()), true);
    draw();
    addEventListener("resize", () => {
      chart.resize();
      draw();
    });
    place.dataset.drawn = "true";
  }
}
