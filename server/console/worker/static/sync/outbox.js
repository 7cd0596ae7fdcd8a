// @ts-check
/** The outbox within one transaction: what waits, and for a while what was answered. */

import { MAX_CHANGE_BYTES, QUARANTINED, REJECTED, SENT_AGAIN, STATES, SavedOtherwise, TooLong } from "./model.js";
import { answer, each } from "./store.js";

/** @typedef {import("./model.js").Change} Change */
/** @typedef {import("./model.js").Fields} Fields */
/** @typedef {import("./model.js").Kept} Kept */

/**
 * @typedef {object} Line  a change as it lies in the store
 * @property {number} n
 * @property {string} mid
 * @property {string} entity
 * @property {string} id
 * @property {Change} change  its wire form
 * @property {number} [line]  n, while it waits
 * @property {string} [status]
 * @property {string | null} [reason]
 * @property {number} [answered]  server time (ms), once it was answered
 * @property {boolean} [again]  it was acknowledged once and waits again
 * @property {boolean} [wiped]  its body was erased
 */

export class Outbox {
  /** @param {IDBTransaction} tx */
  constructor(tx) {
    this._store = tx.objectStore("outbox");
  }

  /**
   * Add a change. Rejects with TooLong, and the transaction with it.
   * @param {Change} change
   * @returns {Promise<void>}
   */
  async putOut(change) {
    if (sizeOf(change) > MAX_CHANGE_BYTES) throw new TooLong("too long to be sent: shorten it");
    const { n, mid, entity, id } = change;
    await answer(this._store.add({ n, mid, entity, id, change, line: n }));
  }

  /**
   * What the server has not acknowledged, in the order of n.
   * @param {number} [limit]
   * @returns {Promise<Line[]>}
   */
  waiting(limit) {
    return answer(this._store.index("line").getAll(undefined, limit));
  }

  /** @returns {Promise<number>} */
  countWaiting() {
    return answer(this._store.index("line").count());
  }

  /** Rejected ones with what they said. @returns {Promise<number>} */
  async countRejected() {
    return (await this.answered()).filter((line) => line.status === REJECTED && !line.wiped).length;
  }

  /**
   * When the first of what waits was written, but for so many before it.
   * @param {number} before
   * @returns {Promise<import("./model.js").Reading | null>}
   */
  async oldest(before) {
    const keys = await answer(this._store.index("line").getAllKeys(undefined, before + 1));
    if (keys.length <= before) return null;
    return (await answer(this._store.get(keys[before]))).change.at;
  }

  /** Rows that still have something to say: their keys. @returns {Promise<Set<string>>} */
  async rowsWaiting() {
    const waiting = await this.waiting();
    return new Set(waiting.filter((l) => !l.wiped).map((l) => rowKey(l.entity, l.id)));
  }

  /** @returns {Promise<Line[]>} */
  all() {
    return answer(this._store.getAll());
  }

  /** What was answered and is still here, in the order of n: nothing of what waits is read for it. @returns {Promise<Line[]>} */
  async answered() {
    /** @type {Line[]} */
    const found = await answer(this._store.index("answered").getAll());
    return found.sort((one, other) => one.n - other.n);
  }

  /**
   * Everything written about one row that is still here.
   * @param {string} entity
   * @param {string} id
   * @returns {Promise<Line[]>}
   */
  ofRow(entity, id) {
    return answer(this._store.index("row").getAll([entity, id]));
  }

  /**
   * Whether this was saved before, under the id that its form drew. Rejects with SavedOtherwise
   * where other content was: to take that for the same would lose what stands in this form.
   * @param {{entity: string, op: string, id?: string, set: Fields}} written
   */
  async isWritten({ entity, op, id, set }) {
    if (op === "patch" || !id) return false;
    const before = (await this.ofRow(entity, id)).find((line) => line.change.op !== "patch");
    if (before && !isSame(before.change.set, set)) throw new SavedOtherwise("saved with other content");
    return before !== undefined;
  }

  /**
   * @param {string} mid
   * @returns {Promise<Line | undefined>}
   */
  find(mid) {
    return answer(this._store.index("mid").get(mid));
  }

  /**
   * @param {Line} line
   * @param {string} status
   * @param {string | null} reason
   * @param {number} at  server time (ms)
   */
  acknowledge(line, status, reason, at) {
    const { line: _waits, again: _again, ...kept } = line;
    this._store.put({ ...kept, status, reason, answered: at });
  }

  /**
   * Changes from `n` on wait again, acknowledged or not; how many were acknowledged.
   *
   * What went out again under another n leaves its old number as a hole, and so does what has no
   * body any more: sent empty it would only puzzle whoever looks through the quarantine.
   * @param {number} n
   * @returns {Promise<number>}
   */
  reopenFrom(n) {
    return this._reopen(this._store.openCursor(IDBKeyRange.lowerBound(n)), (line) =>
      line.status === SENT_AGAIN || line.wiped ? "gone" : "waits",
    );
  }

  /**
   * Everything that the server once took, and that is still whole, waits again.
   * @returns {Promise<number>}
   */
  reopenKept() {
    return this._reopen(this._store.openCursor(), (line) =>
      line.wiped || line.status === REJECTED || line.status === SENT_AGAIN ? "stays" : "waits",
    );
  }

  /**
   * @param {IDBRequest<IDBCursorWithValue | null>} request
   * @param {(line: Line) => "gone" | "waits" | "stays"} fate  of an acknowledged one
   */
  async _reopen(request, fate) {
    let count = 0;
    await each(request, (cursor) => {
      const line = /** @type {Line} */ (cursor.value);
      if (line.status === undefined) return;
      const due = fate(line);
      if (due === "gone") cursor.delete();
      if (due !== "waits") return;
      const { status: _s, reason: _r, answered: _a, ...kept } = line;
      cursor.update({ ...kept, line: line.n, again: true });
      count += 1;
    });
    return count;
  }

  /**
   * Which n from `first` on and before `end` are no longer here.
   * @param {number} first
   * @param {number} end
   * @returns {Promise<number[]>}
   */
  async missing(first, end) {
    if (first >= end) return [];
    const range = IDBKeyRange.bound(first, end, false, true);
    const here = new Set(await answer(this._store.getAllKeys(range)));
    const numbers = Array.from({ length: end - first }, (_, k) => first + k);
    return numbers.filter((n) => !here.has(n));
  }

  /**
   * Forget what was acknowledged before this server time (ms), but not what is only here.
   * @param {number} before
   */
  forget(before) {
    const old = this._store.index("answered").openCursor(IDBKeyRange.upperBound(before, true));
    return each(old, (cursor) => {
      const line = /** @type {Line} */ (cursor.value);
      if (line.status !== REJECTED || line.wiped) cursor.delete();
    });
  }

  /**
   * The person has read it and needs it no more. Only what was rejected.
   * @param {Line} line
   */
  putAway(line) {
    this._store.delete(line.n);
  }

  /**
   * Forget what a change said; mid and n stay, so that numbers stay whole.
   * @param {Line} line
   */
  wipe(line) {
    this._store.put(wiped(line));
  }

  /** Keep nothing but what waits, and what the server refused to keep. */
  empty() {
    return each(this._store.index("answered").openCursor(), (cursor) => {
      const line = /** @type {Line} */ (cursor.value);
      if (line.status !== REJECTED && !line.wiped) cursor.update(wiped(line));
    });
  }
}

/**
 * A change as the page is told of it.
 * @param {Line} line
 * @returns {Kept}
 */
export function told(line) {
  const state = line.status === undefined ? "waiting" : STATES[line.status];
  return { change: line.change, state, reason: line.reason || null, wiped: Boolean(line.wiped) };
}

/**
 * Whether the server did not take it.
 * @param {Line} line
 */
export function isSetAside(line) {
  return line.status === QUARANTINED || line.status === REJECTED;
}

/**
 * @param {Line} line
 * @returns {Line}
 */
function wiped(line) {
  return { ...line, change: { ...line.change, set: {}, was: {} }, wiped: true };
}

/**
 * Whether a form says the same. A resident's code is drawn with the saving, and in each tab another.
 * @param {Fields} one @param {Fields} other
 */
function isSame(one, other) {
  const said = (/** @type {Fields} */ set) => JSON.stringify(set, (name, value) => (name === "code" ? Boolean(value) : value));
  return said(one) === said(other);
}

/** Bytes of a change as it travels, or a little less. @param {Change} change */
export function sizeOf(change) {
  return new TextEncoder().encode(JSON.stringify(change)).length;
}

/**
 * @param {string} entity  a slug, without spaces
 * @param {string} id
 */
export function rowKey(entity, id) {
  return `${entity} ${id}`;
}
