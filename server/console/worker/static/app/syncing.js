// @ts-check
/** When to sync: on opening, when the line is back, every few minutes, and when somebody asks. */

import { plain } from "./trouble.js";
import { LineLost, LoginLost, NoRoom } from "../sync/model.js";

/** @typedef {import("../sync/phone.js").Phone} Phone */
/** @typedef {import("../sync/model.js").Summary} Summary */

const EVERY = 3 * 60 * 1000; // ms, while the page is looked at
const SOON = 1500; // after a record: what is written next goes along
const AGAIN = 30 * 1000; // after a line that broke; doubled each time
const LONGEST = 60 * 60 * 1000;

export class Syncing {
  /**
   * @param {Phone} phone
   * @param {(busy: boolean) => void} changed  hears of every change of the three below
   * @param {() => Promise<void>} through  done once, after the first sync that went through
   */
  constructor(phone, changed, through) {
    this.phone = phone;
    this.changed = changed;
    /** @type {(() => Promise<void>) | null} */
    this.through = through;
    this.busy = false;
    /** Why it does not go through, in words; empty: it does. */
    this.trouble = "";
    /** Only a person can help: they must sign in. */
    this.loginLost = false;
    this.stopped = false;
    this.wait = AGAIN;
    this.timer = 0;
    /** @type {Promise<void> | null} */
    this.running = null;
    this.online = () => void this.now();
    this.seen = () => document.visibilityState === "visible" && this.soon(0);
  }

  /** Begin, and go on by itself. */
  start() {
    window.addEventListener("online", this.online);
    document.addEventListener("visibilitychange", this.seen);
    this.soon(0);
  }

  /** No more; resolves when nothing is on its way. */
  async stop() {
    this.stopped = true;
    window.clearTimeout(this.timer);
    window.removeEventListener("online", this.online);
    document.removeEventListener("visibilitychange", this.seen);
    await this.running;
  }

  /** In a moment. @param {number} [delay] ms */
  soon(delay = SOON) {
    window.clearTimeout(this.timer);
    if (!this.stopped) this.timer = window.setTimeout(() => void this.now(), delay);
  }

  /** Now, whole; one at a time. */
  now() {
    if (!this.running && !this.stopped) this.running = this.once().finally(() => (this.running = null));
    return this.running ?? Promise.resolve();
  }

  /** @private */
  async once() {
    window.clearTimeout(this.timer);
    this.tell(true, "", this.loginLost);
    try {
      const summary = await this.phone.sync();
      if (summary.complete) await this.first();
      this.wait = summary.lost ? Math.min(this.wait * 2, LONGEST) : AGAIN;
      this.tell(false, summary.lost ? plain(new LineLost("lost")) : "", false);
      this.soon(summary.lost ? Math.max(this.wait, (summary.retryAfter ?? 0) * 1000) : EVERY);
    } catch (error) {
      this.tell(false, plain(error), error instanceof LoginLost);
      this.soon(error instanceof NoRoom ? EVERY : LONGEST);
    }
  }

  /** What it fails in, it does after the next one. @private */
  async first() {
    const { through } = this;
    this.through = null;
    await through?.().catch(() => (this.through = through));
  }

  /** @private @param {boolean} busy @param {string} trouble @param {boolean} loginLost */
  tell(busy, trouble, loginLost) {
    this.busy = busy;
    if (!busy) this.trouble = trouble;
    this.loginLost = loginLost;
    this.changed(busy);
  }
}
