// @ts-check
/**
 * How much room there is, told before it is gone.
 *
 * What a browser says of its quota is a guess, and of a full disk it says nothing. So each store
 * carries ballast: when a record finds no room the ballast goes and the record is written in its
 * place, and from then on the page warns. Rows that are pulled never get that room.
 */

import { NoRoom, ROOM_TO_RECORD } from "./model.js";
import { answer } from "./store.js";

/** @typedef {import("./store.js").Store} Store */

/**
 * @typedef {object} Room
 * @property {number} free  bytes; Infinity where the browser does not say
 * @property {boolean} low  soon nothing more can be written down: say so before typing
 * @property {boolean} persisted  the browser promised not to throw the store away
 */

const AT_ONCE = 65536; // bytes: as many as a browser draws

/** @returns {Promise<Room>} */
export async function roomLeft() {
  const storage = navigator.storage;
  if (!storage || !storage.estimate) return { free: Infinity, low: false, persisted: false };
  const { quota = Infinity, usage = 0 } = await storage.estimate();
  const free = Math.max(0, quota - usage);
  const persisted = storage.persisted ? await storage.persisted() : false;
  return { free, low: free < ROOM_TO_RECORD, persisted };
}

/** Ask the browser not to throw the store away when the disk fills up. @returns {Promise<boolean>} */
export async function askToPersist() {
  const storage = navigator.storage;
  return storage && storage.persist ? storage.persist() : false;
}

export class Ballast {
  /**
   * @param {Store} store
   * @param {number} bytes  0: none is carried, and none is missed
   */
  constructor(store, bytes) {
    this._store = store;
    this._bytes = bytes;
  }

  /** Take it on, unless it is there, or there is no room for it. */
  async load() {
    if (await this.isThere()) return;
    const bytes = new Uint8Array(this._bytes); // by chance: a browser packs what is alike
    for (let k = 0; k < bytes.length; k += AT_ONCE) crypto.getRandomValues(bytes.subarray(k, k + AT_ONCE));
    try {
      await this._store.write(async (tx) => {
        tx.objectStore("ballast").put({ name: "ballast", bytes });
      });
    } catch (error) {
      if (!(error instanceof NoRoom)) throw error;
    }
  }

  /** Throw it off; whether it was there. @returns {Promise<boolean>} */
  async drop() {
    if (!this._bytes || !(await this.isThere())) return false;
    await this._store.write(async (tx) => tx.objectStore("ballast").clear());
    return true;
  }

  /** @returns {Promise<boolean>} */
  async isThere() {
    if (!this._bytes) return true;
    return (await this._store.read((tx) => answer(tx.objectStore("ballast").count()))) > 0;
  }
}
