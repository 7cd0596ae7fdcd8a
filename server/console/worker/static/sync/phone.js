// @ts-check
/**
 * One user on one phone: write down, see, ask what became of it, sync.
 *
 * Handset (handset.js) opens one: `const phone = await handset.open(user, password)`.
 * field.js says it in words of the field: recordVisit, noteDispute, households.
 */

import { Bell } from "./bell.js";
import { Book } from "./book.js";
import { Files } from "./files.js";
import { putOut } from "./hear.js";
import * as model from "./model.js";
import { Pocket } from "./pocket.js";
import { Ballast, roomLeft } from "./room.js";
import { emptySummary, syncOnce, tellAnew, unfinished } from "./sync.js";
import { takeTurn } from "./turn.js";

/** @typedef {import("./files.js").File} File */
/** @typedef {import("./hear.js").Means} Means */
/** @typedef {import("./model.js").Fields} Fields */
/** @typedef {import("./model.js").Op} Op */
/** @typedef {import("./model.js").Summary} Summary */
/** @typedef {import("./room.js").Room} Room */
/** @typedef {import("./session.js").Session} Session */

/**
 * @typedef {object} Recording
 * @property {string} entity
 * @property {Op} op
 * @property {Fields} set
 * @property {string} [id]  of the row: a patch needs it; a form's own id makes saving twice once
 * @property {Fields} [was]  for a patch: what the form had shown (left out: what is seen now)
 * @property {string} [draft]  the draft that this came of: gone in the same transaction
 * @property {File[]} [files]  kept in the same transaction
 */

/**
 * @typedef {object} Settings
 * @property {import("./store.js").Store} store
 * @property {string} user
 * @property {string} device
 * @property {model.Line & Partial<Pick<Session, "news" | "ask">>} line
 * @property {model.Clock} clock
 * @property {() => string} newId
 * @property {() => Promise<Room>} [room]
 * @property {number} [ballast]  bytes
 * @property {LockManager} [locks]
 * @property {number} [page]
 * @property {number} [batch]
 * @property {number} [schema]
 * @property {number} [silence]  ms
 */

export class Phone extends Book {
  /** @param {Settings} settings */
  constructor({ store, user, device, line, clock, newId, ...more }) {
    super(store, clock, more.silence || model.SILENCE);
    /** The id of the user whose phone this is, and the device that the server knows. */
    this.user = user;
    this.device = device;
    this._locks = more.locks;
    this._room = more.room || roomLeft;
    this._line = line;
    this._bell = new Bell(`wangge-${user}`);
    /** @type {Promise<Summary> | null} */ this._running = null;
    /** @type {Promise<Summary> | null} */ this._next = null;
    /** @type {Means} */
    this._means = {
      store,
      device,
      line,
      clock,
      newId,
      room: async () => (await this._room()).free,
      changed: () => this._bell.ring(),
      page: more.page || model.PAGE,
      batch: more.batch || model.BATCH,
      schema: more.schema || model.SCHEMA,
      verified: null,
    };
    this.files = new Files(store, line);
    this._ballast = new Ballast(store, more.ballast === undefined ? model.ROOM_TO_RECORD : more.ballast);
  }

  /** Note that the phone was opened: how long it heard nothing grows. Before anything else. */
  async begin() {
    try {
      await this._write((pocket) => this._growSilent(pocket));
    } catch (error) {
      if (!(error instanceof model.NoRoom)) throw error; // a full disk must not hold up the outbox
    }
    await this._ballast.load();
  }

  // For the person.

  /**
   * Write something down; it is seen at once and waits in the outbox. The row's id.
   * Rejects with NoRoom and TooLong, and then nothing was written; when it resolves, it is kept.
   * Recording the same `id` again (create, append) writes nothing more.
   * @param {Recording} recording
   * @returns {Promise<string>}
   */
  record(recording) {
    return this.recordAll([recording]);
  }

  /**
   * Several things of one form, all or none; the first one's id. What stands here under its id already
   * is not written again. Rejects with SavedOtherwise where it stands here with other content.
   * @param {Recording[]} recordings
   * @returns {Promise<string>}
   */
  async recordAll(recordings) {
    const rows = recordings.map(({ op, id }) => {
      if (op === "patch" && !id) throw new Error("a patch needs the id of its row");
      return id || this._means.newId();
    });
    await this._write(async (pocket, tx) => {
      for (const { draft } of recordings) if (draft) pocket.dropDraft(draft);
      const again = []; // by a second press, in another tab
      for (const recording of recordings) again.push(await pocket.outbox.isWritten(recording));
      await this._growSilent(pocket);
      for (const [k, recording] of recordings.entries()) {
        const { entity, op, id, files = [] } = recording;
        const there = op === "patch" || !id ? again.includes(true) : again[k]; // with the others, or itself
        if (!there) await this._writeDown(pocket, rows[k], recording);
        for (const file of files) this.files.keep(tx, entity, rows[k], file);
      }
    });
    this._bell.ring();
    return rows[0];
  }

  /**
   * Offer a change once more that met a full quarantine (reason quarantine_full). Its new mid.
   * @param {string} mid
   * @returns {Promise<string>}
   */
  async sendAgain(mid) {
    const fresh = await this._write(async (pocket) => {
      const line = await pocket.outbox.find(mid);
      if (!line || line.status !== model.REJECTED || line.reason !== model.QUARANTINE_FULL) {
        throw new Error("only what met a full quarantine can be sent again");
      }
      const { mid: _mid, n: _n, ...said } = line.change;
      const made = await putOut(this._means, pocket, said);
      pocket.outbox.acknowledge(line, model.SENT_AGAIN, null, (await pocket.fact("server_time")) || 0);
      return made;
    });
    this._bell.ring();
    return fresh;
  }

  /**
   * Put away a rejected record that the person has read and needs no more.
   * @param {string} mid
   */
  async putAway(mid) {
    await this._write(async (pocket) => {
      const line = await pocket.outbox.find(mid);
      if (line && line.status !== model.REJECTED) throw new Error("only what was rejected");
      if (line) pocket.outbox.putAway(line);
    });
    this._bell.ring();
  }

  // Drafts: what is typed and not yet saved, kept in this user's store at each change.

  /**
   * Rejects with NoRoom.
   * @param {string} name
   * @param {any} value  JSON
   * @param {File[]} [files]  with it, where they changed: a letter is not to write photos anew
   */
  async keepDraft(name, value, files) {
    await this._write(async (pocket) => pocket.keepDraft(name, value, files));
  }

  /** @param {string} name */
  async dropDraft(name) {
    await this._write(async (pocket) => pocket.dropDraft(name));
  }

  // Sync.

  /**
   * Push until the outbox is empty, then pull until done. A lost line ends it, gently. Asked for
   * while it runs, it runs once more behind: what was saved meanwhile goes out too.
   * Rejects with LoginLost (a person must sign in), LineRefused, NoRoom.
   * @returns {Promise<Summary>}
   */
  sync() {
    if (this._running === null) {
      this._running = this._sync().finally(() => (this._running = null));
      return this._running;
    }
    if (this._next === null) {
      const once = () => {
        this._next = null;
        return this.sync();
      };
      this._next = this._running.then(once, once);
    }
    return this._next;
  }

  /**
   * Ask cheaply whether there is anything new, and sync if so or if something waits.
   * Rejects like sync, and with LineLost.
   * @returns {Promise<Summary | null>} null: nothing new
   */
  async listen() {
    if (!this._line.news) return this.sync();
    const before = await this._read((pocket) => pocket.fact("etag"));
    const { etag, changed } = await this._line.news(before);
    if (!changed && !(await unfinished(this._means))) return null;
    const summary = await this.sync();
    // Else it is news once more the next time.
    if (summary.complete) await this._write(async (pocket) => pocket.keepFact("etag", etag));
    return summary;
  }

  /**
   * Ask the server as this user, for what is no sync. Rejects with LoginLost, LineLost.
   * @param {string} method
   * @param {string} path  behind /api/v1/, such as "sync/status"
   * @param {{body?: Fields}} [more]
   * @returns {Promise<import("./line.js").Answer>}
   */
  ask(method, path, more) {
    if (!this._line.ask) throw new model.LineLost("no line but for sync");
    return this._line.ask(method, path, more);
  }

  /** @returns {Promise<Room>} */
  async room() {
    const room = await this._room();
    return { ...room, low: room.low || !(await this._ballast.isThere()) };
  }

  /**
   * Be told when rows, outbox or alarms changed, in this tab or another. Returns how to stop.
   * @param {() => void} heard
   * @returns {() => void}
   */
  onChange(heard) {
    return this._bell.listen(heard);
  }

  /** Close the store of this user in this tab (lock). Nothing is lost. */
  close() {
    this._bell.close();
    this._store.close();
  }

  // What these lean on.

  /**
   * @param {Pocket} pocket
   * @param {string} id
   * @param {Recording} recording
   */
  async _writeDown(pocket, id, { entity, op, set, was }) {
    const before = was || (op === "patch" ? await pocket.rows.seen(entity, id, set) : {});
    await putOut(this._means, pocket, { entity, id, op, set: { ...set }, was: before, at: this._clock.read() });
  }

  async _sync() {
    const act = async () => {
      const summary = await syncOnce(this._means);
      if (!summary.lost) summary.files = await this.files.handIn();
      if (summary.files) await tellAnew(this._means, summary);
      await this._ballast.load();
      return summary;
    };
    const done = await takeTurn(this._store, `wangge-sync-${this.user}`, this._locks, act);
    return done || { ...emptySummary(), busy: true };
  }

  /**
   * What a person does: where there is no room, in place of the ballast.
   * @template T
   * @param {(pocket: Pocket, tx: IDBTransaction) => Promise<T>} act
   * @returns {Promise<T>}
   */
  async _write(act) {
    const write = () => this._store.write((tx) => act(new Pocket(tx), tx));
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof model.NoRoom) || !(await this._ballast.drop())) throw error;
      return write();
    }
  }
}
