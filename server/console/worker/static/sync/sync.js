// @ts-check
/** One sync: push until the outbox is empty, then pull until done; both again while unfinished. */

import { LineLost, LineRefused, ROUNDS } from "./model.js";
import { Pocket } from "./pocket.js";
import { pullAll } from "./pull.js";
import { pushAll } from "./push.js";

/** @typedef {import("./hear.js").Means} Means */
/** @typedef {import("./model.js").Summary} Summary */

/** @returns {Summary} */
export function emptySummary() {
  return {
    pushed: 0,
    received: 0,
    files: 0,
    complete: false,
    lost: false,
    busy: false,
    retryAfter: null,
    alarms: [],
  };
}

/**
 * Must not run twice at once on one store. A lost line ends it, gently.
 * Rejects with LoginLost, LineRefused, NoRoom: what was taken until then is kept.
 * @param {Means} means
 * @returns {Promise<Summary>}
 */
export async function syncOnce(means) {
  const summary = emptySummary();
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await pushAndPull(means, summary);
      if (summary.busy || !(await unfinished(means))) break;
    }
  } catch (error) {
    if (!(error instanceof LineLost)) throw error;
    summary.lost = true;
    summary.retryAfter = error.retryAfter;
  }
  return summary;
}

/**
 * Pull once more, since the last one told of files that have gone out by now. Who hears nothing of it
 * hears the next one.
 * @param {Means} means
 * @param {Summary} summary
 */
export async function tellAnew(means, summary) {
  try {
    await pullAll(means, summary);
  } catch (error) {
    if (!(error instanceof LineLost)) throw error;
  }
}

/**
 * Whether something waits, or a bucket is to be fetched anew.
 * @param {Means} means
 * @returns {Promise<boolean>}
 */
export function unfinished(means) {
  return means.store.read(async (tx) => {
    const pocket = new Pocket(tx);
    const resync = (await pocket.fact("resync")) || [];
    return Boolean((await pocket.outbox.countWaiting()) || resync.length);
  });
}

/**
 * @param {Means} means
 * @param {Summary} summary
 */
async function pushAndPull(means, summary) {
  try {
    await pushAll(means, summary);
  } catch (error) {
    const told = error instanceof LineLost || error instanceof LineRefused;
    if (!told || error.status === null) throw error;
    await pullAll(means, summary); // who takes nothing now (the disk is low) still has rows for us
    throw error;
  }
  await pullAll(means, summary);
}
