// @ts-check
/** Times as people say them, at the county's time whatever the phone is set to. */

import { language, t } from "./words.js";

const ZONE = "Asia/Shanghai";
const OFFSET = 8 * 3600 * 1000; // the county has no summer time
const DAY = 24 * 3600 * 1000;
/** One is slow to make, and a list asks for a hundred. @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** 2026年3月5日 · 5 Mar 2026. @param {number | string} at ms or ISO @returns {string} */
export function day(at) {
  return said(at, { year: "numeric", month: language() === "en" ? "short" : "long", day: "numeric" });
}

/** With hour and minute; the year only where it is another one. @param {number | string} at */
export function minute(at) {
  const same = year(at) === year(Date.now());
  const date = said(at, { year: same ? undefined : "numeric", month: language() === "en" ? "short" : "long", day: "numeric" });
  return `${date} ${said(at, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })}`;
}

/** 今天 · 昨天 · 12 天前. @param {number} at @param {number} [now] */
export function ago(at, now = Date.now()) {
  const days = dayNumber(now) - dayNumber(at);
  if (days <= 0) return t("今天");
  if (days === 1) return t("昨天");
  return days < 60 ? t("{n} 天前", { n: days }) : day(at);
}

/**
 * Until the end of which day, and how many are left.
 * @param {number} until ms
 * @param {number} [now]
 */
export function left(until, now = Date.now()) {
  const last = until - 1; // a deadline is the 24:00 of its day
  const days = dayNumber(last) - dayNumber(now);
  if (now >= until) return { late: true, text: t("已过期限（{day}）", { day: day(last) }) };
  if (days === 0) return { late: false, text: t("今天到期") };
  return { late: false, text: t("{day}前，还有 {n} 天", { day: day(last), n: days }) };
}

/** About how long. @param {number} ms */
export function span(ms) {
  const minutes = Math.round(ms / 60000);
  if (minutes < 120) return t("{n} 分钟", { n: minutes });
  const hours = Math.round(minutes / 60);
  return hours < 48 ? t("{n} 小时", { n: hours }) : t("{n} 天", { n: Math.round(hours / 24) });
}

/** What an input of type datetime-local shows. @param {number} at */
export function typed(at) {
  return new Date(at + OFFSET).toISOString().slice(0, 16);
}

/** What was typed in one, in ms; null where it is no time. @param {string} text */
export function untyped(text) {
  const found = Date.parse(`${text}:00Z`);
  return Number.isNaN(found) ? null : found - OFFSET;
}

/** The day, as YYYY-MM-DD. @param {number} at */
export function isoDay(at) {
  return new Date(at + OFFSET).toISOString().slice(0, 10);
}

/** @param {number} at */
function dayNumber(at) {
  return Math.floor((at + OFFSET) / DAY);
}

/** @param {number | string} at */
function year(at) {
  return said(at, { year: "numeric" });
}

/** @param {number | string} at @param {Intl.DateTimeFormatOptions} how */
function said(at, how) {
  const key = language() + JSON.stringify(how);
  const locale = language() === "en" ? "en-GB" : "zh-CN";
  const format = formats.get(key) ?? new Intl.DateTimeFormat(locale, { timeZone: ZONE, ...how });
  formats.set(key, format);
  return format.format(new Date(at));
}
