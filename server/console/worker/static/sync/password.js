// @ts-check
/**
 * The password at the door of a store, without a line. It keeps one user's rows from another's eyes
 * on a shared phone; it encrypts nothing: whoever forgot a password must not lose what waits.
 */

/** @typedef {{salt: Uint8Array, rounds: number, hash: Uint8Array}} Proof */

const ROUNDS = 210000; // of PBKDF2-HMAC-SHA256: some tenths of a second on an old phone

/** Whether this browser can do it: not without HTTPS. */
export function canProve() {
  return typeof crypto !== "undefined" && Boolean(crypto.subtle);
}

/**
 * @param {string} password
 * @returns {Promise<Proof | null>} null where the browser cannot
 */
export async function makeProof(password) {
  if (!canProve()) return null;
  const salt = crypto.getRandomValues(new Uint8Array(16));
  return { salt, rounds: ROUNDS, hash: await derive(password, salt, ROUNDS) };
}

/**
 * @param {string} password
 * @param {Proof} proof
 * @returns {Promise<boolean>}
 */
export async function proves(password, proof) {
  const found = await derive(password, proof.salt, proof.rounds);
  return found.every((byte, k) => byte === proof.hash[k]);
}

/**
 * @param {string} password
 * @param {Uint8Array} salt
 * @param {number} rounds
 */
async function derive(password, salt, rounds) {
  const typed = new TextEncoder().encode(password.normalize("NFC"));
  const key = await crypto.subtle.importKey("raw", typed, "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: /** @type {BufferSource} */ (salt), iterations: rounds };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, 256));
}
