// @ts-check
/**
 * A phone in several hands: each user has a store of their own, with a device of its own, so that
 * the server, too, keeps their numbers, rows and revocations apart.
 */

import { BrowserClock } from "./clock.js";
import { newId } from "./ids.js";
import { ask, settled, slugOf } from "./line.js";
import { CodeNeeded, LineRefused, LoginLost, SignInRefused, WrongPassword } from "./model.js";
import { canProve, makeProof, proves } from "./password.js";
import { Phone } from "./phone.js";
import { Pocket } from "./pocket.js";
import { Registry } from "./registry.js";
import { askToPersist } from "./room.js";
import { Session, end } from "./session.js";
import { openStore } from "./store.js";

/** @typedef {import("./model.js").Fields} Fields */
/** @typedef {import("./registry.js").Entry} Entry */
/** @typedef {import("./session.js").Tokens} Tokens */
/** @typedef {import("./store.js").Store} Store */

/**
 * @typedef {object} User  who has ever signed in on this phone
 * @property {string} id
 * @property {string} login
 * @property {string} name
 * @property {number} waiting  how many of their records wait here, without what is in them
 * @property {boolean} signedIn  false: they must sign in online before anything is sent
 */

const DEVICE_NAME = "工作页 Worker's page";

export class Handset {
  /**
   * @param {object} [world]
   * @param {IDBFactory} [world.factory]
   * @param {import("./model.js").Clock} [world.clock]
   * @param {LockManager | undefined} [world.locks]
   */
  constructor(world = {}) {
    this._factory = world.factory || indexedDB;
    this._clock = world.clock || new BrowserClock(() => crypto.getRandomValues(new Uint32Array(1))[0]);
    this._locks = "locks" in world ? world.locks : navigator.locks;
    this._registry = new Registry(this._factory);
    /** Sessions on their way to their end, by user. @type {Map<string | null, Promise<void>>} */
    this._ending = new Map();
  }

  /** Who has ever used this phone, last one first. @returns {Promise<User[]>} */
  async users() {
    /** @type {Map<string, User>} */
    const found = new Map();
    for (const { user, login, name } of await this._registry.all()) {
      if (user === null || found.has(user)) continue;
      found.set(user, { id: user, login, name, ...(await this._standing(user)) });
    }
    return [...found.values()];
  }

  /**
   * Sign in at the server and open the store. Also when the login was lost: the outbox is kept.
   * Rejects with SignInRefused (wrong-login …), CodeNeeded (then `answer`), LineLost (no line).
   * @param {string} login
   * @param {string} password
   * @param {string} [insteadOf]  a device of too-many-devices that goes for this one
   * @param {string} [code]  of the second step, where it is known already
   * @returns {Promise<Phone>}
   */
  async signIn(login, password, insteadOf, code) {
    const entry = await this._entry(login.trim());
    await this._ending.get(entry.user); // it signs this device out, and would end the new one too
    const device = { id: entry.device, name: DEVICE_NAME, ...(insteadOf ? { instead_of: insteadOf } : {}) };
    const body = { login: entry.login, password, device, ...(code ? { code } : {}) };
    const answer = await ask("POST", "sessions", { body });
    if (slugOf(answer) === "device-taken" && entry.user === null) {
      await this._registry.keep({ ...entry, device: newId() });
      return this.signIn(login, password, insteadOf, code);
    }
    if (slugOf(answer) === "wrong-login" || answer.status === 422) await this._registry.forget(entry);
    if (slugOf(answer) === "code-needed") throw new CodeNeeded(answer.body.challenge, entry.login, password);
    return this._enter(entry, password, signedIn(answer));
  }

  /**
   * The second step. Rejects like signIn.
   * @param {CodeNeeded} asked
   * @param {string} typed
   * @param {string} [insteadOf]  as for signIn: a code that met too-many-devices is not spent
   * @returns {Promise<Phone>}
   */
  async answer({ challenge, login, password }, typed, insteadOf) {
    const code = typed.replace(/\s/g, "");
    if (insteadOf) return this.signIn(login, password, insteadOf, code);
    const body = { challenge, code };
    const answer = await ask("POST", "sessions/code", { body });
    return this._enter(await this._entry(login), password, signedIn(answer));
  }

  /**
   * Open the store of somebody who has signed in here before; no line is needed, unless the browser
   * cannot try a password by itself. Rejects with WrongPassword.
   * @param {string} user  id
   * @param {string} password  the one they last signed in with
   * @returns {Promise<Phone>}
   */
  async open(user, password) {
    const entry = (await this._registry.all()).find((one) => one.user === user);
    if (!entry) throw new WrongPassword("nobody of this id");
    if (!canProve() || entry.proof === null) return this.signIn(entry.login, password);
    if (!(await proves(password, entry.proof))) throw new WrongPassword("not the password");
    await this._registry.keep({ ...entry, used: Date.now() });
    return this._phone(await this._store(user), user);
  }

  /**
   * Open the store of whom another tab of this phone has just let in.
   * @param {string} user  id
   * @returns {Promise<Phone>}
   */
  async join(user) {
    return this._phone(await this._store(user), user);
  }

  /**
   * Sign out: the rows go at once, and the session as far as the line goes, for which nobody waits but
   * who signs in again.
   * What waits to be sent stays, and what was acknowledged in the last 30 days, for the next time that
   * this user signs in. How many wait.
   * @param {Phone} phone
   * @returns {Promise<number>}
   */
  async signOut(phone) {
    phone.close();
    const store = await this._store(phone.user);
    const tokens = await store.write(async (tx) => {
      const pocket = new Pocket(tx);
      const kept = await pocket.fact("tokens");
      pocket.rows.empty();
      for (const name of ["tokens", "cursor", "etag"]) pocket.keepFact(name, null);
      for (const name of ["resync", "dropped"]) pocket.keepFact(name, []);
      return kept;
    });
    store.close();
    // Without a line it ends by itself, with its token.
    if (tokens) this._ending.set(phone.user, end(tokens).catch(() => {}));
    return (await this._standing(phone.user)).waiting;
  }

  /**
   * Let go of what anybody has begun on this phone, not saved, and not touched for 30 days.
   * @param {number} now  server time (ms)
   * @param {string} list  the draft that names the others
   */
  async ageDrafts(now, list) {
    for (const { id } of await this.users()) {
      const store = await this._store(id);
      await store.write((tx) => new Pocket(tx).ageDrafts(now, list)).finally(() => store.close());
    }
  }

  /**
   * What this login has here, made before it is used: a lost answer makes no second device.
   * @param {string} login
   * @returns {Promise<Entry>}
   */
  async _entry(login) {
    const found = await this._registry.find(login);
    if (found) return found;
    /** @type {Entry} */
    const entry = { login, device: newId(), user: null, name: login, used: Date.now(), proof: null };
    await this._registry.keep(entry);
    return entry;
  }

  /**
   * @param {Entry} entry
   * @param {string} password
   * @param {Fields} told
   * @returns {Promise<Phone>}
   */
  async _enter(entry, password, told) {
    const user = told.user_id;
    const store = await this._store(user);
    const device = await nameDevice(store, told.device_id);
    if (device !== told.device_id) {
      // The same person under another login: what waits here is of the device that they had.
      store.close();
      await this._registry.keep({ ...entry, device, user });
      return this.signIn(entry.login, password);
    }
    await new Session(store, user, this._locks).keep({ access: told.access, refresh: told.refresh });
    const phone = await this._phone(store, user);
    const name = await this._nameOf(phone, entry.name);
    const proof = await makeProof(password);
    await this._registry.keep({ ...entry, device, user, name, proof, used: Date.now() });
    askToPersist().catch(() => {}); // a browser that will not promise says so in `room`
    return phone;
  }

  /**
   * @param {Store} store
   * @param {string} user
   */
  async _phone(store, user) {
    const device = await store.read((tx) => new Pocket(tx).fact("device"));
    const line = new Session(store, user, this._locks);
    const phone = new Phone({ store, user, device, line, clock: this._clock, newId, locks: this._locks });
    await phone.begin();
    return phone;
  }

  /**
   * What a list of users calls them: a kindness, without which one goes on.
   * @param {Phone} phone
   * @param {string} before
   * @returns {Promise<string>}
   */
  async _nameOf(phone, before) {
    try {
      return settled(await phone.ask("GET", "sessions/current")).name || before;
    } catch (_none) {
      return before;
    }
  }

  /** @param {string} user */
  async _standing(user) {
    const store = await this._store(user);
    try {
      return await store.read(async (tx) => {
        const pocket = new Pocket(tx);
        const signedIn = (await pocket.fact("tokens")) !== null;
        return { waiting: await pocket.outbox.countWaiting(), signedIn };
      });
    } finally {
      store.close();
    }
  }

  /** @param {string} user */
  _store(user) {
    return openStore(this._factory, `wangge-phone-${user}`);
  }
}

/**
 * The device of a store: kept in it from the first sign-in on.
 * @param {Store} store
 * @param {string} device
 * @returns {Promise<string>}
 */
function nameDevice(store, device) {
  return store.write(async (tx) => {
    const pocket = new Pocket(tx);
    const name = (await pocket.fact("device")) || device;
    pocket.keepFact("device", name);
    return name;
  });
}

/**
 * The tokens of a sign-in that went through. Throws SignInRefused, LineLost.
 * @param {import("./line.js").Answer} answer
 * @returns {Fields}
 */
function signedIn(answer) {
  try {
    return settled(answer);
  } catch (error) {
    const refused = error instanceof LoginLost || error instanceof LineRefused || answer.status === 429;
    if (!refused) throw error;
    throw new SignInRefused(slugOf(answer), (answer.body && answer.body.detail) || "", {
      ...answer.body,
      retryAfter: answer.retryAfter,
    });
  }
}
