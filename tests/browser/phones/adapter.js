// @ts-check
/**
 * What a test holds phones by: verbs with plain JSON in and out. `window.line` is the test's.
 *
 * A phone can be let die before a given request to its store: the transaction is not finished, and
 * nothing of that phone goes on.
 */

import { BrowserClock } from "/sync/clock.js";
import { residentCode } from "/sync/codes.js";
import { digest } from "/sync/digest.js";
import { newId, uuid7 } from "/sync/ids.js";
import { LineLost, LineRefused, LoginLost } from "/sync/model.js";
import { Phone } from "/sync/phone.js";
import { Pocket } from "/sync/pocket.js";
import { answer, openStore } from "/sync/store.js";

class Killed extends Error {}
let left = null; // requests to the store until power fails; null: never

for (const kind of [IDBObjectStore, IDBIndex]) {
  for (const name of ["add", "put", "get", "getAll", "getAllKeys", "delete", "clear", "count", "openCursor"]) {
    const real = kind.prototype[name];
    if (real) kind.prototype[name] = failing(real);
  }
}

function failing(real) {
  return function (...given) {
    if (left === 0) throw new Killed();
    if (left !== null) left -= 1;
    return real.apply(this, given);
  };
}

const roomy = async () => ({ free: Infinity, low: false, persisted: true });
const held = new Map(); // key → phone and what its clock reads
const copies = new Map();

/** The test answers as the server; what a person writes meanwhile is written first. */
function lineOf(key) {
  const ask = async (verb, body) => {
    const one = held.get(key);
    const said = JSON.parse(await window.line(key, verb, JSON.stringify(body)));
    if (said.now) one.now = said.now;
    if (said.meanwhile) await one.phone.record(said.meanwhile);
    if (said.lost) throw new LineLost("lost", said.retry_after, said.status || null);
    if (said.login) throw new LoginLost("login");
    if (said.refused) throw new LineRefused(said.refused);
    return said.answer;
  };
  return { call: ask, news: (etag) => ask("news", etag) };
}

const verbs = {
  record: (phone, written) => phone.record(written),
  sync: (phone) => phone.sync(),
  listen: (phone) => phone.listen(),
  sendAgain: (phone, mid) => phone.sendAgain(mid),
  rows: async (phone, entity) => Object.fromEntries(await phone.rows(entity)),
  waiting: (phone) => phone.waiting(),
  setAside: (phone) => phone.setAside(),
  numbers: (phone) => phone.numbers(),
  alarms: (phone) => phone.alarms(),
  kept: async (phone) => {
    const lines = await phone._store.read((tx) => new Pocket(tx).outbox.all());
    return lines.map(({ change, status }) => [change, status || null]);
  },
  copy: async (phone, name) => void copies.set(name, await dump(phone)),
  putBack: (phone, name) => restore(phone, copies.get(name)),
  close: (phone) => phone.close(),
};

window.phones = {
  async open(key, now, name, user, device, app) {
    const store = await openStore(indexedDB, name);
    await store.write(async (tx) => new Pocket(tx).keepFact("device", device));
    const one = { now, phone: null };
    held.set(key, one);
    const clock = { read: () => ({ ...one.now }) };
    const [line, locks] = [lineOf(key), navigator.locks];
    one.phone = new Phone({ store, user, device, line, clock, newId, room: roomy, ballast: 0, locks, ...app });
    await one.phone.begin();
  },
  /**
   * Do something at this moment; `until`: how many requests to the store may be made from now on,
   * null: any number, -1: as many as are left.
   */
  async do(key, now, verb, given, until) {
    const one = held.get(key);
    one.now = now;
    if (until !== -1) left = until;
    try {
      return { done: await verbs[verb](one.phone, ...given) };
    } catch (error) {
      left = null;
      if (error instanceof Killed) one.phone.close();
      return { error: error.constructor.name, told: String(error.stack || error) };
    }
  },
  async forget() {
    for (const { phone } of held.values()) phone.close();
    held.clear();
    const names = (await indexedDB.databases()).map(({ name }) => name);
    await Promise.all(names.map((name) => new Promise((done) => (indexedDB.deleteDatabase(name).onsuccess = done))));
  },
  digest,
  uuid7: (ms, hex) => uuid7(ms, BigInt(hex)),
  residentCode: (bytes) => residentCode(Uint8Array.from(bytes)),
  /** What a BrowserClock says of these readings of the two clocks: its boots, counted. */
  boots(readings) {
    let [wall, elapsed, boots] = [0, 0, 0];
    const watched = new BrowserClock(() => ++boots, () => wall, () => elapsed);
    return readings.map((now) => {
      [wall, elapsed] = now;
      watched.read();
      return boots;
    });
  },
};

function dump(phone) {
  return phone._store.read(async (tx) => {
    const names = Array.from(tx.objectStoreNames);
    const all = await Promise.all(names.map((name) => answer(tx.objectStore(name).getAll())));
    return names.map((name, k) => [name, all[k]]);
  });
}

function restore(phone, copy) {
  return phone._store.write(async (tx) => {
    for (const [name, lines] of copy) {
      tx.objectStore(name).clear();
      for (const one of lines) tx.objectStore(name).put(one);
    }
  });
}
