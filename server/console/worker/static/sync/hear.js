// @ts-check
/** What push and pull have in common: numbers, alarms, and what an answer must be to be one. */

import { HOLE, LineLost } from "./model.js";

/** @typedef {import("./model.js").Fields} Fields */
/** @typedef {import("./model.js").Summary} Summary */
/** @typedef {import("./model.js").Change} Change */
/** @typedef {import("./pocket.js").Pocket} Pocket */

/**
 * @typedef {object} Means  what a sync works with
 * @property {import("./store.js").Store} store
 * @property {string} device
 * @property {import("./model.js").Line} line
 * @property {import("./model.js").Clock} clock
 * @property {() => string} newId
 * @property {() => Promise<number>} room  free bytes
 * @property {() => void} changed  tell that there is something else to see
 * @property {number} page
 * @property {number} batch
 * @property {number} schema
 * @property {string | null} verified  the heads with which all that is held was last compared
 */

// What an answer must have, or it is no answer.
const PUSHED = { next_n: "number", server_time: "number", outcomes: "array" };
const PAGED = {
  next_n: "number",
  server_time: "number",
  more: "boolean",
  epoch: "string",
  cursor: "string",
  drop: "array",
  put: "object",
  del: "object",
};

/**
 * Call; an answer that is not the server's (the login page of some hotel) is none.
 * @param {Means} means
 * @param {"push" | "pull"} verb
 * @param {string | null} epoch
 * @param {Fields} more
 * @returns {Promise<any>}
 */
export async function call(means, verb, epoch, more) {
  const answer = await means.line.call(verb, { device: means.device, epoch, ...more });
  const wanted = verb === "push" ? PUSHED : PAGED;
  let sound = Object.entries(wanted).every(([name, kind]) => kindOf((answer || {})[name]) === kind);
  if (verb === "pull" && sound && !answer.more) sound = kindOf(answer.buckets) === "object";
  if (!sound) throw new LineLost("not an answer of this server");
  return answer;
}

/**
 * Put a change into the outbox, under the next number or that of a hole; its mid.
 * @param {Means} means
 * @param {Pocket} pocket
 * @param {Pick<Change, "entity" | "id" | "op" | "set" | "was" | "at">} said
 * @param {number} [n]
 */
export async function putOut(means, pocket, said, n) {
  const next = await pocket.nextN();
  const mid = means.newId();
  await pocket.outbox.putOut({ mid, n: n === undefined ? next : n, ...said });
  if (n === undefined || n === next) pocket.keepFact("next_n", next + 1);
  return mid;
}

/**
 * Listen to `next_n`: a server that forgot gets everything from there once more.
 *
 * What is no longer kept is declared as a hole, or the server would wait for it for ever. Whether
 * anything waits again.
 * @param {Means} means
 * @param {Pocket} pocket
 * @param {any} answer
 * @param {Summary} summary
 */
export async function hear(means, pocket, answer, summary) {
  const heard = answer.next_n;
  const mine = await pocket.nextN();
  pocket.keepFact("heard", heard);
  pocket.keepFact("server_time", answer.server_time);
  if (heard > mine) {
    // This store is older than the device: the numbers below are taken.
    pocket.keepFact("next_n", heard);
    if (mine > 1 || (await pocket.fact("epoch"))) await alarm(means, pocket, "file_was_older", summary);
  }
  if (heard >= mine) return false;
  const forgotten = await pocket.outbox.reopenFrom(heard);
  const missing = await pocket.outbox.missing(heard, mine);
  for (const n of missing) {
    /** @type {Pick<Change, "entity" | "id" | "op" | "set" | "was" | "at">} */
    const hole = { entity: HOLE, id: means.newId(), op: "append", set: {}, was: {}, at: means.clock.read() };
    await putOut(means, pocket, hole, n);
  }
  if (forgotten) await alarm(means, pocket, "server_forgot_changes", summary);
  if (missing.length) await alarm(means, pocket, "hole_declared", summary);
  return Boolean(forgotten || missing.length);
}

/**
 * @param {Means} means
 * @param {Pocket} pocket
 * @param {string} kind
 * @param {Summary} summary
 */
export async function alarm(means, pocket, kind, summary) {
  summary.alarms.push(kind);
  await pocket.addAlarm(kind, (await pocket.fact("server_time")) || means.clock.read().wall);
}

/** @param {any} value */
function kindOf(value) {
  if (Array.isArray(value)) return "array";
  return value === null ? "null" : typeof value;
}
