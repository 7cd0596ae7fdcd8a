// @ts-check
/** The reader's language. What stands in the scripts is Chinese; English is en.js. */

import { EN } from "./en.js";

const KEPT = "wangge.work.language";
let chosen = first();

/** @returns {"zh" | "en"} */
export function language() {
  return chosen;
}

/** @param {"zh" | "en"} wanted */
export function speak(wanted) {
  chosen = wanted;
  try {
    localStorage.setItem(KEPT, wanted);
  } catch (_refused) {} // a browser that keeps nothing: the store says so to the person
  document.documentElement.lang = wanted === "en" ? "en" : "zh-CN";
}

/**
 * The same in the reader's language, with values in place of {names}.
 * @param {string} zh @param {Record<string, string | number>} [values] @returns {string}
 */
export function t(zh, values = {}) {
  const said = chosen === "en" ? (EN[zh] ?? zh) : zh;
  return said.replace(/\{(\w+)\}/g, (_all, name) => String(values[name] ?? ""));
}

/** The reader's half of a text of the server: 中文。 English. @param {string} text */
export function half(text) {
  const [zh, en] = halves(text);
  return chosen === "en" ? en || zh : zh || en;
}

/**
 * The Chinese and the English half of a text that stands as 中文。 English, cut as
 * server/errors.py says. @param {string} text @returns {string[]}
 */
export function halves(text) {
  const [first, ...rest] = text.replace(STOP, "$1\0").split("\0");
  if (!rest.length) {
    const last = [...text].reduce((at, one, k) => (one > "\u2e7f" ? k : at), -1);
    return [[...text].slice(0, last + 1).join("").trim(), [...text].slice(last + 1).join("").trim()];
  }
  const between = rest.slice(0, -1).map((one) => one.replace(START, "$1\0").split("\0"));
  const zh = [first, ...between.map((one) => one[1] ?? "")];
  const en = [...between.map((one) => one[0]), ...rest.slice(-1)];
  return [zh, en].map((half) => half.map((one) => one.trim()).filter(Boolean).join(" "));
}

const STOP = /([。！？][”’）]*)\s+(?=[^\s\u{2e80}-\u{10ffff}])/gu;
const START = /([.!?])\s+(?=[\u{2e80}-\u{10ffff}])/u;

/** @returns {"zh" | "en"} */
function first() {
  try {
    const kept = localStorage.getItem(KEPT);
    if (kept === "zh" || kept === "en") return kept;
  } catch (_refused) {} // as above
  return navigator.language.toLowerCase().startsWith("en") ? "en" : "zh";
}
