// @ts-check
/** One transaction of a user's store: facts, alarms, drafts, and its outbox and rows. */

import { HOUR, KEPT, MAX_UNSENT } from "./model.js";
import { Outbox, rowKey } from "./outbox.js";
import { Rows } from "./rows.js";
import { answer, each } from "./store.js";

/** @typedef {{kind: string, at: number}} Alarm */

const FILES = " files"; // behind a draft's name: what was kept with it

export class Pocket {
  /** @param {IDBTransaction} tx */
  constructor(tx) {
    this._facts = tx.objectStore("fact");
    this._alarms = tx.objectStore("alarm");
    this._drafts = tx.objectStore("draft");
    this._files = tx.objectStore("file");
    this.outbox = new Outbox(tx);
    this.rows = new Rows(tx, this.outbox);
  }

  // Facts: single values.

  /** A kept value, null if there is none. @param {string} name @returns {Promise<any>} */
  fact(name) {
    return valueOf(this._facts, name);
  }

  /**
   * @param {string} name
   * @param {any} value
   */
  keepFact(name, value) {
    this._facts.put({ name, value });
  }

  /** The number of the next change. @returns {Promise<number>} */
  async nextN() {
    return (await this.fact("next_n")) || 1;
  }

  // Alarms.

  /**
   * At most one of a kind an hour: a full disk is not to be filled with complaints of it.
   * @param {string} kind
   * @param {number} at  ms
   */
  async addAlarm(kind, at) {
    const lately = IDBKeyRange.bound([kind, at - HOUR], [kind, []], true);
    if (!(await answer(this._alarms.count(lately)))) this._alarms.put({ kind, at });
  }

  /** @returns {Promise<Alarm[]>} oldest first */
  async alarms() {
    /** @type {Alarm[]} */
    const found = await answer(this._alarms.getAll());
    return found.sort((one, other) => one.at - other.at);
  }

  /** @param {number} before  server time (ms) */
  forgetAlarms(before) {
    return each(this._alarms.openCursor(), (cursor) => {
      if (cursor.value.at < before) cursor.delete();
    });
  }

  // Drafts.

  /** @param {string} name @returns {Promise<any>} */
  draft(name) {
    return valueOf(this._drafts, name);
  }

  /** @param {string} name @returns {Promise<import("./files.js").File[]>} */
  async draftFiles(name) {
    return (await valueOf(this._drafts, name + FILES)) || [];
  }

  /**
   * @param {string} name
   * @param {any} value
   * @param {import("./files.js").File[]} [files]  left out: as they were
   */
  keepDraft(name, value, files) {
    this._drafts.put({ name, value });
    if (files) this._drafts.put({ name: name + FILES, value: files });
  }

  /** @param {string} name */
  dropDraft(name) {
    this._drafts.delete(name);
    this._drafts.delete(name + FILES);
  }

  // What is still here: told with each request, so that somebody can help it home.

  /**
   * @param {number} carried  changes in this very request: the first ones
   * @param {import("./model.js").Reading} at
   * @returns {Promise<import("./model.js").Unsent>}
   */
  async unsent(carried, at) {
    /** @type {import("./files.js").KeptFile[]} */
    const files = await answer(this._files.getAll());
    const waiting = (await this.outbox.countWaiting()) - carried;
    const rejected = await this.outbox.countRejected();
    return {
      changes: Math.min(Math.max(waiting, 0), MAX_UNSENT),
      rejected: Math.min(rejected, MAX_UNSENT),
      files: files.filter((file) => !file.refused).length,
      oldest: await this.outbox.oldest(carried),
      at,
    };
  }

  /**
   * Let go of drafts that nobody has touched for so long, as counted from the first time that this was
   * asked after their last letter: by the server's clock, since a phone's own may be years off.
   * @param {number} now  server time (ms)
   * @param {string} list  the one that names the others: it stays
   */
  ageDrafts(now, list) {
    return each(this._drafts.openCursor(), (cursor) => {
      const { name, since } = cursor.value;
      if (name === list || name.endsWith(FILES)) return;
      if (since === undefined || since > now) cursor.update({ ...cursor.value, since: now });
      else if (now - since > KEPT) this.dropDraft(name);
    });
  }

  // Erasing.

  /**
   * Forget a row at once, and what every change of it said, waiting or not.
   * @param {string} entity
   * @param {string} id
   */
  async erase(entity, id) {
    for (const line of await this.outbox.ofRow(entity, id)) this.outbox.wipe(line);
    await each(this._files.index("owner").openCursor([entity, id]), (cursor) => cursor.delete());
    await this.rows.erase(entity, id);
  }

  /** Keep nothing but the outbox, and what the server refused to keep. */
  async empty() {
    await this.outbox.empty();
    const waiting = await this.outbox.rowsWaiting();
    await each(this._files.openCursor(), (cursor) => {
      if (!waiting.has(rowKey(cursor.value.entity, cursor.value.owner))) cursor.delete();
    });
    this.rows.empty();
  }

  // Resync: at most once per bucket per day.

  /**
   * Whether a bucket was not asked for again on this day; of those it notes that they now are.
   * @param {string[]} buckets
   * @param {number} day
   * @returns {Promise<string[]>}
   */
  async mayResync(buckets, day) {
    const store = this._facts.transaction.objectStore("resynced");
    const last = await Promise.all(buckets.map((bucket) => answer(store.get(bucket))));
    const may = buckets.filter((_, k) => !last[k] || last[k].day !== day);
    for (const bucket of may) store.put({ bucket, day });
    return may;
  }
}

/**
 * @param {IDBObjectStore} store
 * @param {string} name
 * @returns {Promise<any>}
 */
async function valueOf(store, name) {
  const found = await answer(store.get(name));
  return found === undefined ? null : found.value;
}
