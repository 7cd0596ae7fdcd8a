// @ts-check
/** 记走访: whom, how it went, a note. For a household of this phone, or one that is not here yet. */

import { button, fill, h } from "./dom.js";
import { sheet } from "./drafts.js";
import { count, end, isTelephone, line, lines, mark, more, radios, refuse, select, telephone } from "./form.js";
import { finder } from "./people.js";
import { of as photosOf, photos } from "./photo.js";
import { known, villages } from "./places.js";
import { position } from "./position.js";
import { OUTCOMES, PURPOSES } from "./terms.js";
import { typed, untyped } from "./times.js";
import { box } from "./trouble.js";
import { t } from "./words.js";
import { newId } from "../sync/ids.js";

/** @typedef {import("./shell.js").At} At */
/** @typedef {import("./drafts.js").Sheet} Sheet */
/** @typedef {import("../sync/model.js").Fields} Fields */
/** @typedef {import("../sync/phone.js").Recording} Recording */

const TOLERANCE = 600000; // ms
const EXTRAS = ["purpose", "companions", "occurred", "telephone", "location"];

/** @param {At} at */
export async function draw(at) {
  const [about, fresh] = await begin(at);
  const form = await sheet(at.phone, about, () => fresh);
  const home = form.values.household_id ? await known(at.phone, "household", form.values.household_id) : null;
  const whom = h("div", {});
  const trouble = h("div", {});
  const drawn = h("form", { class: "sheet", novalidate: true }, whom, ...fields(form));
  const save = () => keep(at, form, drawn, trouble);
  end(form, drawn, save, [t("不记了"), () => discard(at, form)], trouble);
  await showWhom(at, form, whom, home);
  return [
    h("h1", { tabindex: "-1" }, form.values.supersedes_id ? t("更正走访") : t("记走访")),
    form.resumed && h("p", { class: "notice" }, t("接着上次没写完的。")),
    await noRoom(at),
    trouble,
    drawn,
  ];
}

/**
 * What the form is about, and what stands in it at first.
 * @param {At} at
 * @returns {Promise<[import("./drafts.js").Open, Fields]>}
 */
async function begin(at) {
  const amends = at.asked.get("amends");
  const household = at.asked.get("household");
  const where = at.hash;
  if (amends) {
    const old = (await known(at.phone, "visit", amends)) ?? {};
    const home = await known(at.phone, "household", old.household_id);
    return [{ name: `visit:${amends}`, where, what: "更正走访", of: home?.head_name ?? "" }, amendment(amends, old)];
  }
  const home = household ? await known(at.phone, "household", household) : null;
  const name = household ? `visit:${household}` : "visit";
  return [{ name, where, what: "记走访", of: home?.head_name ?? "" }, { id: newId(), household_id: household }];
}

/** @param {string} amends @param {Fields} old @returns {Fields} */
function amendment(amends, old) {
  const { household_id, outcome, note, purpose, companions } = old;
  const when = old.occurred_at ?? old.recorded_at;
  const number = companions == null ? "" : String(companions);
  return { id: newId(), household_id, outcome, note, purpose, companions: number, occurred: when ? typed(when) : "", supersedes_id: amends };
}

/** @param {Sheet} form */
function fields(form) {
  const open = EXTRAS.some((name) => form.values[name]) || photosOf(form).length > 0;
  return [
    radios(form, "outcome", t("结果"), OUTCOMES),
    lines(form, "note", t("记一句"), { optional: true }),
    more(
      open,
      select(form, "purpose", t("事由"), Object.entries(PURPOSES).map(([slug, zh]) => [slug, t(zh)])),
      line(form, "occurred", t("什么时候（不是现在才填）"), { type: "datetime-local" }),
      line(form, "telephone", t("这户的电话有变"), { mode: "tel", most: 30 }),
      line(form, "companions", t("同行几人"), { mode: "numeric", most: 2 }),
      photos(form),
      position(form, t("这户的位置")),
    ),
  ];
}

/**
 * Whom the visit is to: chosen, to be found, or new.
 * @param {At} at
 * @param {Sheet} form
 * @param {HTMLElement} place
 * @param {Fields | null} home
 */
async function showWhom(at, form, place, home) {
  const again = (/** @type {Fields | null} */ one) => showWhom(at, form, place, one);
  const put = (/** @type {Fields} */ values) => (Object.assign(form.values, values), form.touch());
  if (form.values.household_id) {
    const change = () => (put({ household_id: null }), again(null));
    const other = !form.values.supersedes_id && button(t("换一户"), change, { class: "link" });
    return fill(place, h("p", { class: "whom" }, h("strong", {}, home?.head_name ?? t("已选定的一户")), ` ${home?.address ?? ""} `, other));
  }
  if (form.values.stranger) {
    const back = () => (put({ stranger: false }), again(null));
    const mine = await villages(at.phone);
    const where = mine.length > 0 ? select(form, "village_id", t("哪个村"), mine) : h("p", { class: "hint" }, t("同步一次以后才能选村。"));
    return fill(place, line(form, "head_name", t("新住户：户主姓名"), { most: 50 }), where, line(form, "address", t("地址"), { optional: true }), button(t("还是找已有的户"), back, { class: "link" }));
  }
  const chosen = (/** @type {import("../sync/field.js").Household} */ one) => (put({ household_id: one.id }), again(one));
  const typed = (/** @type {string} */ text) => put({ head_name: text });
  const stranger = () => (put({ stranger: true, new_household: form.values.new_household ?? newId() }), again(null));
  const sought = { chosen, typed, value: form.values.head_name, none: t("这部手机里没有这一户。") };
  return fill(place, finder(at.phone, "household", t("走访哪一户"), sought), button(t("这里没有的户，记为新住户"), stranger, { class: "link" }));
}

/** @param {At} at @param {Sheet} form @param {HTMLElement} drawn @param {HTMLElement} trouble */
async function keep(at, form, drawn, trouble) {
  const mine = await villages(at.phone).catch(() => []);
  if (!mark(drawn, wrong(form.values, mine, await soon(at)))) return;
  let household = "";
  try {
    household = await at.during(store(at, form, form.values.village_id || (mine[0]?.[0] ?? "")));
  } catch (error) {
    return refuse(form, trouble, error);
  }
  at.say(t("已记下。"));
  at.go(`#/household?id=${household}`);
}

/** @param {Fields} values @param {[string, string][]} mine @param {number} latest @returns {Record<string, string>} */
function wrong(values, mine, latest) {
  /** @type {Record<string, string>} */
  const found = {};
  if (!values.household_id && !values.stranger) found.household = t("请先找到这一户，或记为新住户。");
  if (!values.household_id && values.stranger && !values.head_name?.trim()) found.head_name = t("请写户主姓名。");
  if (!values.household_id && values.stranger && mine.length === 0) found.head_name = t("请先同步一次，再记新住户。");
  if (!values.outcome) found.outcome = t("请选一个结果。");
  if (!isTelephone(telephone(values.telephone))) found.telephone = t("电话只写数字。");
  const companions = count(values.companions);
  if (companions !== null && !(companions <= 50)) found.companions = t("请写 0 到 50 的数字。");
  const when = values.occurred ? untyped(values.occurred) : null;
  if (when !== null && when > latest) found.occurred = t("时间还没到。");
  return found;
}

/**
 * All that belongs to one visit, written in one go.
 * @param {At} at
 * @param {Sheet} form
 * @param {string} village
 */
async function store(at, form, village) {
  const { values, about } = form;
  const isNew = !values.household_id;
  const household = isNew ? values.new_household : values.household_id;
  const more = toldOf(values, (await known(at.phone, "household", household)) ?? {});
  await form.settle();
  /** @type {Recording} */
  const visit = { entity: "visit", op: "append", id: values.id, set: visitOf({ ...values, household_id: household }), draft: about.name, files: photosOf(form) };
  /** @type {Recording[]} */
  const before = isNew ? [{ entity: "household", op: "create", id: household, set: { ...strangerOf(values, village), ...more } }] : [];
  /** @type {Recording[]} */
  const behind = !isNew && Object.keys(more).length > 0 ? [{ entity: "household", op: "patch", id: household, set: more }] : [];
  await at.phone.recordAll([...before, visit, ...behind]);
  await form.drop();
  return household;
}

/**
 * What was learnt of the household beside.
 * @param {Fields} values
 * @param {Fields} known
 * @returns {Fields}
 */
function toldOf(values, known) {
  const number = telephone(values.telephone);
  /** @type {Fields} */
  const told = {};
  if (number && number !== known.telephone) told.telephone = number;
  if (values.location && String(values.location) !== String(known.location)) told.location = values.location;
  return told;
}

/** @param {Fields} values @param {string} village @returns {Fields} */
function strangerOf(values, village) {
  const address = values.address?.trim();
  return { village_id: village, head_name: values.head_name.trim(), ...(address ? { address } : {}) };
}

/** @param {Fields} values @returns {Fields} */
function visitOf(values) {
  const companions = count(values.companions);
  const when = values.occurred ? untyped(values.occurred) : null;
  return {
    household_id: values.household_id,
    outcome: values.outcome,
    ...(values.note?.trim() ? { note: values.note.trim() } : {}),
    ...(values.purpose && values.purpose !== "service" ? { purpose: values.purpose } : {}),
    ...(companions !== null ? { companions } : {}),
    ...(when !== null ? { occurred_at: when } : {}),
    ...(values.supersedes_id ? { supersedes_id: values.supersedes_id } : {}),
  };
}

/** @param {At} at @param {Sheet} form */
async function discard(at, form) {
  await form.drop();
  at.go("#/cells");
}

/** What happened, happened before this (ms), be the phone's clock wrong by a day. @param {At} at */
export async function soon(at) {
  return Date.now() - (await at.phone.ahead()) + TOLERANCE;
}

/** Said before anything is typed: nothing more would fit. @param {At} at */
export async function noRoom(at) {
  return (await at.phone.room()).low && box(t("手机空间不足，新记录可能存不下。请先删掉一些照片或不用的应用。"));
}
