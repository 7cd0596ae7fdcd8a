// @ts-check
/** The disputes of this phone: what is open first, who holds each and until when; one of them whole. */

import { h } from "./dom.js";
import { CATEGORIES, EVENTS, LEVELS, RESTING, STATES, named } from "./terms.js";
import { day, left, minute } from "./times.js";
import { t } from "./words.js";

/** @typedef {import("./shell.js").At} At */
/** @typedef {import("../sync/model.js").Fields} Fields */

const RUNGS = ["village", "township", "county"];
const SHORT = { village: "村", township: "乡", county: "县" };

/** @param {At} at */
export async function draw(at) {
  const all = [...(await at.phone.rows("dispute"))].sort(([, one], [, other]) => order(one) - order(other));
  const items = all.map(([id, one]) => h("li", {}, row(id, one)));
  return [
    h("h1", { tabindex: "-1" }, t("我记的纠纷")),
    items.length > 0 ? h("ul", { class: "rows" }, items) : h("p", { class: "empty" }, t("没有纠纷。没有就是好事，不用凑数。")),
  ];
}

/** @param {At} at */
export async function drawOne(at) {
  const id = at.asked.get("id") ?? "";
  const one = await at.phone.row("dispute", id);
  if (one === null) return [h("h1", { tabindex: "-1" }, t("纠纷")), h("p", { class: "empty" }, t("这件纠纷不在这部手机里了。"))];
  const events = [...(await at.phone.rows("dispute_event"))].filter(([, event]) => event.dispute_id === id);
  events.sort(([, first], [, second]) => (first.n ?? Infinity) - (second.n ?? Infinity));
  const fates = await at.phone.fates("dispute", id);
  const codes = fates.some((kept) => kept.change.set.parties?.some((/** @type {Fields} */ party) => party.code));
  return [
    h("h1", { tabindex: "-1" }, named(CATEGORIES, one.category)),
    h("p", {}, one.story),
    one.spot && h("p", { class: "hint" }, one.spot),
    holder(one),
    codes && h("p", {}, h("a", { class: "button quiet", href: `#/slip?id=${id}` }, t("给当事人的查询码"))),
    events.length > 0 && h("section", {}, h("h2", {}, t("办理经过")), h("ol", { class: "plain" }, events.map(([, event]) => line(event)))),
  ];
}

/** @param {string} id @param {Fields} one */
function row(id, one) {
  return h(
    "a",
    { class: "row", href: `#/case?id=${id}` },
    h("strong", {}, named(CATEGORIES, one.category)),
    h("span", { class: "when" }, one.status ? named(STATES, one.status) : t("待传")),
    h("span", { class: "cut" }, one.story),
    where(one),
  );
}

/** The ladder, and the time that is left, in a line. @param {Fields} one */
function where(one) {
  if (!one.status) return h("span", { class: "soon" }, t("还没上传，还没有单位收到。"));
  const resting = RESTING.has(one.status);
  return h("span", { class: "hint" }, ladder(one), one.office_name && ` ${one.office_name}`, !resting && one.due_at && [" · ", until(one.due_at)]);
}

/** @param {Fields} one */
function holder(one) {
  if (!one.status) return h("p", { class: "soon" }, t("还没上传，还没有单位收到。"));
  const resting = RESTING.has(one.status);
  return h(
    "div",
    { class: "card" },
    h("p", {}, ladder(one), h("strong", {}, ` ${named(STATES, one.status)}`)),
    h("p", {}, resting ? t("最后承办：{office}", { office: one.office_name ?? "" }) : t("现在由{office}承办（{level}）", { office: one.office_name ?? "", level: named(LEVELS, one.level) })),
    !resting && one.due_at && h("p", {}, until(one.due_at)),
    one.follow_up_until && h("p", { class: "hint" }, t("回访到 {day}", { day: day(one.follow_up_until) })),
  );
}

/** @param {number | string} at */
function until(at) {
  const told = left(typeof at === "string" ? Date.parse(at) : at);
  return h("span", { class: told.late ? "late" : "" }, told.text);
}

/** 村 ● ─ 乡 ○ ─ 县 ○ @param {Fields} one */
function ladder(one) {
  const now = RUNGS.indexOf(one.level);
  const rung = (/** @type {string} */ slug, /** @type {number} */ index) => {
    const state = index < now ? "passed" : index === now ? "now" : "";
    return [index > 0 && h("span", { class: "line" }), h("span", { class: `rung ${state}` }, t(SHORT[/** @type {"village"} */ (slug)]), h("i", {}))];
  };
  const said = t("层级：{level}", { level: named(LEVELS, one.level) });
  return h("span", { class: "ladder", role: "img", "aria-label": said }, RUNGS.map(rung).flat());
}

/** @param {Fields} event */
function line(event) {
  const when = event.occurred_at ?? event.recorded_at;
  const refused = event.kind === "note" && event.intended;
  const what = refused ? t("记了“{event}”，按规则没有生效", { event: named(EVENTS, event.intended) }) : named(EVENTS, event.kind ?? event.event);
  return h("li", { class: "card" }, h("strong", {}, what), when && h("span", { class: "hint" }, ` ${minute(when)}`), event.why && h("p", {}, event.why), event.agreement && h("p", {}, event.agreement));
}

/** What must happen soonest first; what rests, last. @param {Fields} one */
function order(one) {
  if (!one.status) return 0;
  if (RESTING.has(one.status)) return Number.MAX_SAFE_INTEGER;
  return one.due_at ? Number(new Date(one.due_at)) : Number.MAX_SAFE_INTEGER - 1;
}
