// @ts-check
/** The codes of a dispute's parties: large, to be written down by hand, or printed. */

import { button, h } from "./dom.js";
import { known } from "./places.js";
import { SIDES, named } from "./terms.js";
import { t } from "./words.js";

/** @typedef {import("./shell.js").At} At */
/** @typedef {import("../sync/model.js").Fields} Fields */

/** @param {At} at */
export async function draw(at) {
  const id = at.asked.get("id") ?? "";
  const written = await at.phone.fates("dispute", id);
  /** @type {Fields[]} */
  const parties = written.flatMap((kept) => kept.change.set.parties ?? []).filter((/** @type {Fields} */ one) => one.code);
  const named = await Promise.all(parties.map((one) => nameOf(at, one)));
  return [
    h("h1", { tabindex: "-1" }, t("查询码")),
    parties.length === 0
      ? h("p", { class: "empty" }, t("这部手机里没有这件纠纷的查询码。丢了可以到承办单位当面补办。"))
      : [h("p", { class: "no-print" }, t("现在抄给本人，或打印。只给本人，别人拿到也能查。")), parties.map((one, index) => slip(one, named[index] ?? ""))],
    h("p", { class: "acts no-print" }, parties.length > 0 && button(t("打印"), () => window.print(), { class: "quiet" }), h("a", { class: "button", href: `#/case?id=${id}` }, t("抄好了"))),
  ];
}

/** @param {Fields} one @param {string} name */
function slip(one, name) {
  return h(
    "section",
    { class: "card slip" },
    h("p", { class: "no-print" }, `${named(SIDES, one.side)}${name ? ` · ${name}` : ""}`),
    h("h2", {}, t("纠纷办理查询码")),
    h("p", { class: "code" }, String(one.code)),
    h("p", {}, t("用任何手机打开 {address}，输入此码，可以看进展、评价、要求上一级办理。", { address: `${location.host}/r` })),
    h("p", { class: "hint" }, t("请妥善保管；丢了请到承办单位当面补办。")),
  );
}

/** @param {At} at @param {Fields} one */
async function nameOf(at, one) {
  const home = one.household_id ? await known(at.phone, "household", one.household_id) : null;
  return home?.head_name ?? one.name ?? "";
}
