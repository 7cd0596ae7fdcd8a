// @ts-check
/** Who a dispute is between: households of this phone, or people by name; a name may be left out. */

import { button, fill, h } from "./dom.js";
import { isTelephone, telephone } from "./form.js";
import { finder } from "./people.js";
import { known } from "./places.js";
import { SIDES, named } from "./terms.js";
import { t } from "./words.js";
import { residentCode } from "../sync/field.js";
import { newId } from "../sync/ids.js";

/** @typedef {import("./shell.js").At} At */
/** @typedef {import("./drafts.js").Sheet} Sheet */
/** @typedef {import("../sync/model.js").Fields} Fields */

const MOST = 50;

/** @param {At} at @param {Sheet} form */
export function parties(at, form) {
  const list = h("div", {});
  const show = async () => fill(list, await Promise.all(of(form).map((one, index) => drawn(at, form, one, index, show))));
  const add = () => {
    of(form).push({ id: newId(), side: "respondent", household_id: null, name: "", telephone: "", wants_code: false });
    form.touch();
    return show();
  };
  void show();
  return h("section", { class: "field" }, h("h2", {}, t("当事人")), list, button(t("再加一个当事人"), () => of(form).length < MOST && add(), { class: "quiet" }));
}

/**
 * As the protocol has them; those with neither household nor name nor code are left out.
 * @param {Fields[]} all
 * @returns {Fields[]}
 */
export function partiesOf(all) {
  return all.filter((one) => one.household_id || one.name?.trim() || one.wants_code || one.side === "third").map(told);
}

/** Field → what is wrong with it. @param {Fields[]} all */
export function wrongParties(all) {
  /** @type {Record<string, string>} */
  const found = {};
  all.forEach((one, index) => {
    if (!isTelephone(telephone(one.telephone))) found[`party-${index}-telephone`] = t("电话只写数字。");
  });
  return found;
}

/** @param {Fields} one @returns {Fields} */
function told(one) {
  const { id, side, household_id } = one;
  if (one.wants_code && !one.code) one.code = residentCode();
  const code = one.wants_code ? { code: one.code } : {};
  if (household_id) return { id, side, kind: "household", household_id, ...code };
  const number = telephone(one.telephone);
  return { id, side, kind: "outsider", ...(one.name?.trim() ? { name: one.name.trim() } : {}), ...(number ? { telephone: number } : {}), ...code };
}

/**
 * @param {At} at
 * @param {Sheet} form
 * @param {Fields} one
 * @param {number} index
 * @param {() => Promise<void>} show
 */
async function drawn(at, form, one, index, show) {
  const put = (/** @type {Fields} */ values) => (Object.assign(one, values), form.touch());
  const id = `party-${index}`;
  const home = one.household_id ? await known(at.phone, "household", one.household_id) : null;
  const gone = () => ((form.values.parties = of(form).filter((other) => other !== one)), form.touch(), show());
  const code = h("input", { type: "checkbox", id: `${id}-code`, checked: Boolean(one.wants_code) });
  code.addEventListener("change", () => put({ wants_code: code.checked }));
  return h(
    "fieldset",
    { class: "card" },
    h("legend", {}, t("当事人 {n}：{side}", { n: index + 1, side: named(SIDES, one.side) })),
    home ? chosen(home, () => (put({ household_id: null }), show())) : unknown(at, one, id, put, show),
    h("label", { class: "choice" }, code, t("给他一个查询码，可随时查进展")),
    h(
      "details",
      { open: Boolean(one.telephone) || index > 1 },
      h("summary", {}, t("电话、哪一方")),
      !home && telephoneOf(one, id, put),
      sideOf(one, id, (values) => (put(values), show())),
      of(form).length > 1 && button(t("去掉这一个"), gone, { class: "link" }),
    ),
  );
}

/** @param {Fields} home @param {() => any} change */
function chosen(home, change) {
  return h("p", { class: "whom" }, h("strong", {}, home.head_name), ` ${home.address ?? ""} `, button(t("换一户"), change, { class: "link" }));
}

/**
 * A household of mine, or whatever name was typed.
 * @param {At} at
 * @param {Fields} one
 * @param {string} id
 * @param {(values: Fields) => void} put
 * @param {() => Promise<void>} show
 */
function unknown(at, one, id, put, show) {
  return finder(at.phone, `${id}-name`, t("姓名（可不填）"), {
    chosen: (found) => (put({ household_id: found.id, name: "" }), void show()),
    typed: (name) => put({ name }),
    value: one.name,
    none: t("不在您的网格里，就按写的姓名记。"),
  });
}

/** @param {Fields} one @param {string} id @param {(values: Fields) => void} put */
function telephoneOf(one, id, put) {
  const number = h("input", { type: "text", id: `${id}-telephone`, inputmode: "tel", maxlength: 30, autocomplete: "off", value: one.telephone });
  number.addEventListener("input", () => put({ telephone: number.value }));
  return h("div", { class: "field" }, h("label", { for: `${id}-telephone` }, t("电话"), h("small", {}, t("（可不填）"))), number);
}

/** @param {Fields} one @param {string} id @param {(values: Fields) => void} put */
function sideOf(one, id, put) {
  const side = h("select", { id: `${id}-side` }, Object.keys(SIDES).map((slug) => h("option", { value: slug }, named(SIDES, slug))));
  side.value = one.side;
  side.addEventListener("change", () => put({ side: side.value }));
  return h("div", { class: "field" }, h("label", { for: `${id}-side` }, t("哪一方")), side);
}

/** @param {Sheet} form @returns {Fields[]} */
function of(form) {
  return form.values.parties;
}
