// @ts-check
/**
 * What this phone holds, to choose from. After a long silence rows are locked and there is none: what
 * can be written down without them is written down all the same.
 */

import { RowsLocked } from "../sync/model.js";

/** @typedef {import("../sync/phone.js").Phone} Phone */
/** @typedef {import("../sync/model.js").Fields} Fields */

/** [id, name] of my villages. @param {Phone} phone @returns {Promise<[string, string][]>} */
export async function villages(phone) {
  const areas = await rows(phone, "area");
  return sorted([...areas].filter(([, area]) => area.level === "village"));
}

/** [id, name] of my cells. @param {Phone} phone @returns {Promise<[string, string][]>} */
export async function cells(phone) {
  return sorted([...(await rows(phone, "cell"))]);
}

/**
 * One row, or null; null too while rows are locked.
 * @param {Phone} phone
 * @param {string} entity
 * @param {string} id
 * @returns {Promise<Fields | null>}
 */
export function known(phone, entity, id) {
  return phone.row(entity, id).catch((error) => unlessLocked(error, null));
}

/** @param {Phone} phone @param {string} entity @returns {Promise<Map<string, Fields>>} */
function rows(phone, entity) {
  return phone.rows(entity).catch((error) => unlessLocked(error, new Map()));
}

/** @template T @param {unknown} error @param {T} none @returns {T} */
function unlessLocked(error, none) {
  if (error instanceof RowsLocked) return none;
  throw error;
}

/** @param {[string, Fields][]} found @returns {[string, string][]} */
function sorted(found) {
  const byCode = found.sort(([, one], [, other]) => String(one.code).localeCompare(String(other.code)));
  return byCode.map(([id, row]) => [id, row.name || row.code]);
}
