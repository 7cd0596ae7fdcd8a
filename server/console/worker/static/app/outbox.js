// @ts-check
/** 待传: every record that waits or was set aside, why, and what to do. Plain numbers, no riddles. */

import { button, h } from "./dom.js";
import { known } from "./places.js";
import { ENTITIES, OUTCOMES, CATEGORIES, EVENTS, NEEDS, named } from "./terms.js";
import { minute, span } from "./times.js";
import { half, t } from "./words.js";
import { QUARANTINE_FULL } from "../sync/model.js";

/** @typedef {import("./shell.js").At} At */
/** @typedef {import("../sync/model.js").Kept} Kept */
/** @typedef {import("../sync/files.js").KeptFile} KeptFile */
/** @typedef {Record<string, string[]>} Reasons  slug → [why, what to do] */

const MEGABYTE = 1024 * 1024;
const PAGE = 50;
const CLOCK_OFF = 10 * 60 * 1000; // ms
/** How many of each list are shown: it stays so while the page is drawn anew. */
const most = { user: "", waiting: PAGE, aside: PAGE, conflicts: PAGE };
/** @type {Readonly<Record<string, string>>} */
const ALARMS = {
  epoch_changed: "服务器恢复过备份，手机里保存的记录已重新上传。",
  server_forgot_changes: "服务器恢复过备份，手机里保存的记录已重新上传。",
  started_from_zero: "已从头重新同步，记录都在。",
  file_was_older: "这部手机的资料还原过，记录照常上传。",
  hole_declared: "有记录在这部手机上丢失了，只剩编号。若记得内容请重新填写。",
  digest_mismatch: "手机与服务器对不上，已重新取过。",
  cursor_refused: "手机与服务器对不上，已重新取过。",
  no_room: "手机空间不足，没有取新的住户信息；您的记录照样上传。",
  device_revoked: "这部手机已停用：住户信息已清除，没上传的记录会交给主管。",
};

/** @param {At} at */
export async function draw(at) {
  const { phone } = at;
  if (most.user !== phone.user) Object.assign(most, { user: phone.user, waiting: PAGE, aside: PAGE, conflicts: PAGE });
  const [numbers, waiting, aside, conflicts, alarms, room, reasons, files] = await Promise.all([
    phone.numbers(), phone.waiting(most.waiting), phone.setAside(), phone.conflicts(), phone.alarms(), phone.room(), at.reasons(), phone.files.waiting(),
  ]);
  return [
    h("h1", { tabindex: "-1" }, t("待传 {n} 条", { n: numbers.waiting })),
    await line(at),
    h("p", { class: "acts" }, button(t("现在同步"), () => at.sync(), { class: "main" })),
    room.low && h("p", { class: "late" }, t("手机空间不足，新记录可能存不下。请先删掉一些照片或不用的应用。")),
    waiting.length > 0 && section(t("等着上传"), await list(at, waiting, "waiting", numbers.waiting, reasons)),
    aside.length > 0 && section(t("没有生效的"), await list(at, aside, "aside", aside.length, reasons)),
    conflicts.length > 0 && section(t("两边不一样，等人决定"), await list(at, conflicts, "conflicts", conflicts.length, reasons)),
    files.length > 0 && section(t("照片"), photos(at, files, reasons)),
    numbers.waiting + aside.length + conflicts.length + files.length === 0 && h("p", { class: "empty" }, t("都传上去了，没有要您处理的。")),
    alarms.length > 0 && section(t("手机与服务器"), h("ul", { class: "plain" }, alarms.map((one) => h("li", { class: "hint" }, `${minute(one.at)} ${t(ALARMS[one.kind] ?? one.kind)}`)))),
    details(numbers, room),
  ];
}

/** When the last sync went through, and what hinders the next one. @param {At} at */
async function line(at) {
  const last = await at.phone.lastSync();
  const when = last === null ? t("还没同步过。") : t("上次同步：{when}", { when: minute(last) });
  const off = Math.abs(await at.phone.ahead());
  const clock = off > CLOCK_OFF && t("手机时间差了约 {span}，请在手机设置里打开“自动确定时间”。记录照样算数。", { span: span(off) });
  return [h("p", {}, when), clock && h("p", { class: "soon" }, clock), at.hindered() && h("p", { class: "soon" }, at.hindered())];
}

/** @param {string} title @param {import("./dom.js").Child} content */
function section(title, content) {
  return h("section", {}, h("h2", {}, title), content);
}

/**
 * The first of them, and a button for more: a phone that was away for weeks has thousands.
 * @param {At} at @param {Kept[]} records @param {"waiting" | "aside" | "conflicts"} which @param {number} count @param {Reasons} reasons
 */
async function list(at, records, which, count, reasons) {
  const items = await Promise.all(records.slice(0, most[which]).map((kept) => card(at, kept, reasons)));
  const rest = count - items.length;
  const more = async () => {
    most[which] += PAGE;
    await at.refresh();
    /** @type {HTMLElement | undefined} */ (document.getElementById(which)?.children[items.length])?.focus();
  };
  return [h("ul", { class: "plain", id: which }, items), rest > 0 && button(t("再显示 {n} 条", { n: Math.min(rest, PAGE) }), more, { class: "quiet" })];
}

/** @param {At} at @param {Kept} kept @param {Reasons} reasons */
async function card(at, kept, reasons) {
  const { change, state, reason } = kept;
  const why = state === "conflict" ? [t("位置与办公室的不一样，等主管决定。手机上先显示办公室的。")] : reason ? explain(reasons, reason) : [];
  return h(
    "li",
    { class: "card", tabindex: "-1" },
    h("strong", {}, await about(at, kept)),
    h("p", { class: "hint" }, t("{when} 记下", { when: minute(change.at.wall) })),
    kept.wiped ? h("p", {}, t("内容已依法删除。")) : text(change.set),
    why.map((said) => h("p", {}, said)),
    state === "rejected" && reason === QUARANTINE_FULL && button(t("重新上传"), () => at.phone.sendAgain(change.mid), { class: "quiet" }),
    state === "rejected" && button(t("看过了，收起"), () => at.phone.putAway(change.mid), { class: "quiet" }),
  );
}

/** What follows its record, and what the server does not take. @param {At} at @param {KeptFile[]} files @param {Reasons} reasons */
function photos(at, files, reasons) {
  const refused = files.filter((one) => one.refused);
  const card = (/** @type {KeptFile} */ one) =>
    h("li", { class: "card" }, explain(reasons, one.refused ?? "").map((said) => h("p", {}, said)), button(t("看过了，收起"), () => at.phone.files.putAway(one.id).then(at.redraw), { class: "quiet" }));
  const due = files.length - refused.length;
  return h("ul", { class: "plain" }, due > 0 && h("li", {}, t("还有 {n} 张在手机里，记录上传以后接着传。", { n: due })), refused.map(card));
}

/** What a record is, and of whom. @param {At} at @param {Kept} kept */
async function about(at, { change }) {
  const { entity, set } = change;
  const detail = named(OUTCOMES, set.outcome) || named(CATEGORIES, set.category) || named(EVENTS, set.event) || named(NEEDS, set.need);
  const whose = set.household_id ?? (entity === "household" ? change.id : null);
  const home = whose ? await known(at.phone, "household", whose) : null;
  return [named(ENTITIES, entity), detail, home?.head_name ?? set.head_name].filter(Boolean).join(" · ");
}

/** @param {Record<string, any>} set */
function text(set) {
  const said = set.note ?? set.story ?? set.why ?? set.address ?? set.telephone;
  return typeof said === "string" && said ? h("p", { class: "cut" }, said) : null;
}

/** @param {Reasons} reasons @param {string} slug */
function explain(reasons, slug) {
  const known = reasons[slug] ?? reasons[""] ?? [slug];
  const otherwise = reasons[""] ?? [];
  return [known[0] ?? slug, known[1] ?? otherwise[1] ?? ""].map(half).filter(Boolean);
}

/**
 * @param {import("../sync/model.js").Numbers} numbers
 * @param {import("../sync/phone.js").Room} room
 */
function details(numbers, room) {
  /** @type {[string, string][]} */
  const told = [
    [t("一共记过"), String(numbers.recorded)],
    [t("等着上传"), String(numbers.waiting)],
    [t("服务器已收到"), String(numbers.acknowledged)],
    [t("近 30 天已生效"), String(numbers.counted)],
    [t("近 30 天没有生效"), String(numbers.set_aside + numbers.rejected)],
    [t("浏览器估计可用空间"), Number.isFinite(room.free) ? `${Math.floor(room.free / MEGABYTE)} MB` : t("浏览器没有告知")],
  ];
  const promise = room.persisted ? null : h("p", { class: "hint" }, t("浏览器没有保证长期保存。请把此页添加到手机桌面，并常同步。"));
  return h("details", {}, h("summary", {}, t("数字和手机")), h("dl", { class: "facts" }, told.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]).flat()), promise);
}
