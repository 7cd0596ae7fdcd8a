// @ts-check
/** A resident's code, made where the case is noted, without a line too (docs/residents.md). */

const ALPHABET = "34679ACDEFGHJKMNPRTVWXY";
const DIGITS = 15; // of chance; the sixteenth checks

/**
 * @param {Uint8Array} [bytes]  16 of chance
 * @returns {string} such as "A37T-WDJ3-WA9A-XVTM"
 */
export function residentCode(bytes = crypto.getRandomValues(new Uint8Array(16))) {
  const base = BigInt(ALPHABET.length);
  let left = BigInt(0);
  for (const byte of bytes) left = (left << BigInt(8)) | BigInt(byte);
  /** @type {number[]} */
  const digits = [];
  for (let k = 0; k < DIGITS; k++) {
    digits.unshift(Number(left % base));
    left /= base;
  }
  const sum = digits.reduce((before, digit, k) => before + (k + 1) * digit, 0);
  const check = [...ALPHABET].findIndex((_, c) => (sum + 16 * c) % ALPHABET.length === 0);
  const text = [...digits, check].map((digit) => ALPHABET[digit]).join("");
  return (text.match(/.{4}/g) || []).join("-");
}
