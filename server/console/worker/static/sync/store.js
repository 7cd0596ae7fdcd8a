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
  /** @param {IDBDatabase} db */
  constructor(db) {
    this._db = db;
    this._open = true;
    this._names = Array.from(db.objectStoreNames);
    db.onversionchange = () => this.close(); // a newer app must not wait for this tab
    db.onclose = () => (this._open = false);
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
    const tx = this._begin(mode);
    const done = ended(tx);
    try {
      const result = await act(tx);
      await done;
      return result;
    } catch (error) {
      done.catch(() => {}); // told below, or by whoever threw
      try {
        tx.abort();
      } catch (_over) {} // it has ended by itself
      throw spoken(tx.error && isDomError(error) ? tx.error : error);
    }
  }

  /** @param {IDBTransactionMode} mode */
  _begin(mode) {
    if (!this._open) throw new StoreClosed("closed");
    try {
      // strict: what was saved survives a power cut, where the browser leaves a choice.
      const options = /** @type {any} */ ({ durability: "strict" });
      const begin = /** @type {any} */ (this._db.transaction);
      return /** @type {IDBTransaction} */ (begin.call(this._db, this._names, mode, options));
    } catch (error) {
      throw new StoreClosed(String(error));
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
export function openStore(factory, name, stores = STORES) {
  return new Promise((resolve, reject) => {
    const asked = factory.open(name, LAYOUT);
    const late = setTimeout(() => reject(new StoreClosed("another tab holds an older store")), BUSY);
    asked.onupgradeneeded = () => makeStores(asked.result, stores);
    asked.onsuccess = () => {
      clearTimeout(late);
      resolve(new Store(asked.result));
    };
    asked.onerror = () => {
      clearTimeout(late);
      reject(spoken(asked.error));
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
function isDomError(error) {
  return typeof DOMException === "function" && error instanceof DOMException;
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
