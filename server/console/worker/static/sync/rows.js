// @ts-check
/**
 * Rows within one transaction: what the server said lies under what the outbox still has to say.
 *
 * A row is here as long as one bucket holds it (a place), or its outbox is not empty.
 */

import { digest } from "./digest.js";
import { rowKey } from "./outbox.js";
import { answer, each, under } from "./store.js";

/** @typedef {import("./model.js").Fields} Fields */
/** @typedef {import("./outbox.js").Outbox} Outbox */

/**
 * @typedef {object} Place
 * @property {string} bucket
 * @property {string} entity
 * @property {string} id
 * @property {number} rev
 * @property {1} [leaving]  told to go while the row's outbox is not empty
 * @property {1} [stale]  not yet seen in a resync
 */

export class Rows {
  /**
   * @param {IDBTransaction} tx
   * @param {Outbox} outbox
   */
  constructor(tx, outbox) {
    this._held = tx.objectStore("held");
    this._places = tx.objectStore("place");
    this._outbox = outbox;
  }

  // What the person sees.

  /**
   * Rows as the person sees them, by id; all of an entity, or one.
   *
   * What waits for the second time lies under what the server says by now, what is new over it.
   * @param {string} entity
   * @param {string} [id]
   * @returns {Promise<Map<string, Fields>>}
   */
  async shown(entity, id) {
    const lines = id === undefined ? await this._outbox.waiting() : await this._outbox.ofRow(entity, id);
    const waiting = lines.filter((l) => l.line && !l.wiped && l.entity === entity);
    const range = id === undefined ? under(entity) : IDBKeyRange.only([entity, id]);
    const held = await answer(this._held.getAll(range));
    /** @type {Map<string, Fields>} */
    const rows = new Map();
    const lay = (/** @type {string} */ row, /** @type {Fields} */ fields) =>
      rows.set(row, { ...rows.get(row), ...fields });
    for (const l of waiting) if (l.again) lay(l.id, l.change.set);
    for (const row of held) lay(row.id, row.fields);
    for (const l of waiting) if (!l.again) lay(l.id, l.change.set);
    return rows;
  }

  /**
   * What is seen now of these fields of a row.
   * @param {string} entity
   * @param {string} id
   * @param {Fields} fields
   * @returns {Promise<Fields>}
   */
  async seen(entity, id, fields) {
    const row = (await this.shown(entity, id)).get(id) || {};
    return Object.fromEntries(Object.keys(fields).map((name) => [name, name in row ? row[name] : null]));
  }

  // What the server says.

  /**
   * Lay these fields over what is held of a row; one that is not held only to `begin`.
   * A held row takes only fields that it has: the server may tell more than a pull would.
   * @param {string} entity
   * @param {string} id
   * @param {Fields} fields
   * @param {boolean} begin
   */
  async hold(entity, id, fields, begin) {
    const found = await answer(this._held.get([entity, id]));
    if (!found && !begin) return;
    const old = found ? found.fields : fields;
    const names = Object.keys(old);
    const whole = Object.fromEntries(names.map((name) => [name, name in fields ? fields[name] : old[name]]));
    this._held.put({ entity, id, fields: whole });
  }

  /**
   * Rows of a page, each beginning with id and rev: they replace what was held.
   * @param {string} bucket
   * @param {string} entity
   * @param {string[]} columns
   * @param {any[][]} table
   */
  put(bucket, entity, columns, table) {
    for (const [id, rev, ...values] of table) {
      const fields = Object.fromEntries(values.map((value, k) => [columns[k + 2], value]));
      this._places.put({ bucket, entity, id, rev });
      this._held.put({ entity, id, fields });
    }
  }

  // Places.

  /** @returns {Promise<string[]>} */
  async buckets() {
    /** @type {string[]} */
    const found = [];
    const names = this._places.index("bucket").openKeyCursor(null, "nextunique");
    await each(names, (cursor) => found.push(String(cursor.key)));
    return found;
  }

  /**
   * Count and hash of what a bucket holds, without what only waits for its outbox.
   * @param {string} bucket
   */
  async digest(bucket) {
    /** @type {Place[]} */
    const places = await answer(this._places.getAll(under(bucket)));
    const live = places.filter((place) => !place.leaving);
    return digest(live.map(({ entity, id, rev }) => [entity, id, rev]));
  }

  /**
   * Rows that are no longer in a bucket.
   * @param {string} bucket
   * @param {string} entity
   * @param {string[]} ids
   */
  async remove(bucket, entity, ids) {
    const found = await Promise.all(ids.map((id) => answer(this._places.get([bucket, entity, id]))));
    await this._leave(found.filter(Boolean));
  }

  /** A bucket that is no longer held. @param {string} bucket */
  async drop(bucket) {
    await this._leave(await answer(this._places.getAll(under(bucket))));
  }

  /** Hold what lies in a bucket only until its resync has come in whole. @param {string} bucket */
  doubt(bucket) {
    return each(this._places.openCursor(under(bucket)), (cursor) => {
      cursor.update({ ...cursor.value, stale: 1 });
    });
  }

  /**
   * Let a row go that had to wait for its outbox, if that is empty now.
   * @param {string} entity
   * @param {string} id
   */
  async letGo(entity, id) {
    /** @type {Place[]} */
    const places = await answer(this._places.index("row").getAll([entity, id]));
    await this._leave(places.filter((place) => place.leaving));
  }

  /**
   * At the end of a pull: only what lies in one of these buckets stays, or is waited for.
   * @param {string[]} buckets
   */
  async tidy(buckets) {
    await this._leave(await answer(this._places.index("stale").getAll()));
    const named = new Set(buckets);
    for (const bucket of await this.buckets()) if (!named.has(bucket)) await this.drop(bucket);
    const waiting = await this._outbox.rowsWaiting();
    const keys = /** @type {string[][]} */ (await answer(this._places.index("row").getAllKeys()));
    const placed = new Set(keys.map(([, entity, id]) => rowKey(entity, id)));
    const held = /** @type {string[][]} */ (await answer(this._held.getAllKeys()));
    for (const [entity, id] of held) {
      const key = rowKey(entity, id);
      if (!placed.has(key) && !waiting.has(key)) this._held.delete([entity, id]);
    }
  }

  /**
   * Forget a row at once.
   * @param {string} entity
   * @param {string} id
   */
  async erase(entity, id) {
    const keys = await answer(this._places.index("row").getAllKeys([entity, id]));
    for (const key of keys) this._places.delete(key);
    this._held.delete([entity, id]);
  }

  /** Nothing stays. */
  empty() {
    this._places.clear();
    this._held.clear();
  }

  /**
   * These rows leave these buckets: at once, or when their outbox is empty.
   * @param {Place[]} places
   */
  async _leave(places) {
    if (!places.length) return;
    const waiting = await this._outbox.rowsWaiting();
    const free = places.filter((place) => !waiting.has(rowKey(place.entity, place.id)));
    for (const place of places) {
      const { stale: _stale, ...kept } = place;
      if (waiting.has(rowKey(place.entity, place.id))) this._places.put({ ...kept, leaving: 1 });
    }
    for (const { bucket, entity, id } of free) this._places.delete([bucket, entity, id]);
    await Promise.all(free.map((place) => this._dropRow(place)));
  }

  /**
   * A row without a place goes.
   * @param {Place} place
   */
  async _dropRow({ entity, id }) {
    const left = await answer(this._places.index("row").count([entity, id]));
    if (!left) this._held.delete([entity, id]);
  }
}
