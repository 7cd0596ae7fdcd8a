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
  localStorage.setItem(KEPT, wanted);
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
  const found = /^([\s\S]*[\u2e80-\uffff])\s*([\s\S]*)$/.exec(text);
  if (!found) return text;
  return chosen === "en" ? found[2] || found[1] : found[1];
}

/** @returns {"zh" | "en"} */
function first() {
  const kept = localStorage.getItem(KEPT);
  if (kept === "zh" || kept === "en") return kept;
  return navigator.language.toLowerCase().startsWith("en") ? "en" : "zh";
}
