// @ts-check
/** What a phone can be asked without writing anything: rows, outbox, numbers, drafts. */

import { passed } from "./clock.js";
import { HOLE, RowsLocked, SENT_AGAIN } from "./model.js";
import { isSetAside, told } from "./outbox.js";
import { Pocket } from "./pocket.js";

/** @typedef {import("./model.js").Fields} Fields */
/** @typedef {import("./model.js").Kept} Kept */
/** @typedef {import("./model.js").Numbers} Numbers */
/** @typedef {import("./model.js").State} State */

export class Book {
  /**
   * @param {import("./store.js").Store} store
   * @param {import("./model.js").Clock} clock
   * @param {number} silence  ms
   */
  constructor(store, clock, silence) {
    this._store = store;
    this._clock = clock;
    this._silence = silence;
  }

  /**
   * Rows as the person sees them, by id: the server's, with the outbox laid over them.
   * Rejects with RowsLocked after a long silence; recording and sending go on.
   * @param {string} entity
   * @returns {Promise<Map<string, Fields>>}
   */
  rows(entity) {
    return this._read(async (pocket) => {
      await this._checkHeard(pocket);
      return pocket.rows.shown(entity);
    });
  }

  /**
   * One row, or null.
   * @param {string} entity
   * @param {string} id
   * @returns {Promise<Fields | null>}
   */
  row(entity, id) {
    return this._read(async (pocket) => {
      await this._checkHeard(pocket);
      return (await pocket.rows.shown(entity, id)).get(id) || null;
    });
  }

  /** How many records wait: the number of the bottom bar. @returns {Promise<number>} */
  countWaiting() {
    return this._read((pocket) => pocket.outbox.countWaiting());
  }

  /** Everything written here that is still kept, newest first. @returns {Promise<Kept[]>} */
  async outbox() {
    const lines = await this._read((pocket) => pocket.outbox.all());
    const own = lines.filter((line) => line.status !== SENT_AGAIN && line.entity !== HOLE);
    return own.reverse().map(told);
  }

  /**
   * What the server has not acknowledged, in order: all of it, or the first so many.
   * @param {number} [limit]
   * @returns {Promise<Kept[]>}
   */
  async waiting(limit) {
    return (await this._read((pocket) => pocket.outbox.waiting(limit))).map(told);
  }

  /** What took no effect: set aside at the server, or rejected. @returns {Promise<Kept[]>} */
  async setAside() {
    return (await this._read((pocket) => pocket.outbox.answered())).filter(isSetAside).map(told);
  }

  /** What differs from the office's: a person decides. @returns {Promise<Kept[]>} */
  async conflicts() {
    const lines = await this._read((pocket) => pocket.outbox.answered());
    return lines.map(told).filter((kept) => kept.state === "conflict").reverse();
  }

  /**
   * What became of everything written here about one row, oldest first.
   * @param {string} entity
   * @param {string} id
   * @returns {Promise<Kept[]>}
   */
  async fates(entity, id) {
    const lines = await this._read((pocket) => pocket.outbox.ofRow(entity, id));
    return lines.filter((line) => line.status !== SENT_AGAIN).map(told);
  }

  /** Plain numbers, to lay beside GET /sync/status. @returns {Promise<Numbers>} */
  numbers() {
    return this._read(async (pocket) => {
      const count = /** @type {Record<string, number>} */ ({});
      for (const { state } of (await pocket.outbox.answered()).map(told)) count[state] = (count[state] || 0) + 1;
      const of = (/** @type {State} */ state) => count[state] || 0;
      const [recorded, waiting] = [(await pocket.nextN()) - 1, await pocket.outbox.countWaiting()];
      return {
        recorded,
        waiting,
        acknowledged: recorded - waiting,
        counted: of("counted") + of("conflict"),
        set_aside: of("set_aside"),
        conflicts: of("conflict"),
        rejected: of("rejected") + of("sent_again"),
        next_n: (await pocket.fact("heard")) || 1,
      };
    });
  }

  /**
   * What was healed or needs a look, of the last 30 days.
   * @returns {Promise<import("./pocket.js").Alarm[]>}
   */
  alarms() {
    return this._read((pocket) => pocket.alarms());
  }

  /** When a sync last went through to its end (server's ms). @returns {Promise<number | null>} */
  lastSync() {
    return this._read((pocket) => pocket.fact("complete_at"));
  }

  /**
   * By how many ms the phone's wall clock is ahead of the server's, as far as it was heard; 0 before
   * the first sync. Below 0 it is behind.
   * @returns {Promise<number>}
   */
  ahead() {
    return this._read(async (pocket) => {
      const [silent, then] = [await pocket.fact("silent"), await pocket.fact("complete_at")];
      return silent === null || then === null ? 0 : silent.read.wall - silent.ms - then;
    });
  }

  /** @param {string} name @returns {Promise<any>} null where there is none */
  draft(name) {
    return this._read((pocket) => pocket.draft(name));
  }

  /** The files that were kept with a draft. @param {string} name @returns {Promise<import("./files.js").File[]>} */
  draftFiles(name) {
    return this._read((pocket) => pocket.draftFiles(name));
  }

  // What these lean on.

  /** @param {Pocket} pocket */
  async _checkHeard(pocket) {
    if ((await this._silentFor(pocket)) > this._silence) throw new RowsLocked("sync first");
  }

  /**
   * Milliseconds since a pull went through to its end; 0 on a phone that never pulled.
   * @param {Pocket} pocket
   * @returns {Promise<number>}
   */
  async _silentFor(pocket) {
    const silent = await pocket.fact("silent");
    return silent === null ? 0 : silent.ms + passed(silent.read, this._clock.read());
  }

  /**
   * Add up what has passed: a wall clock set back later does not undo it.
   * @param {Pocket} pocket
   */
  async _growSilent(pocket) {
    if ((await pocket.fact("silent")) === null) return;
    pocket.keepFact("silent", { ms: await this._silentFor(pocket), read: this._clock.read() });
  }

  /**
   * @template T
   * @param {(pocket: Pocket) => Promise<T>} act
   */
  _read(act) {
    return this._store.read((tx) => act(new Pocket(tx)));
  }
}
