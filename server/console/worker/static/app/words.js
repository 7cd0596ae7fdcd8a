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
  const [zh, en] = halves(text);
  return chosen === "en" ? en || zh : zh || en;
}

/**
 * The Chinese and the English half of a text that stands as 中文。 English, cut as
 * server/console/frame/look.py says. @param {string} text @returns {string[]}
 */
export function halves(text) {
  const pairs = [...text.matchAll(PAIR)];
  const cut = pairs.length ? pairs : [LAST.exec(text) ?? ["", "", text]];
  return [1, 2].map((k) => cut.map((one) => (one[k] ?? "").trim()).join(" "));
}

const HAN = "[\\u{2e80}-\\u{10ffff}]";
const STOP = `[。！？][”’）]*\\s+(?=\\S)(?!${HAN})`;
const PAIR = new RegExp(`([^]*?${STOP})([^]*?(?:[.!?](?=\\s+${HAN}[^]*?${STOP})|$))`, "gu");
const LAST = new RegExp(`^([^]*${HAN})?([^]*)$`, "u");

/** @returns {"zh" | "en"} */
function first() {
  const kept = localStorage.getItem(KEPT);
  if (kept === "zh" || kept === "en") return kept;
  return navigator.language.toLowerCase().startsWith("en") ? "en" : "zh";
}
