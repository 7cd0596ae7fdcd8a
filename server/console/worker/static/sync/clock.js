// @ts-check
/**
 * What the browser's clocks read, for `at` of a change and `clock` of a push.
 *
 * A page does not know when the phone was started, so its "boot" is one life of this page: what was
 * written in an earlier life, or in another tab, is claimed by the wall clock (docs/protocol.md, 8).
 * And performance.now() stands still while an Android phone sleeps, where the protocol's `elapsed`
 * must count that. So the two clocks are watched against each other: once they have drifted apart,
 * by sleep or because somebody set the wall clock, another boot begins. What is proved is proved to
 * TOLERANCE.
 */

/** @typedef {import("./model.js").Reading} Reading */

export const TOLERANCE = 2000; // ms that the clocks of one boot may be apart
export const DRIFT = 0.0005; // and in addition of what has passed: quartz, and the wall being slewed

/** A Clock of model.js. */
export class BrowserClock {
  /**
   * @param {() => number} newBoot  any number by chance
   * @param {() => number} wall  ms since 1970
   * @param {() => number} elapsed  ms, never set back
   */
  constructor(newBoot, wall = () => Date.now(), elapsed = () => performance.now()) {
    this._newBoot = newBoot;
    this._wall = wall;
    this._elapsed = elapsed;
    /** @type {Reading | null} */
    this._first = null;
  }

  /** @returns {Reading} */
  read() {
    const wall = Math.floor(this._wall());
    const elapsed = Math.max(0, Math.floor(this._elapsed()));
    if (this._first === null || apart(this._first, wall, elapsed)) {
      this._first = { wall, elapsed, boot: `page-${this._newBoot().toString(36)}` };
    }
    return { wall, elapsed, boot: this._first.boot };
  }
}

/**
 * @param {Reading} first
 * @param {number} wall
 * @param {number} elapsed
 */
function apart(first, wall, elapsed) {
  const passed = elapsed - first.elapsed;
  if (passed < 0) return true;
  return Math.abs(wall - first.wall - passed) > TOLERANCE + DRIFT * passed;
}

/**
 * Milliseconds between two readings: measured within one boot, else by the wall; never below 0.
 * @param {Reading} then
 * @param {Reading} now
 */
export function passed(then, now) {
  const measured = then.boot === now.boot && now.boot !== "";
  return Math.max(0, measured ? now.elapsed - then.elapsed : now.wall - then.wall);
}
