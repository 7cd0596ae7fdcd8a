// @ts-check
/**
 * What a worker does, in words of the field, over the plain verbs of phone.js.
 */

export { residentCode } from "./codes.js";

/** @typedef {import("./phone.js").Phone} Phone */
/** @typedef {import("./phone.js").File} File */
/** @typedef {import("./model.js").Fields} Fields */

/**
 * @typedef {object} Household  as pulled, with what this phone knows of visits
 * @property {string} id
 * @property {string} village_id
 * @property {string | null} cell_id  null: not placed, see `unplaced`
 * @property {number | null} group_no
 * @property {"family" | "shop" | "enterprise" | "institution"} kind
 * @property {"lived_in" | "away" | "ended"} state
 * @property {string} head_name
 * @property {string | null} telephone
 * @property {string} address
 * @property {number | null} people
 * @property {[number, number, string, number | null] | null} location
 * @property {string | null} unplaced  why it has no cell
 * @property {number | null} last_met  when somebody was last met or telephoned (ms), or null
 * @property {number | null} last_tried  the last attempt of any outcome (ms), or null
 */

/**
 * @typedef {object} NewVisit
 * @property {string} id  drawn with the form: saving twice saves once
 * @property {string} household_id
 * @property {"met" | "by_telephone" | "nobody_home" | "declined" | "moved_away"} outcome
 * @property {string} [note]
 * @property {string} [purpose]
 * @property {number} [companions]
 * @property {number} [occurred_at]  ms, if not now
 * @property {string} [supersedes_id]  the visit that this one amends
 */

/**
 * @typedef {object} NewDispute
 * @property {string} id  drawn with the form
 * @property {string} category
 * @property {string} story
 * @property {string} [village_id]
 * @property {string} [cell_id]
 * @property {string} [spot]
 * @property {string} [channel]
 * @property {string} [size]
 * @property {number} [people_concerned]
 * @property {Fields[]} [parties]  each {id, side, kind, household_id?, name?, telephone?, code?}
 * @property {Fields[]} [claims]  each {content, party?}
 * @property {number} [occurred_at]
 */

const COVERAGE = new Set(["met", "by_telephone"]); // the outcomes that say that somebody was seen

/**
 * Households of this phone, longest unseen first; ended ones left out.
 * @param {Phone} phone
 * @returns {Promise<Household[]>}
 */
export async function households(phone) {
  const last = lastVisits(await visits(phone));
  const found = [...(await phone.rows("household"))].map(([id, row]) => {
    const { met = null, tried = null } = last.get(id) || {};
    return /** @type {any} */ ({ id, ...row, last_met: met, last_tried: tried });
  });
  const unseen = (/** @type {Household} */ one) => one.last_met || 0;
  const living = found.filter((one) => one.state !== "ended");
  return living.sort((one, other) => unseen(one) - unseen(other) || (one.id < other.id ? -1 : 1));
}

/**
 * Visits of one household, newest first; one that was amended carries `superseded_by`.
 * `at` is when it happened (ms), `waiting` whether only this phone knows it.
 * @param {Phone} phone
 * @param {string} householdId
 * @returns {Promise<Fields[]>}
 */
export async function visitsOf(phone, householdId) {
  const all = await visits(phone);
  const amended = new Map(all.filter((v) => v.supersedes_id).map((v) => [v.supersedes_id, v.id]));
  const theirs = all.filter((visit) => visit.household_id === householdId);
  for (const visit of theirs) visit.superseded_by = amended.get(visit.id) || null;
  return theirs.sort((one, other) => other.at - one.at);
}

/**
 * @param {Phone} phone
 * @param {NewVisit} visit
 * @param {{draft?: string, files?: File[]}} [more]
 * @returns {Promise<string>} its id
 */
export function recordVisit(phone, { id, ...set }, { draft, files } = {}) {
  return phone.record({ entity: "visit", op: "append", id, set: said(set), draft, files });
}

/**
 * @param {Phone} phone
 * @param {NewDispute} dispute
 * @param {{draft?: string, files?: File[], alert?: boolean | string}} [more]  alert: threat to life; an id
 *   drawn with the form makes saving it twice once
 * @returns {Promise<string>} its id
 */
export function noteDispute(phone, { id, ...set }, { draft, files, alert = false } = {}) {
  /** @type {import("./phone.js").Recording} */
  const dispute = { entity: "dispute", op: "create", id, set: said(set), draft, files };
  /** @type {import("./phone.js").Recording} */
  const warning = {
    entity: "dispute_event",
    op: "append",
    ...(typeof alert === "string" ? { id: alert } : {}),
    set: { dispute_id: id, event: "alert", why: set.story },
  };
  return phone.recordAll(alert ? [dispute, warning] : [dispute]);
}

/**
 * Every visit that is known here, with when it happened.
 * @param {Phone} phone
 * @returns {Promise<Fields[]>}
 */
async function visits(phone) {
  const written = new Map((await phone.waiting()).map(({ change }) => [change.id, change.at.wall]));
  return [...(await phone.rows("visit"))].map(([id, row]) => {
    const wall = written.get(id);
    return { id, ...row, at: row.occurred_at || row.recorded_at || wall || 0, waiting: wall !== undefined };
  });
}

/**
 * When each household was last met, and last tried; what was amended does not count.
 * @param {Fields[]} all
 * @returns {Map<string, {met: number | null, tried: number}>}
 */
function lastVisits(all) {
  const amended = new Set(all.map((visit) => visit.supersedes_id).filter(Boolean));
  /** @type {Map<string, {met: number | null, tried: number}>} */
  const last = new Map();
  for (const visit of all.filter(({ id }) => !amended.has(id))) {
    const before = last.get(visit.household_id) || { met: null, tried: 0 };
    const met = COVERAGE.has(visit.outcome) ? Math.max(before.met || 0, visit.at) : before.met;
    last.set(visit.household_id, { met, tried: Math.max(before.tried, visit.at) });
  }
  return last;
}

/**
 * What was filled in: nothing is sent of what was left empty.
 * @param {Fields} set
 * @returns {Fields}
 */
function said(set) {
  const empty = (/** @type {any} */ value) => value === undefined || value === null || value === "";
  return Object.fromEntries(Object.entries(set).filter(([, value]) => !empty(value)));
}
