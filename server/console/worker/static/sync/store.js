// @ts-check
/**
 * The store of one user: an IndexedDB database. What belongs together is one transaction of it, so
 * that a tab may be closed between any two statements.
 *
 * Inside a transaction nothing may be awaited but its own requests: it ends by itself otherwise.
 */

import { NoRoom, StoreClosed } from "./model.js";

/** @typedef {Record<string, {key: string | string[], indexes?: Record<string, string | string[]>}>} Layout */

const LAYOUT = 1; // of the stores below
const BUSY = 10000; // ms for another tab to let go of an older layout

/**
 * Stores: key path, and indexes by name. `line`, `leaving`, `stale` and `answered` stand in a
 * record only while it waits, leaves, is stale, is answered: an index holds no others.
 * @type {Layout}
 */
const STORES = {
  fact: { key: "name" },
  outbox: { key: "n", indexes: { mid: "mid", row: ["entity", "id"], line: "line", answered: "answered" } },
  held: { key: ["entity", "id"] },
  place: {
    key: ["bucket", "entity", "id"],
    indexes: { row: ["entity", "id"], bucket: "bucket", leaving: "leaving", stale: "stale" },
  },
  resynced: { key: "bucket" },
  alarm: { key: ["kind", "at"] },
  draft: { key: "name" },
  ballast: { key: "name" },
  file: { key: "id", indexes: { owner: ["entity", "owner"] } },
};

export class Store {
  /** @param {IDBDatabase} db @param {() => Promise<IDBDatabase>} again  opens it once more */
  constructor(db, again) {
    this._again = again;
    this._open = true;
    this._names = Array.from(db.objectStoreNames);
    /** @type {Promise<void> | null} */ this._opening = null;
    this._db = db;
    /** What is under way in it: told where the browser shuts it. @type {Set<(error: NoRoom) => void>} */
    this._underWay = new Set();
    this._hold(db);
  }

  /**
   * All of it or nothing. Rejects with NoRoom, StoreClosed, and what `act` throws.
   * @template T
   * @param {(tx: IDBTransaction) => Promise<T>} act
   * @returns {Promise<T>}
   */
  write(act) {
    return this._run("readwrite", act);
  }

  /**
   * Several questions about one moment.
   * @template T
   * @param {(tx: IDBTransaction) => Promise<T>} act
   * @returns {Promise<T>}
   */
  read(act) {
    return this._run("readonly", act);
  }

  close() {
    this._open = false;
    this._db.close();
  }

  /**
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(tx: IDBTransaction) => Promise<T>} act
   * @returns {Promise<T>}
   */
  async _run(mode, act) {
    if (!this._open) throw new StoreClosed("closed");
    let tx = this._begin(mode);
    if (!tx) {
      await this._openAgain();
      tx = this._begin(mode);
    }
    if (!tx) throw new StoreClosed("closed by the browser");
    // What was at its end when the browser shut the store hears nothing more: whoever wrote asks again.
    // A promise for each, which goes with it: one for all would keep whatever was ever read.
    const underWay = this._underWay;
    /** @type {(error: NoRoom) => void} */ let fail = () => {};
    /** @type {Promise<never>} */
    const shut = new Promise((_, reject) => underWay.add((fail = reject)));
    const done = Promise.race([ended(tx), shut]);
    try {
      const result = await Promise.race([act(tx), shut]);
      await done;
      return result;
    } catch (error) {
      done.catch(() => {}); // told below, or by whoever threw
      try {
        tx.abort();
      } catch (_over) {} // it has ended by itself
      if (isAborted(error)) throw await done.catch(fallen);
      throw spoken(tx.error && isDomError(error) ? tx.error : error);
    } finally {
      underWay.delete(fail);
    }
  }

  /** @param {IDBDatabase} db */
  _hold(db) {
    const underWay = (this._underWay = new Set());
    this._db = db;
    db.onclose = () => underWay.forEach((fail) => fail(new NoRoom("shut by the browser")));
    db.onversionchange = () => this.close(); // a newer app must not wait for this tab
    if (!this._open) db.close();
  }

  /**
   * The browser shuts a store that it could not write to, on a full disk; with room again it opens.
   * Rejects with NoRoom, StoreClosed.
   */
  _openAgain() {
    const done = () => void (this._opening = null);
    this._opening = this._opening || this._again().then((db) => this._hold(db)).finally(done);
    return this._opening;
  }

  /** A transaction; null where the browser has shut the store. @param {IDBTransactionMode} mode */
  _begin(mode) {
    try {
      // strict: what was saved survives a power cut, where the browser leaves a choice.
      const options = /** @type {any} */ ({ durability: "strict" });
      const begin = /** @type {any} */ (this._db.transaction);
      return /** @type {IDBTransaction} */ (begin.call(this._db, this._names, mode, options));
    } catch (_shut) {
      return null;
    }
  }
}

/**
 * Open a user's store, or make it. Rejects with StoreClosed while a tab with an older app has it.
 * @param {IDBFactory} factory
 * @param {string} name
 * @param {Layout} [stores]
 * @returns {Promise<Store>}
 */
export async function openStore(factory, name, stores = STORES) {
  return new Store(await opened(factory, name, stores), () => opened(factory, name, null));
}

/**
 * @param {IDBFactory} factory
 * @param {string} name
 * @param {Layout | null} stores  null: it must be there
 * @returns {Promise<IDBDatabase>}
 */
function opened(factory, name, stores) {
  return new Promise((resolve, reject) => {
    const asked = factory.open(name, LAYOUT);
    let late = false;
    const tooLong = () => ((late = true), reject(new StoreClosed("another tab holds an older store")));
    const timer = setTimeout(tooLong, BUSY);
    asked.onupgradeneeded = () => (stores ? makeStores(asked.result, stores) : asked.transaction?.abort());
    asked.onsuccess = () => {
      clearTimeout(timer);
      if (late) asked.result.close(); // nobody has it: open, it would hold up a newer app
      else resolve(asked.result);
    };
    asked.onerror = () => {
      clearTimeout(timer);
      reject(isAborted(asked.error) ? new StoreClosed("it is gone") : spoken(asked.error));
    };
  });
}

/**
 * The answer of a request, inside its transaction.
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
export function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Go through a cursor; `visit` must not await.
 * @template {IDBCursor} C
 * @param {IDBRequest<C | null>} request
 * @param {(cursor: C) => void} visit
 * @returns {Promise<void>}
 */
export function each(request, visit) {
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (cursor === null) return resolve();
      visit(cursor);
      cursor.continue();
    };
  });
}

/**
 * Every key that begins with this.
 * @param {string[]} beginning
 */
export function under(...beginning) {
  return IDBKeyRange.bound(beginning, [...beginning, []]);
}

/**
 * @param {IDBDatabase} db
 * @param {Layout} stores
 */
function makeStores(db, stores) {
  for (const [name, { key, indexes = {} }] of Object.entries(stores)) {
    if (db.objectStoreNames.contains(name)) continue;
    const made = db.createObjectStore(name, { keyPath: key });
    for (const [index, path] of Object.entries(indexes)) {
      made.createIndex(index, path, { unique: index === "mid" });
    }
  }
}

/**
 * @param {IDBTransaction} tx
 * @returns {Promise<void>}
 */
function ended(tx) {
  return new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(tx.error || new DOMException("aborted", "AbortError"));
  });
}

/** @param {any} error */
function isAborted(error) {
  return isDomError(error) && error.name === "AbortError";
}

/** @param {any} error */
function isDomError(error) {
  return typeof DOMException === "function" && error instanceof DOMException;
}

/**
 * Why a transaction ended that nobody of us ended: a full disk fails in the midst, and says so at the end.
 * @param {any} error
 */
function fallen(error) {
  return isAborted(error) ? new NoRoom(error.message) : spoken(error);
}

/**
 * What the browser says, in the words of model.js.
 * @param {any} error
 */
function spoken(error) {
  const name = isDomError(error) ? error.name : "";
  if (name === "UnknownError" && /denied/.test(error.message)) return new DOMException(error.message, "SecurityError");
  // A disk that is really full fails at commit, in words that say no more than that.
  if (name === "QuotaExceededError" || name === "UnknownError") return new NoRoom(name);
  if (name === "InvalidStateError" || name === "VersionError") return new StoreClosed(name);
  return error;
}
