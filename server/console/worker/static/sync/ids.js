// @ts-check
/** Ids that are made where a record is made: UUIDv7 (RFC 9562, 5.7). */

/**
 * @param {number} ms  since 1970; bits beyond 48 are ignored
 * @param {bigint} chance  74 bits
 * @returns {string}
 */
export function uuid7(ms, chance) {
  const time = BigInt.asUintN(48, BigInt(Math.trunc(ms)));
  const high = BigInt.asUintN(12, chance >> BigInt(62));
  const low = BigInt.asUintN(62, chance);
  const whole =
    (time << BigInt(80)) | (BigInt(7) << BigInt(76)) | (high << BigInt(64)) | (BigInt(2) << BigInt(62)) | low;
  const hex = whole.toString(16).padStart(32, "0");
  const cuts = [0, 8, 12, 16, 20, 32];
  return cuts.slice(1).map((end, k) => hex.slice(cuts[k], end)).join("-");
}

/** A new id. @returns {string} */
export function newId() {
  let chance = BigInt(0);
  for (const byte of crypto.getRandomValues(new Uint8Array(10))) {
    chance = (chance << BigInt(8)) | BigInt(byte);
  }
  return uuid7(Date.now(), chance);
}
