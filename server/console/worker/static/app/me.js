// @ts-check
/** Who holds the phone now: lock it, sign out, the other language. */

import { button, h } from "./dom.js";
import { language, speak, t } from "./words.js";

/** @typedef {import("./shell.js").At} At */

/** @param {At} at */
export async function draw(at) {
  const waiting = await at.phone.countWaiting();
  const other = language() === "en" ? "zh" : "en";
  return [
    h("h1", { tabindex: "-1" }, at.name),
    h("p", {}, t("锁上以后，别人看不到您的住户和记录；没写完的也都在。")),
    h("p", { class: "acts" }, button(t("锁上，交给别人"), () => at.lock(), { class: "main" })),
    h("section", {}, h("h2", {}, t("语言")), button(other === "en" ? "English" : "中文", () => (speak(other), at.redraw()), { class: "quiet", lang: other === "en" ? "en" : "zh-CN" })),
    h(
      "section",
      {},
      h("h2", {}, t("退出登录")),
      h("p", {}, waiting > 0 ? t("还有 {n} 条没有上传。退出后它们仍留在这部手机里，等您下次登录再传。", { n: waiting }) : t("住户信息会从这部手机清除，下次登录再取。")),
      button(t("退出登录"), () => at.leave(), { class: "quiet" }),
    ),
    h("p", { class: "hint" }, t("版本 {n}", { n: at.version })),
  ];
}
