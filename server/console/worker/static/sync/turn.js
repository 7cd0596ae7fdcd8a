// @ts-check
/**
 * Taking turns between tabs. The browser's locks end with the tab that held them; where there are
 * none (an old browser, or no HTTPS), a lease in the store that runs out.
 */

import { Pocket } from "./pocket.js";

const LEASE = 90 * 1000; // ms without a sign of life
const BEAT = 20 * 1000;

/**
 * Do it if nobody else is at it; null if somebody is.
 * @template T
 * @param {import("./store.js").Store} store
 * @param {string} name
 * @param {LockManager | undefined} locks
 * @param {() => Promise<T>} act
 * @returns {Promise<T | null>}
 */
export async function takeTurn(store, name, locks, act) {
  if (!locks) return lease(store, act);
  return locks.request(name, { ifAvailable: true }, (lock) => (lock ? act() : null));
}

/**
 * Do it when everybody before is done.
 * @template T
 * @param {string} name
 * @param {LockManager | undefined} locks
 * @param {() => Promise<T>} act
 * @returns {Promise<T>}
 */
export async function wait(name, locks, act) {
  return locks ? locks.request(name, act) : act();
}

/**
 * @template T
 * @param {import("./store.js").Store} store
 * @param {() => Promise<T>} act
 * @returns {Promise<T | null>}
 */
async function lease(store, act) {
  const holder = String(Math.random());
  if (!(await hold(store, holder))) return null;
  const beat = setInterval(() => hold(store, holder).catch(() => {}), BEAT);
  try {
    return await act();
  } finally {
    clearInterval(beat);
    await store.write(async (tx) => new Pocket(tx).keepFact("turn", null));
  }
}

/**
 * @param {import("./store.js").Store} store
 * @param {string} holder
 */
function hold(store, holder) {
  return store.write(async (tx) => {
    const pocket = new Pocket(tx);
    const turn = await pocket.fact("turn");
    const now = Date.now();
    // A clock that was set back holds nobody up for longer than the lease.
    const taken = turn && turn.holder !== holder && turn.until > now && turn.until <= now + LEASE;
    if (!taken) pocket.keepFact("turn", { holder, until: now + LEASE });
    return !taken;
  });
}
