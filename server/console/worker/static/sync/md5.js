// @ts-check
/**
 * MD5 (RFC 1321), of which a digest takes the first 64 bits. Nothing is kept secret by it: it finds
 * what went wrong on the way. Browsers have none of their own, and theirs would not be synchronous.
 */

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const SINES = Int32Array.from({ length: 64 }, (_, k) => Math.floor(Math.abs(Math.sin(k + 1)) * 2 ** 32));

const words = new Int32Array(16);
const encoder = new TextEncoder();

/**
 * The first 64 bits of the hash of this text in UTF-8, as two numbers of 32 bits, high one first.
 * @param {string} text
 * @returns {[number, number]}
 */
export function md5(text) {
  const message = padded(encoder.encode(text));
  const view = new DataView(message.buffer);
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  for (let at = 0; at < message.length; at += 64) {
    for (let k = 0; k < 16; k++) words[k] = view.getInt32(at + 4 * k, true);
    mix(state);
  }
  const found = new DataView(state.buffer);
  return [bigEndian(found, 0), bigEndian(found, 4)];
}

/** @param {Uint8Array} bytes */
function padded(bytes) {
  const whole = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6);
  whole.set(bytes);
  whole[bytes.length] = 0x80;
  const view = new DataView(whole.buffer);
  view.setUint32(whole.length - 8, bytes.length << 3, true);
  view.setUint32(whole.length - 4, Math.floor(bytes.length / 2 ** 29), true);
  return whole;
}

/** @param {Int32Array} state */
function mix(state) {
  let [a, b, c, d] = state;
  for (let k = 0; k < 64; k++) {
    const round = k >> 4;
    const [f, word] = step(round, k, b, c, d);
    const turned = (a + f + SINES[k] + words[word]) | 0;
    const by = SHIFTS[4 * round + (k & 3)];
    a = d;
    d = c;
    c = b;
    b = (b + ((turned << by) | (turned >>> (32 - by)))) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}

/**
 * @param {number} round
 * @param {number} k
 * @param {number} b
 * @param {number} c
 * @param {number} d
 * @returns {[number, number]}
 */
function step(round, k, b, c, d) {
  if (round === 0) return [(b & c) | (~b & d), k];
  if (round === 1) return [(d & b) | (~d & c), (5 * k + 1) & 15];
  if (round === 2) return [b ^ c ^ d, (3 * k + 5) & 15];
  return [c ^ (b | ~d), (7 * k) & 15];
}

/**
 * The state holds little-endian numbers in the machine's order; their bytes are the hash.
 * @param {DataView} state
 * @param {number} at
 */
function bigEndian(state, at) {
  const word = new Int32Array(state.buffer)[at / 4];
  const turned = new DataView(new ArrayBuffer(4));
  turned.setInt32(0, word, true);
  return turned.getUint32(0, false);
}
