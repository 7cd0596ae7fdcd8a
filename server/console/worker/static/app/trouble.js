// @ts-check
/** What went wrong, in plain words, and what to do. */

import { button, h } from "./dom.js";
import { half, t } from "./words.js";
import {
  LineLost,
  LineRefused,
  LoginLost,
  NoRoom,
  RowsLocked,
  SavedOtherwise,
  SignInRefused,
  StoreClosed,
  TooLong,
  WrongPassword,
} from "../sync/model.js";

/** @param {unknown} error @returns {string} */
export function plain(error) {
  if (error instanceof NoRoom) return t("手机空间不足，没有记下。写的内容还在这里：请先腾出空间，再点保存。");
  if (error instanceof TooLong) return t("内容太长，没有记下。请删减文字后再保存。");
  if (error instanceof SavedOtherwise) return t("这一条已在另一个窗口保存过，内容与这里不同。若要把这里写的另存一条，请再点保存；不要就点不记了。");
  if (error instanceof RowsLocked) return t("这部手机超过 30 天没有同步，住户信息已锁住。同步一次就会恢复；现在仍然可以记录。");
  if (error instanceof StoreClosed) return t("页面已在别处更新，请重新打开。没有同步的记录都在。");
  if (error instanceof WrongPassword) return t("密码不对。请用上次登录时的密码。");
  if (error instanceof SignInRefused) return half(error.detail);
  if (error instanceof LoginLost) return t("登录已过期，请重新登录。没有同步的记录都在。");
  if (error instanceof LineLost) return t("现在连不上服务器。记录都在手机里，有网络时会自动上传。");
  if (error instanceof LineRefused) return t("服务器看不懂这个版本发出的内容，请更新页面。记录都在手机里。");
  if (error instanceof DOMException && error.name === "SecurityError") return t("浏览器不让此页保存内容：请用普通窗口（不是无痕窗口），并允许此网站保存数据。");
  console.error(error);
  return t("页面出错了。已经记下的都在，请重新打开页面。");
}

/**
 * What stands in place of a page that could not be drawn. A disk without a byte left shuts the store:
 * what was just typed is in the page alone, and is told to stay there.
 * @param {unknown} error @param {() => any} again
 */
export function unshown(error, again) {
  const full = error instanceof NoRoom;
  const said = full ? t("手机空间用完了，记录暂时打不开；已经记下的都在。请不要关掉此页，先腾出空间，再点“再试一次”。") : plain(error);
  return [h("h1", { tabindex: "-1" }, t("没有办成")), box(said), full && button(t("再试一次"), again)];
}

/** What stands above a form or a page. @param {string} text */
export function box(text) {
  return h("div", { class: "trouble", role: "alert", tabindex: "-1" }, h("p", {}, text));
}
