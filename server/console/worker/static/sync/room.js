// @ts-check
/** How much room the browser still grants, and whether it may throw the store away. */

import { ROOM_TO_RECORD } from "./model.js";

/**
 * @typedef {object} Room
 * @property {number} free  bytes; Infinity where the browser does not say
 * @property {boolean} low  so few that nothing more can be written down: say so before typing
 * @property {boolean} persisted  the browser promised not to throw the store away
 */

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
