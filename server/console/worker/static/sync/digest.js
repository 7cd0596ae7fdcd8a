// @ts-check
/** Integrity of a bucket: how many rows it holds, and one hash of them all. */

import { md5 } from "./md5.js";

/**
 * Count, and the XOR of the first 64 bits of md5(entity ‖ id ‖ rev), as 16 hex digits.
 * @param {Iterable<[string, string, number]>} rows  (entity, id, rev)
 * @returns {{n: number, h: string}}
 */
export function digest(rows) {
  let [n, high, low] = [0, 0, 0];
  for (const [entity, id, rev] of rows) {
    const [one, other] = md5(`${entity}${id}${rev}`);
    high ^= one;
    low ^= other;
    n += 1;
  }
  return { n, h: hex(high) + hex(low) };
}

/** @param {number} word */
function hex(word) {
  return (word >>> 0).toString(16).padStart(8, "0");
}
