// @ts-check
/** 记纠纷: what it is about, where, who; whether somebody is in danger. A code for whoever wants it. */

import { h } from "./dom.js";
import { sheet } from "./drafts.js";
import { count, end, line, lines, mark, more, refuse, select, tick } from "./form.js";
import { parties, partiesOf, wrongParties } from "./parties.js";
import { of as photosOf, photos } from "./photo.js";
import { cells, known, villages } from "./places.js";
import { CATEGORIES, CHANNELS, SIZES } from "./terms.js";
import { untyped } from "./times.js";
import { noRoom, soon } from "./visit.js";
import { t } from "./words.js";
import { noteDispute } from "../sync/field.js";
import { newId } from "../sync/ids.js";

/** @typedef {import("./shell.js").At} At */
/** @typedef {import("./drafts.js").Sheet} Sheet */
/** @typedef {import("./terms.js").Table} Table */
/** @typedef {import("../sync/model.js").Fields} Fields */

const EXTRAS = ["spot", "channel", "size", "people_concerned", "claim", "occurred"];

/** @param {At} at */
export async function draw(at) {
  const household = at.asked.get("household");
  const home = household ? await known(at.phone, "household", household) : null;
  const about = { name: household ? `dispute:${household}` : "dispute", where: at.hash, what: "记纠纷", of: home?.head_name ?? "" };
  const places = await wheres(at);
  const form = await sheet(at.phone, about, () => begun(household, home, places));
  const trouble = h("div", {});
  const drawn = h("form", { class: "sheet", novalidate: true }, ...fields(at, form, places));
  const save = () => keep(at, form, drawn, trouble);
  end(form, drawn, save, [t("不记了"), () => discard(at, form)], trouble);
  return [
    h("h1", { tabindex: "-1" }, t("记纠纷")),
    h("p", {}, h("a", { href: "#/cases" }, t("我记的纠纷，现在谁在办"))),
    form.resumed && h("p", { class: "notice" }, t("接着上次没写完的。")),
    await noRoom(at),
    trouble,
    drawn,
  ];
}

/**
 * Cells and villages to choose from: [c:id or v:id, name].
 * @param {At} at
 * @returns {Promise<[string, string][]>}
 */
async function wheres(at) {
  const [mine, around] = await Promise.all([cells(at.phone), villages(at.phone)]);
  const cell = mine.map(([id, name]) => /** @type {[string, string]} */ ([`c:${id}`, name]));
  const village = around.map(([id, name]) => /** @type {[string, string]} */ ([`v:${id}`, t("{name}，别的地方", { name })]));
  return [...cell, ...village];
}

/**
 * @param {string | null} household
 * @param {Fields | null} home
 * @param {[string, string][]} places
 * @returns {Fields}
 */
function begun(household, home, places) {
  const where = home?.cell_id ? `c:${home.cell_id}` : home ? `v:${home.village_id}` : places[0]?.[0];
  const first = { id: newId(), side: "applicant", household_id: household, name: "", telephone: "", wants_code: true };
  const second = { id: newId(), side: "respondent", household_id: null, name: "", telephone: "", wants_code: false };
  return { id: newId(), alert_id: newId(), where, parties: [first, second] };
}

/** @param {At} at @param {Sheet} form @param {[string, string][]} places */
function fields(at, form, places) {
  const open = EXTRAS.some((name) => form.values[name]) || photosOf(form).length > 0;
  const kinds = /** @type {[string, string][]} */ ([["", t("请选择")], ...worded(CATEGORIES)]);
  return [
    lines(form, "story", t("什么事")),
    select(form, "category", t("哪一类"), kinds),
    places.length > 0 ? select(form, "where", t("在哪里"), places) : h("p", { class: "hint" }, t("同步一次以后才能选地点；不选也能保存，有住户时按住户算。")),
    parties(at, form),
    h("div", { class: "field danger" }, tick(form, "alert", t("有人身危险，马上告诉各级"), {}), h("p", { class: "hint" }, t("没有网络时不会马上送到：请同时打 110。"))),
    more(
      open,
      line(form, "spot", t("具体位置"), { most: 200 }),
      lines(form, "claim", t("申请方要求什么"), { most: 500 }),
      select(form, "channel", t("怎么知道的"), worded(CHANNELS)),
      select(form, "size", t("规模"), worded(SIZES)),
      line(form, "people_concerned", t("涉及多少人"), { mode: "numeric", most: 5 }),
      line(form, "occurred", t("什么时候（不是现在才填）"), { type: "datetime-local" }),
      photos(form),
    ),
  ];
}

/** @param {Table} table @returns {[string, string][]} */
function worded(table) {
  return Object.entries(table).map(([slug, zh]) => [slug, t(zh)]);
}

/** @param {At} at @param {Sheet} form @param {HTMLElement} drawn @param {HTMLElement} trouble */
async function keep(at, form, drawn, trouble) {
  if (!mark(drawn, wrong(form.values, await soon(at)))) return;
  const { values, about } = form;
  try {
    await form.settle();
    const more = { draft: about.name, files: photosOf(form), alert: Boolean(values.alert) && (values.alert_id ?? true) };
    await at.during(noteDispute(at.phone, disputeOf(values), more));
    await form.drop();
  } catch (error) {
    return refuse(form, trouble, error);
  }
  at.say(t("已记下。"));
  const coded = values.parties.some((/** @type {Fields} */ one) => one.wants_code);
  at.go(coded ? `#/slip?id=${values.id}` : `#/case?id=${values.id}`);
}

/** @param {Fields} values @param {number} latest @returns {Record<string, string>} */
function wrong(values, latest) {
  /** @type {Record<string, string>} */
  const found = {};
  if (!values.story?.trim()) found.story = t("请写是什么事。");
  if (!values.category) found.category = t("请选一类。");
  const concerned = count(values.people_concerned);
  if (concerned !== null && !(concerned >= 1)) found.people_concerned = t("请写数字。");
  const when = values.occurred ? untyped(values.occurred) : null;
  if (when !== null && when > latest) found.occurred = t("时间还没到。");
  return { ...found, ...wrongParties(values.parties) };
}

/** @param {Fields} values @returns {import("../sync/field.js").NewDispute} */
function disputeOf(values) {
  const [kind, place] = String(values.where ?? "").split(/:(.*)/);
  const concerned = count(values.people_concerned);
  const when = values.occurred ? untyped(values.occurred) : null;
  const told = partiesOf(values.parties);
  const whose = told.findIndex((one) => one.side === "applicant");
  return {
    id: values.id,
    category: values.category,
    story: values.story.trim(),
    ...(place ? (kind === "c" ? { cell_id: place } : { village_id: place }) : {}),
    ...(told.length > 0 ? { parties: told } : {}),
    ...(values.spot?.trim() ? { spot: values.spot.trim() } : {}),
    ...(values.channel ? { channel: values.channel } : {}),
    ...(values.size ? { size: values.size } : {}),
    ...(concerned !== null ? { people_concerned: concerned } : {}),
    ...(values.claim?.trim() ? { claims: [{ content: values.claim.trim(), ...(whose >= 0 ? { party: whose } : {}) }] } : {}),
    ...(when !== null ? { occurred_at: when } : {}),
  };
}

/** @param {At} at @param {Sheet} form */
async function discard(at, form) {
  await form.drop();
  at.go("#/cells");
}
