// @ts-check
/** One household: where it is, when it was visited, what it wants from us, with consent. */

import { button, h } from "./dom.js";
import { HOW, KINDS, LIVED, NEEDS, OUTCOMES, PURPOSES, GIVEN_BY, UNPLACED, named } from "./terms.js";
import { ago, day, isoDay, minute } from "./times.js";
import { t } from "./words.js";
import { visitsOf } from "../sync/field.js";

/** @typedef {import("./shell.js").At} At */
/** @typedef {import("../sync/model.js").Fields} Fields */
/** @typedef {import("../sync/field.js").Household} Household */

/** @param {At} at */
export async function draw(at) {
  const id = at.asked.get("id") ?? "";
  const one = /** @type {Household | null} */ (await at.phone.row("household", id));
  if (one === null) return [h("h1", { tabindex: "-1" }, t("住户")), h("p", { class: "empty" }, t("这一户不在这部手机里了。"))];
  const [visits, needs] = await Promise.all([visitsOf(at.phone, id), at.phone.rows("service_need")]);
  const own = [...needs].filter(([, need]) => need.household_id === id && !need.withdrawn && need.until >= isoDay(Date.now()));
  return [
    h("h1", { tabindex: "-1" }, one.head_name),
    facts(one),
    h(
      "p",
      { class: "acts" },
      h("a", { class: "button", href: `#/visit?household=${id}` }, t("记走访")),
      h("a", { class: "button quiet", href: `#/dispute?household=${id}` }, t("记纠纷")),
      h("a", { class: "button quiet", href: `#/amend?id=${id}` }, t("改正")),
    ),
    h("section", {}, h("h2", {}, t("服务需求")), needList(at, own), h("a", { href: `#/need?household=${id}` }, t("记一项需求"))),
    h("section", {}, h("h2", {}, t("走访记录")), visitList(at, visits)),
  ];
}

/** @param {Household} one */
function facts(one) {
  /** @type {[string, any][]} */
  const told = [
    [t("地址"), one.address],
    [t("村民小组"), one.group_no],
    [t("电话"), one.telephone && h("a", { href: `tel:${one.telephone}` }, one.telephone)],
    [t("人口"), one.people],
    [t("类型"), `${named(KINDS, one.kind)} · ${named(LIVED, one.state)}`],
    [t("网格"), one.cell_id === null && h("span", { class: "soon" }, t("还没落格：{why}", { why: named(UNPLACED, one.unplaced) }))],
  ];
  const rows = told.filter(([, value]) => value !== null && value !== "" && value !== false && value !== undefined);
  return h("dl", { class: "facts" }, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]).flat());
}

/** @param {At} at @param {[string, Fields][]} needs */
function needList(at, needs) {
  if (needs.length === 0) return h("p", { class: "hint" }, t("没有记下的需求。"));
  return h("ul", { class: "plain" }, needs.map(([id, need]) => h("li", { class: "card" }, ...needLine(at, id, need))));
}

/** @param {At} at @param {string} id @param {Fields} need */
function needLine(at, id, need) {
  const consent = t("{who}{how}同意，到 {day} 为止", { who: named(GIVEN_BY, need.given_by), how: named(HOW, need.how), day: day(need.until) });
  const withdraw = async () => {
    await at.phone.record({ entity: "service_need", op: "patch", id, set: { withdrawn: true } });
    at.say(t("已按本人意愿撤回。"));
    at.redraw();
  };
  return [h("strong", {}, named(NEEDS, need.need)), h("p", { class: "hint" }, consent), button(t("撤回同意"), withdraw, { class: "quiet" })];
}

/** @param {At} at @param {Fields[]} visits */
function visitList(at, visits) {
  const standing = visits.filter((one) => !one.superseded_by);
  if (standing.length === 0) return h("p", { class: "hint" }, t("还没走访过。"));
  return h("ul", { class: "plain" }, standing.map((one) => h("li", { class: "card" }, ...visitLine(at, one))));
}

/** @param {At} at @param {Fields} one */
function visitLine(at, one) {
  const mine = !one.recorded_by || one.recorded_by === at.phone.user;
  return [
    h("strong", {}, `${named(OUTCOMES, one.outcome)} · ${ago(one.at)}`),
    h("span", { class: "hint" }, ` ${minute(one.at)}`),
    one.purpose && one.purpose !== "service" && h("p", { class: "hint" }, named(PURPOSES, one.purpose)),
    one.note && h("p", {}, one.note),
    one.supersedes_id && h("p", { class: "hint" }, t("已更正过")),
    one.waiting && h("p", { class: "soon" }, t("待传")),
    mine && h("a", { href: `#/visit?amends=${one.id}` }, t("更正这一条")),
  ];
}
