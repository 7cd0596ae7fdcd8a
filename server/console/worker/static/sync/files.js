// @ts-check
/**
 * Photos: kept with their record, handed in once the server has that (docs/attachments.md).
 *
 * They are no changes: a photo that cannot be sent holds up no record.
 */

import { LineLost, LoginLost } from "./model.js";
import { answer } from "./store.js";

/**
 * @typedef {object} File
 * @property {string} id  a UUID, made when it was taken
 * @property {"photo" | "signature" | "document"} purpose
 * @property {Blob} blob
 */
/**
 * @typedef {object} KeptFile
 * @property {string} id
 * @property {string} entity
 * @property {string} owner  the id of its record
 * @property {string} purpose
 * @property {Blob} blob
 * @property {string | null} refused  why the server does not take it: a slug of docs/errors.md
 */
/** @typedef {{ask?: import("./session.js").Session["ask"]}} Line */

const FOR_GOOD = [400, 403, 409, 413, 415, 422]; // sending it again cures nothing

export class Files {
  /**
   * @param {import("./store.js").Store} store
   * @param {Line} line
   */
  constructor(store, line) {
    this._store = store;
    this._line = line;
  }

  /**
   * Within the transaction of its record.
   * @param {IDBTransaction} tx
   * @param {string} entity
   * @param {string} owner
   * @param {File} file
   */
  keep(tx, entity, owner, { id, purpose, blob }) {
    tx.objectStore("file").put({ id, entity, owner, purpose, blob, refused: null });
  }

  /** What is not handed in yet. @returns {Promise<KeptFile[]>} */
  waiting() {
    return this._store.read((tx) => answer(tx.objectStore("file").getAll()));
  }

  /** Put away one that the server refused. @param {string} id */
  async putAway(id) {
    await this._store.write(async (tx) => {
      tx.objectStore("file").delete(id);
    });
  }

  /** Hand in what can be; how many were. Rejects with LoginLost. @returns {Promise<number>} */
  async handIn() {
    let count = 0;
    try {
      for (const file of await this._due()) count += Number(await this._send(file));
    } catch (error) {
      if (!(error instanceof LineLost)) throw error; // later, with the next sync
    }
    return count;
  }

  /** Those whose record waits no more. @returns {Promise<KeptFile[]>} */
  _due() {
    return this._store.read(async (tx) => {
      /** @type {KeptFile[]} */
      const files = await answer(tx.objectStore("file").getAll());
      const waiting = await answer(tx.objectStore("outbox").index("line").getAll());
      const owners = new Set(waiting.map((line) => line.id));
      return files.filter((file) => !file.refused && !owners.has(file.owner));
    });
  }

  /** @param {KeptFile} file */
  async _send(file) {
    if (!this._line.ask) return false;
    const about = `owner_entity=${file.entity}&owner_id=${file.owner}&purpose=${file.purpose}`;
    const headers = { "Content-Type": "application/octet-stream" };
    const { status, body, retryAfter } = await this._line.ask("PUT", `attachments/${file.id}?${about}`, {
      file: file.blob,
      headers,
    });
    if (status === 401) throw new LoginLost(`answered ${status}`);
    if (status === 408 || status === 429 || status >= 500) throw new LineLost(`answered ${status}`, retryAfter, status);
    const type = (body && body.type) || "";
    await this._store.write(async (tx) => {
      const store = tx.objectStore("file");
      if (status === 200 || status === 201) store.delete(file.id);
      // 404: its record was set aside; it goes out once that is released.
      else if (FOR_GOOD.includes(status)) store.put({ ...file, refused: String(type).split("/").pop() });
    });
    return status === 200 || status === 201;
  }
}
