// @ts-check
/** Push: the outbox in the order of n, batch by batch. */

import { call, hear } from "./hear.js";
import { BATCH_BYTES, ERASED, LineRefused, REJECTED, STATES } from "./model.js";
import { sizeOf } from "./outbox.js";
import { Pocket } from "./pocket.js";

/** @typedef {import("./hear.js").Means} Means */
/** @typedef {import("./model.js").Change} Change */
/** @typedef {import("./model.js").Summary} Summary */

/**
 * Push until nothing waits, or an answer settles nothing, or makes something wait again.
 * @param {Means} means
 * @param {Summary} summary
 */
export async function pushAll(means, summary) {
  let size = means.batch;
  for (;;) {
    const { batch, epoch, unsent } = await nextBatch(means, size);
    if (!batch.length) return;
    let answer;
    try {
      answer = await call(means, "push", epoch, { clock: means.clock.read(), changes: batch, unsent });
    } catch (error) {
      if (!(error instanceof LineRefused) || error.status !== 413 || size === 1) throw error;
      size = Math.max(1, Math.floor(batch.length / 2)); // too large on its way: less at a time
      continue;
    }
    const { settled, again } = await take(means, answer, summary);
    summary.pushed += settled;
    if (again || !settled) return; // the next round sends again, and rounds are bounded
  }
}

/**
 * @param {Means} means
 * @param {number} size
 * @returns {Promise<{batch: Change[], epoch: string | null, unsent: import("./model.js").Unsent}>}
 */
function nextBatch(means, size) {
  return means.store.read(async (tx) => {
    const pocket = new Pocket(tx);
    const waiting = await pocket.outbox.waiting(size);
    const epoch = await pocket.fact("epoch");
    /** @type {Change[]} */
    const batch = [];
    let room = BATCH_BYTES;
    for (const { change } of waiting) {
      room -= sizeOf(change);
      if (batch.length && room < 0) break;
      batch.push(change);
    }
    return { batch, epoch, unsent: await pocket.unsent(batch.length, means.clock.read()) };
  });
}

/**
 * Take an answer whole; how many changes it settled, and whether some wait again.
 * @param {Means} means
 * @param {any} answer
 * @param {Summary} summary
 */
async function take(means, answer, summary) {
  const taken = await means.store.write(async (tx) => {
    const pocket = new Pocket(tx);
    let settled = 0;
    for (const outcome of answer.outcomes) settled += await settle(pocket, outcome, answer.server_time);
    return { settled, again: await hear(means, pocket, answer, summary) };
  });
  means.verified = null; // a row may be held now that no bucket holds
  means.changed();
  return taken;
}

/**
 * Take an outcome; 1 if it answers a change of ours, in a word that we know.
 * @param {Pocket} pocket
 * @param {any} outcome
 * @param {number} serverTime
 */
async function settle(pocket, outcome, serverTime) {
  const { status, row, reason = null } = outcome;
  const line = await pocket.outbox.find(outcome.mid);
  if (!line || !Object.prototype.hasOwnProperty.call(STATES, status)) return 0;
  const gone = status === REJECTED && reason === ERASED;
  pocket.outbox.acknowledge(line, status, reason, serverTime);
  if (gone) await wipeAnswered(pocket, outcome.mid);
  // The next pull brings the row anew or lets it go: this spares a flicker until then.
  const { entity, id, op, set } = line.change;
  if (row) await pocket.rows.hold(entity, id, row, true);
  else if (status === "applied" && Object.keys(set).length) {
    await pocket.rows.hold(entity, id, set, op !== "patch");
  }
  await pocket.rows.letGo(entity, id);
  return 1;
}

/**
 * @param {Pocket} pocket
 * @param {string} mid
 */
async function wipeAnswered(pocket, mid) {
  const line = await pocket.outbox.find(mid);
  if (line) pocket.outbox.wipe(line);
}
