// @ts-check
/** Who holds the phone: those who have used it, with what of theirs waits; signing in, with a code. */

import { button, fill, h } from "./dom.js";
import { box, plain } from "./trouble.js";
import { t } from "./words.js";
import { CodeNeeded, SignInRefused, WrongPassword } from "../sync/model.js";

/** @typedef {import("../sync/phone.js").Phone} Phone */
/** @typedef {import("../sync/handset.js").Handset} Handset */
/** @typedef {import("../sync/handset.js").User} User */
/** @typedef {(phone: Phone) => Promise<void>} Enter */

const TOO_MANY = "too-many-devices";

/**
 * @param {HTMLElement} main
 * @param {Handset} handset
 * @param {Enter} enter
 * @param {string} [again]  login of whom the server no longer knows
 */
export async function ask(main, handset, enter, again) {
  const users = await handset.users();
  const expected = again ?? (users.length === 1 ? users[0]?.login : undefined);
  const one = users.find((user) => user.login === expected);
  if (one) return password(main, handset, enter, one, again !== undefined);
  if (users.length === 0) return stranger(main, handset, enter, false);
  fill(
    main,
    h("h1", { tabindex: "-1" }, t("您是哪一位？")),
    h("ul", { class: "rows" }, users.map((user) => h("li", {}, person(user, () => password(main, handset, enter, user, false))))),
    button(t("其他人登录"), () => stranger(main, handset, enter, true), { class: "quiet" }),
  );
}

/** @param {User} user @param {() => any} chosen */
function person(user, chosen) {
  const waits = user.waiting > 0 ? t("有 {n} 条待传", { n: user.waiting }) : t("没有待传");
  return h("button", { type: "button", class: "row", onclick: chosen }, h("strong", {}, user.name || user.login), h("span", { class: "hint" }, waits));
}

/**
 * Open the store of somebody who is known here; no line is needed for that.
 * @param {HTMLElement} main
 * @param {Handset} handset
 * @param {Enter} enter
 * @param {User} user
 * @param {boolean} online
 */
function password(main, handset, enter, user, online) {
  const secret = h("input", { type: "password", id: "password", autocomplete: "current-password", maxlength: 200 });
  const come = async () => {
    if (!online && user.signedIn) {
      try {
        return await handset.open(user.id, secret.value);
      } catch (error) {
        // It may have been changed at the office: the server knows.
        if (!(error instanceof WrongPassword) || !navigator.onLine) throw error;
      }
    }
    return handset.signIn(user.login, secret.value);
  };
  const hint = online ? t("登录已过期，请重新登录。没有同步的记录都在。") : user.waiting > 0 ? t("有 {n} 条待传", { n: user.waiting }) : "";
  form(main, handset, enter, {
    title: user.name || user.login,
    fields: [h("input", { type: "text", autocomplete: "username", value: user.login, hidden: true }), hint && h("p", { class: "hint" }, hint), h("div", { class: "field" }, h("label", { for: "password" }, t("密码")), secret)],
    label: online || !user.signedIn ? t("登录") : t("打开"),
    come,
    retry: (instead) => handset.signIn(user.login, secret.value, instead),
  });
  main.append(button(t("不是我"), () => others(main, handset, enter), { class: "link" }));
  secret.focus();
}

/** @param {HTMLElement} main @param {Handset} handset @param {Enter} enter */
async function others(main, handset, enter) {
  const users = await handset.users();
  if (users.length < 2) return stranger(main, handset, enter, users.length > 0);
  return ask(main, handset, enter);
}

/**
 * Somebody who signs in here for the first time; the server is asked.
 * @param {HTMLElement} main
 * @param {Handset} handset
 * @param {Enter} enter
 * @param {boolean} back
 */
function stranger(main, handset, enter, back) {
  const login = h("input", { id: "login", autocomplete: "username", autocapitalize: "none", spellcheck: "false", maxlength: 200 });
  const secret = h("input", { type: "password", id: "password", autocomplete: "current-password", maxlength: 200 });
  form(main, handset, enter, {
    title: t("登录"),
    fields: [
      h("div", { class: "field" }, h("label", { for: "login" }, t("用户名")), login),
      h("div", { class: "field" }, h("label", { for: "password" }, t("密码")), secret),
    ],
    label: t("登录"),
    come: () => handset.signIn(login.value.trim(), secret.value),
    retry: (instead) => handset.signIn(login.value.trim(), secret.value, instead),
  });
  main.append(h("p", { class: "hint" }, t("第一次登录需要网络；以后没有网络也能打开。不要用无痕窗口：一关就什么都没了。")));
  if (back) main.append(button(t("回到名单"), () => ask(main, handset, enter), { class: "link" }));
}

/**
 * @param {HTMLElement} main @param {Handset} handset @param {Enter} enter
 * @param {{title: string, fields: any[], label: string, come: () => Promise<Phone>, retry?: (instead: string) => Promise<Phone>}} asked
 */
function form(main, handset, enter, asked) {
  const trouble = h("div", {});
  const more = h("div", {});
  const go = async () => {
    fill(trouble);
    const instead = /** @type {HTMLSelectElement | null} */ (more.querySelector("select"))?.value;
    try {
      await enter(instead && asked.retry ? await asked.retry(instead) : await asked.come());
    } catch (error) {
      if (error instanceof CodeNeeded) return code(main, handset, enter, error);
      fill(trouble, box(plain(error)));
      if (error instanceof SignInRefused && error.slug === TOO_MANY) fill(more, devices(error));
    }
  };
  const act = button(asked.label, go, { class: "main", type: "submit" }); // so that Enter sends it
  const drawn = h("form", { class: "sheet", novalidate: true }, ...asked.fields, more, h("p", { class: "acts" }, act));
  drawn.addEventListener("submit", (event) => (event.preventDefault(), act.click()));
  fill(main, h("h1", { tabindex: "-1" }, asked.title), trouble, drawn);
}

/**
 * @param {HTMLElement} main
 * @param {Handset} handset
 * @param {Enter} enter
 * @param {CodeNeeded} asked
 */
function code(main, handset, enter, asked) {
  const typed = h("input", { id: "code", autocomplete: "one-time-code", maxlength: 100 });
  form(main, handset, enter, {
    title: t("验证码"),
    fields: [
      h("p", {}, t("密码正确。您启用了两步验证。")),
      h("div", { class: "field" }, h("label", { for: "code" }, t("验证器上的 6 位数字，或一个备用码")), typed),
    ],
    label: t("登录"),
    come: () => handset.answer(asked, typed.value),
    retry: (instead) => handset.answer(asked, typed.value, instead),
  });
  main.append(button(t("重新输密码"), () => ask(main, handset, enter), { class: "link" }));
  typed.focus();
}

/** Which device goes for this one. @param {SignInRefused} refused */
function devices(refused) {
  const known = refused.told.devices ?? [];
  const choices = known.map((/** @type {any} */ one) => h("option", { value: one.id }, `${one.name || t("未命名")} · ${String(one.seen_at ?? "").slice(0, 10)}`));
  return h("div", { class: "field" }, h("label", { for: "instead" }, t("停用哪一台，换成这部手机")), h("select", { id: "instead" }, choices));
}
