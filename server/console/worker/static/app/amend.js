// @ts-check
/** 改正: what is written of a household, where it changed. Only what was changed is sent. */

import { h } from "./dom.js";
import { sheet } from "./drafts.js";
import { count, end, isTelephone, line, mark, refuse, select, telephone } from "./form.js";
import { position } from "./position.js";
import { KINDS, LIVED } from "./terms.js";
import { noRoom } from "./visit.js";
import { t } from "./words.js";

/** @typedef {import("./shell.js").At} At */
/** @typedef {import("./drafts.js").Sheet} Sheet */
/** @typedef {import("../sync/model.js").Fields} Fields */

/** @param {At} at */
export async function draw(at) {
  const id = at.asked.get("id") ?? "";
  const home = await at.phone.row("household", id);
  if (home === null) return [h("h1", { tabindex: "-1" }, t("住户")), h("p", { class: "empty" }, t("这一户不在这部手机里了。"))];
  const form = await sheet(at.phone, { name: `amend:${id}`, where: at.hash, what: "改正", of: home.head_name }, () => shownAs(home));
  const trouble = h("div", {});
  const drawn = h("form", { class: "sheet", novalidate: true }, ...fields(form));
  const save = () => keep(at, id, form, drawn, trouble);
  const back = () => form.drop().then(() => at.go(`#/household?id=${id}`));
  end(form, drawn, save, [t("不改了"), back], trouble);
  return [h("h1", { tabindex: "-1" }, t("改正：{name}", { name: home.head_name })), await noRoom(at), trouble, drawn];
}

/**
 * What the form shows, and beside it what it was: the office is told, should both have changed it.
 * @param {Fields} home @returns {Fields}
 */
function shownAs(home) {
  const { head_name, address = null, telephone = null, people = null, kind, state, location = null } = home;
  const shown = { head_name, address: address ?? "", telephone: telephone ?? "", people: people === null ? "" : String(people), kind, state };
  return { ...shown, was: { head_name, address, telephone, people, kind, state, location } };
}

/** @param {Sheet} form */
function fields(form) {
  const words = (/** @type {import("./terms.js").Table} */ table) => Object.entries(table).map(([slug, zh]) => /** @type {[string, string]} */ ([slug, t(zh)]));
  return [
    line(form, "head_name", t("户主姓名"), { most: 50 }),
    line(form, "telephone", t("电话"), { mode: "tel", most: 30, optional: true }),
    line(form, "address", t("地址"), { optional: true }),
    line(form, "people", t("人口"), { mode: "numeric", most: 3, optional: true }),
    select(form, "kind", t("类型"), words(KINDS)),
    select(form, "state", t("居住情况"), words(LIVED)),
    position(form, t("这户的位置")),
  ];
}

/**
 * @param {At} at
 * @param {string} id
 * @param {Sheet} form
 * @param {HTMLElement} drawn
 * @param {HTMLElement} trouble
 */
async function keep(at, id, form, drawn, trouble) {
  const { values, about } = form;
  if (!mark(drawn, wrong(values))) return;
  const set = changed(values);
  const was = Object.fromEntries(Object.keys(set).map((name) => [name, values.was[name] ?? null]));
  try {
    await form.settle();
    if (Object.keys(set).length > 0) await at.during(at.phone.record({ entity: "household", op: "patch", id, set, was, draft: about.name }));
    await form.drop();
  } catch (error) {
    return refuse(form, trouble, error);
  }
  at.say(t("已记下。"));
  at.go(`#/household?id=${id}`);
}

/** @param {Fields} values @returns {Record<string, string>} */
function wrong(values) {
  /** @type {Record<string, string>} */
  const found = {};
  if (!values.head_name?.trim()) found.head_name = t("请写户主姓名。");
  if (!isTelephone(telephone(values.telephone))) found.telephone = t("电话只写数字。");
  const people = count(values.people);
  if (people !== null && !(people <= 999)) found.people = t("请写数字。");
  return found;
}

/** What is other than the form had shown. @param {Fields} values @returns {Fields} */
function changed(values) {
  /** @type {Fields} */
  const meant = {
    head_name: values.head_name.trim(),
    address: values.address.trim(),
    telephone: telephone(values.telephone),
    people: count(values.people),
    kind: values.kind,
    state: values.state,
  };
  const was = { ...values.was, address: values.was.address ?? "", telephone: telephone(values.was.telephone) };
  const set = Object.fromEntries(Object.entries(meant).filter(([name, value]) => value !== was[name]));
  return values.location ? { ...set, location: values.location } : set;
}
