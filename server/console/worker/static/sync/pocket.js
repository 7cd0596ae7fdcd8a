// @ts-check
/** One transaction of a user's store: facts, alarms, drafts, and its outbox and rows. */

import { HOUR } from "./model.js";
import { Outbox, rowKey } from "./outbox.js";
import { Rows } from "./rows.js";
import { answer, each } from "./store.js";

/** @typedef {{kind: string, at: number}} Alarm */

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

  /**
   * @param {string} name
   * @param {any} value
   */
  keepDraft(name, value) {
    this._drafts.put({ name, value });
  }

  /** @param {string} name */
  dropDraft(name) {
    this._drafts.delete(name);
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
