// @ts-check
/**
 * The words of the protocol client: what it tells the page, and what it needs of the browser.
 * docs/protocol.md binds; times are integer milliseconds, ids are UUIDs as lower-case text.
 */

export const SCHEMA = 3; // the newest columns that this app understands
export const ROUNDS = 8; // of push and pull in one sync: resends and resyncs are bounded
export const BATCH = 200; // changes in one push
export const PAGE = 1000; // rows of one page of a pull
export const MAX_RESYNC = 1000; // buckets in one pull: the server's bound
export const BATCH_BYTES = 512 * 1024; // of changes in one push
export const MAX_CHANGE_BYTES = 1024 * 1024; // a longer one could never reach the server

export const MAX_UNSENT = 1e6; // the greatest number that is told of what waits: the server's bound

export const HOUR = 3600 * 1000;
export const DAY = 24 * HOUR;
export const KEPT = 30 * DAY; // for so long what the server has acknowledged is kept
export const SILENCE = 30 * DAY; // heard nothing for so long: no rows are shown

export const ROOM_TO_RECORD = 1024 * 1024; // free bytes without which nothing more is written down
export const ROOM_TO_PULL = 16 * 1024 * 1024; // rows never take the room that a visit may need

export const QUARANTINED = "quarantined";
export const REJECTED = "rejected";
export const ERASED = "erased";
export const QUARANTINE_FULL = "quarantine_full";
export const HOLE = "hole"; // the entity of a change that says: I can no longer fill this n
export const SENT_AGAIN = "sent_again"; // only here: it went out once more under a new n

/**
 * What became of a change, by what the server answered; no answer yet: it waits.
 * @type {Readonly<Record<string, State>>}
 */
export const STATES = {
  applied: "counted",
  duplicate: "counted",
  merged: "counted",
  conflict: "conflict",
  quarantined: "set_aside",
  rejected: "rejected",
  sent_again: "sent_again",
};

/**
 * @typedef {"waiting" | "counted" | "conflict" | "set_aside" | "rejected" | "sent_again"} State
 *   waiting: only here. counted: took effect. conflict: a person at the office decides.
 *   set_aside: the server keeps it whole, a supervisor sees it. rejected: only here.
 */
/** @typedef {Record<string, any>} Fields  field → JSON value */
/** @typedef {"create" | "patch" | "append"} Op */
/** @typedef {{wall: number, elapsed: number, boot: string}} Reading  what the clocks said, in ms */
/**
 * @typedef {object} Change  in its wire form
 * @property {string} mid
 * @property {number} n
 * @property {string} entity
 * @property {string} id
 * @property {Op} op
 * @property {Fields} set
 * @property {Fields} was
 * @property {Reading} at
 */
/**
 * @typedef {object} Kept  a change as it stands in the store
 * @property {Change} change
 * @property {State} state
 * @property {string | null} reason  a slug of docs/protocol.md, or of docs/errors.md
 * @property {boolean} wiped  its body was erased by law
 */
/**
 * @typedef {object} Summary  what one sync did; whatever it says, everything until then is kept
 * @property {number} pushed  changes that were answered
 * @property {number} received  rows
 * @property {number} files  photos that were handed in
 * @property {boolean} complete  all that the server had is in
 * @property {boolean} lost  the line broke: later again
 * @property {boolean} busy  another tab is syncing: this one gave way
 * @property {number | null} retryAfter  seconds, where the server said so
 * @property {string[]} alarms
 */
/**
 * @typedef {object} Numbers  of this device; recorded = waiting + acknowledged, over its whole life
 * @property {number} recorded
 * @property {number} waiting
 * @property {number} acknowledged
 * @property {number} counted  took effect, of the last 30 days (conflicts included)
 * @property {number} set_aside  of the last 30 days
 * @property {number} conflicts
 * @property {number} rejected
 * @property {number} next_n  the server's, as last heard
 */
/**
 * @typedef {object} Unsent  what is still here beside what a request carries
 * @property {number} changes
 * @property {number} rejected
 * @property {number} files
 * @property {Reading | null} oldest  when the first of the changes was written
 * @property {Reading} at
 */
/**
 * @typedef {object} Clock  the browser's clocks as they are, right or wrong
 * @property {() => Reading} read
 */
/**
 * @typedef {object} Line  the way to the server
 * @property {(verb: "push" | "pull", body: Fields) => Promise<any>} call
 *   the answer. Rejects with LineLost (try later), LoginLost (sign in), LineRefused.
 */

/** Anything that a phone raises on purpose. Whatever it is, what was recorded stays recorded. */
export class PhoneError extends Error {
  /** @param {string} [why] */
  constructor(why) {
    super(why);
    this.name = new.target.name;
  }
}

/** No answer, or one that says "later". It may have taken effect: the same is sent again. */
export class LineLost extends PhoneError {
  /**
   * @param {string} why
   * @param {number | null} [retryAfter] seconds, where the server said so
   * @param {number | null} [status] null: no answer at all
   */
  constructor(why, retryAfter = null, status = null) {
    super(why);
    this.retryAfter = retryAfter;
    this.status = status;
  }
}

/** The server no longer knows this login: a person must sign in again. The outbox stays. */
export class LoginLost extends PhoneError {}

/** The server cannot read what was sent: a fault of the program. */
export class LineRefused extends PhoneError {
  /**
   * @param {number} status
   * @param {any} [answer]
   */
  constructor(status, answer) {
    super(String(status));
    this.status = status;
    this.answer = answer;
  }
}

/** A sign-in that the server refused. `slug`: docs/errors.md (wrong-login, too-many …). */
export class SignInRefused extends PhoneError {
  /**
   * @param {string} slug
   * @param {string} detail the server's own words, Chinese first, English behind
   * @param {Fields} told the whole problem; `devices` for too-many-devices
   */
  constructor(slug, detail, told) {
    super(slug);
    this.slug = slug;
    this.detail = detail;
    this.told = told;
  }
}

/** The password was right, a code is asked: `handset.answer(this, code)` within five minutes. */
export class CodeNeeded extends PhoneError {
  /**
   * @param {string} challenge
   * @param {string} login
   * @param {string} password
   */
  constructor(challenge, login, password) {
    super("code-needed");
    this.challenge = challenge;
    this.login = login;
    this.password = password;
  }
}

/** No room on this phone. Nothing was written: the form still has what was typed. */
export class NoRoom extends PhoneError {}

/** More than a change can carry. Nothing was written: the form still has what was typed. */
export class TooLong extends PhoneError {}

/** The same form was saved with other content, in another tab: it needs an id of its own. */
export class SavedOtherwise extends PhoneError {}

/** Silent for too long: rows are shown again after the next sync that goes through. */
export class RowsLocked extends PhoneError {}

/** A newer version of the app changed the store in another tab: reload this page. */
export class StoreClosed extends PhoneError {}

/** Somebody opens a store whose password they do not know. */
export class WrongPassword extends PhoneError {}
