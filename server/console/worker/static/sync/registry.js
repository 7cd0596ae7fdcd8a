// @ts-check
/** Who has ever signed in on this phone: by login, with the device that each of them has here. */

import { answer, openStore } from "./store.js";

/**
 * @typedef {object} Entry
 * @property {string} login
 * @property {string} device  made before the first sign-in is tried
 * @property {string | null} user  the id; null until a sign-in went through
 * @property {string} name
 * @property {number} used  ms by the wall clock: for the order of a list
 * @property {import("./password.js").Proof | null} proof  what the password is tried against offline
 */

export class Registry {
  /** @param {IDBFactory} factory */
  constructor(factory) {
    this._factory = factory;
  }

  /** Last one first. @returns {Promise<Entry[]>} */
  async all() {
    const store = await this._open();
    try {
      /** @type {Entry[]} */
      const found = await store.read((tx) => answer(tx.objectStore("login").getAll()));
      return found.sort((one, other) => other.used - one.used);
    } finally {
      store.close();
    }
  }

  /** @param {string} login @returns {Promise<Entry | undefined>} */
  async find(login) {
    return (await this.all()).find((entry) => entry.login === login);
  }

  /** @param {Entry} entry */
  async keep(entry) {
    const store = await this._open();
    try {
      await store.write(async (tx) => {
        tx.objectStore("login").put(entry);
      });
    } finally {
      store.close();
    }
  }

  /**
   * Forget a login with which nobody got in: what was mistyped there is nobody's business.
   * @param {Entry} entry
   */
  async forget(entry) {
    if (entry.user !== null) return;
    const store = await this._open();
    try {
      await store.write(async (tx) => {
        tx.objectStore("login").delete(entry.login);
      });
    } finally {
      store.close();
    }
  }

  _open() {
    return openStore(this._factory, "wangge-handset", { login: { key: "login" } });
  }
}
