// @ts-check
/** Pull: page by page, each in one transaction with its cursor. */

import { alarm, call, hear } from "./hear.js";
import { DAY, KEPT, LineRefused, MAX_RESYNC, ROOM_TO_PULL } from "./model.js";
import { Pocket } from "./pocket.js";

/** @typedef {import("./hear.js").Means} Means */
/** @typedef {import("./model.js").Summary} Summary */
/** @typedef {{epoch: string | null, cursor: string | null, signedIn: boolean, resync: string[]}} Stand */

/**
 * @param {Means} means
 * @param {Summary} summary
 */
export async function pullAll(means, summary) {
  for (;;) {
    if ((await means.room()) < ROOM_TO_PULL) {
      await means.store.write((tx) => alarm(means, new Pocket(tx), "no_room", summary));
      return;
    }
    const { stand, unsent } = await means.store.read(async (tx) => {
      const pocket = new Pocket(tx);
      return { stand: await readStand(pocket), unsent: await pocket.unsent(0, means.clock.read()) };
    });
    const { epoch, cursor, resync } = stand;
    const { page: limit, schema } = means;
    let page;
    try {
      page = await call(means, "pull", epoch, { cursor, limit, schema, resync, unsent });
    } catch (error) {
      if (!(error instanceof LineRefused) || cursor === null || error.status !== 400) throw error;
      await forgetCursor(means, summary);
      continue;
    }
    if (!(await lay(means, stand, page, summary))) return;
    if (!page.more || page.cursor === cursor) return; // no server may keep us asking
  }
}

/**
 * @param {Pocket} pocket
 * @returns {Promise<Stand>}
 */
async function readStand(pocket) {
  const epoch = await pocket.fact("epoch");
  const cursor = await pocket.fact("cursor");
  const signedIn = (await pocket.fact("tokens")) !== null;
  return { epoch, cursor, signedIn, resync: (await pocket.fact("resync")) || [] };
}

/**
 * Lay a page into the store; false if another tab went ahead meanwhile, or signed out: then it is
 * thrown away.
 *
 * One sync runs at a time where the browser has locks. Where it has none, this keeps a late page
 * from taking back what a later one brought.
 * @param {Means} means
 * @param {Stand} stand  what was asked from
 * @param {any} page
 * @param {Summary} summary
 */
async function lay(means, stand, page, summary) {
  const heads = JSON.stringify(page.buckets || null);
  const known = isQuiet(page) && !stand.resync.length && means.verified === heads;
  means.verified = null;
  const laid = await means.store.write(async (tx) => {
    const pocket = new Pocket(tx);
    const now = await readStand(pocket);
    if (now.cursor !== stand.cursor || now.epoch !== stand.epoch || now.signedIn !== stand.signedIn) return false;
    await hear(means, pocket, page, summary);
    await take(means, pocket, page, stand.resync, summary);
    if (!page.more) await finish(means, pocket, page, known, summary);
    return true;
  });
  if (laid && !page.more && !summary.alarms.includes("digest_mismatch")) means.verified = heads;
  if (!laid) summary.busy = true;
  if (!laid || !known) means.changed();
  return laid;
}

/**
 * First what goes, then what comes, then where we stand.
 * @param {Means} means
 * @param {Pocket} pocket
 * @param {any} page
 * @param {string[]} resync
 * @param {Summary} summary
 */
async function take(means, pocket, page, resync, summary) {
  // First: of what is older the server may no longer know that it had it.
  await pocket.outbox.forget(page.server_time - KEPT);
  await pocket.forgetAlarms(page.server_time - KEPT);
  let dropped = [...((await pocket.fact("dropped")) || []), ...page.drop];
  const epoch = await pocket.fact("epoch");
  if (epoch !== null && epoch !== page.epoch) {
    await alarm(means, pocket, "epoch_changed", summary);
    await pocket.outbox.reopenKept();
    dropped = []; // they say nothing new
  }
  for (const bucket of resync) await pocket.rows.doubt(bucket);
  await takeAway(pocket, page);
  for (const [bucket, entities] of Object.entries(page.put)) {
    for (const [entity, table] of Object.entries(entities)) {
      pocket.rows.put(bucket, entity, table.cols, table.rows);
      summary.received += table.rows.length;
    }
  }
  pocket.keepFact("epoch", page.epoch);
  pocket.keepFact("cursor", page.cursor);
  pocket.keepFact("resync", []);
  pocket.keepFact("dropped", dropped);
}

/**
 * Whether a page brings nothing: most do, and then there is nothing to compare once more.
 * @param {any} page
 */
function isQuiet({ put, del, drop, erased = {} }) {
  return [put, del, drop, erased].every((told) => !Object.keys(told).length);
}

/**
 * @param {Pocket} pocket
 * @param {any} page
 */
async function takeAway(pocket, page) {
  for (const bucket of page.drop) await pocket.rows.drop(bucket);
  for (const [bucket, entities] of Object.entries(page.del)) {
    for (const [entity, ids] of Object.entries(entities)) await pocket.rows.remove(bucket, entity, ids);
  }
  for (const [entity, ids] of Object.entries(page.erased || {})) {
    for (const id of ids) await pocket.erase(entity, id);
  }
}

/**
 * Everything is in: let go of what is not held, and check that the rest is right.
 * @param {Means} means
 * @param {Pocket} pocket
 * @param {any} page
 * @param {boolean} known  nothing has changed since all was compared with these heads
 * @param {Summary} summary
 */
async function finish(means, pocket, page, known, summary) {
  summary.complete = true;
  if (!known) await pocket.rows.tidy(Object.keys(page.buckets));
  await learnWhetherRevoked(means, pocket, page, summary);
  /** @type {string[]} */
  const dropped = await pocket.fact("dropped");
  if (dropped.some((bucket) => bucket in page.buckets)) {
    // Our cursor was of another history: the server may lack what this phone still has.
    await alarm(means, pocket, "started_from_zero", summary);
    await pocket.outbox.reopenKept();
  }
  pocket.keepFact("dropped", []);
  pocket.keepFact("silent", { ms: 0, read: means.clock.read() });
  pocket.keepFact("complete_at", page.server_time);
  if (!known) await checkDigests(means, pocket, page, summary);
}

/**
 * Ask for a bucket again that does not hold what the server says; once a day at most.
 * @param {Means} means
 * @param {Pocket} pocket
 * @param {any} page
 * @param {Summary} summary
 */
async function checkDigests(means, pocket, page, summary) {
  /** @type {string[]} */
  const wrong = [];
  for (const [bucket, head] of Object.entries(page.buckets)) {
    const mine = await pocket.rows.digest(bucket);
    if (mine.n !== head.n || mine.h !== head.h) wrong.push(bucket);
  }
  if (wrong.length) await alarm(means, pocket, "digest_mismatch", summary);
  const today = Math.floor(page.server_time / DAY);
  pocket.keepFact("resync", await pocket.mayResync(wrong.slice(0, MAX_RESYNC), today));
}

/**
 * If not even the user's own bucket is held, this device keeps its outbox alone.
 * @param {Means} means
 * @param {Pocket} pocket
 * @param {any} page
 * @param {Summary} summary
 */
async function learnWhetherRevoked(means, pocket, page, summary) {
  const revoked = !Object.keys(page.buckets).length;
  if (revoked) {
    await pocket.empty();
    if (!(await pocket.fact("revoked"))) await alarm(means, pocket, "device_revoked", summary);
  }
  pocket.keepFact("revoked", revoked);
}

/**
 * The server cannot read our cursor: fetch everything anew, and keep the old until then.
 * @param {Means} means
 * @param {Summary} summary
 */
async function forgetCursor(means, summary) {
  await means.store.write(async (tx) => {
    const pocket = new Pocket(tx);
    for (const bucket of await pocket.rows.buckets()) await pocket.rows.doubt(bucket);
    pocket.keepFact("cursor", null);
    await alarm(means, pocket, "cursor_refused", summary);
  });
}
