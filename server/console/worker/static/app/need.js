// @ts-check
/** A service that somebody wants from us, with the consent that it stands on. */

import { h } from "./dom.js";
import { sheet } from "./drafts.js";
import { end, line, mark, radios, refuse, select } from "./form.js";
import { GIVEN_BY, HOW, NEEDS } from "./terms.js";
import { isoDay } from "./times.js";
import { noRoom } from "./visit.js";
import { t } from "./words.js";
import { newId } from "../sync/ids.js";

/** @typedef {import("./shell.js").At} At */
/** @typedef {import("../sync/model.js").Fields} Fields */

const DAY = 24 * 3600 * 1000;
const YEAR = 365 * DAY;
const LONGEST = 731 * DAY; // a consent is asked for again after two years

/** @param {At} at */
export async function draw(at) {
  const household = at.asked.get("household") ?? "";
  const home = await at.phone.row("household", household);
  const about = { name: `need:${household}`, where: at.hash, what: "记一项需求", of: home?.head_name ?? "" };
  const now = Date.now();
  const form = await sheet(at.phone, about, () => ({ id: newId(), given_on: isoDay(now), until: isoDay(now + YEAR), given_by: "self", how: "oral" }));
  const trouble = h("div", {});
  const drawn = h("form", { class: "sheet", novalidate: true }, ...fields(form));
  const back = `#/household?id=${household}`;
  const save = async () => {
    if (!mark(drawn, wrong(form.values))) return;
    try {
      await form.settle();
      await at.during(at.phone.record({ entity: "service_need", op: "create", id: form.values.id, set: told(form.values, household), draft: about.name }));
      await form.drop();
      at.say(t("已记下。"));
      at.go(back);
    } catch (error) {
      refuse(form, trouble, error);
    }
  };
  end(form, drawn, save, [t("不记了"), () => form.drop().then(() => at.go(back))], trouble);
  return [h("h1", { tabindex: "-1" }, t("记一项需求：{name}", { name: home?.head_name ?? "" })), h("p", { class: "hint" }, t("只记本人愿意让我们帮的事。同意可以随时撤回。")), await noRoom(at), trouble, drawn];
}

/** @param {import("./drafts.js").Sheet} form */
function fields(form) {
  const words = (/** @type {import("./terms.js").Table} */ table) => Object.entries(table).map(([slug, zh]) => /** @type {[string, string]} */ ([slug, t(zh)]));
  return [
    select(form, "need", t("需要什么"), [["", t("请选择")], ...words(NEEDS)]),
    radios(form, "given_by", t("谁同意的"), GIVEN_BY),
    line(form, "giver", t("同意人姓名"), { most: 50, optional: true, hint: t("不是本人时才填。") }),
    radios(form, "how", t("怎么同意的"), HOW),
    line(form, "given_on", t("哪天同意的"), { type: "date" }),
    line(form, "until", t("同意到哪天"), { type: "date", hint: t("最长两年，到期再问。") }),
  ];
}

/** @param {Fields} values @param {string} household @returns {Fields} */
function told(values, household) {
  const { need, given_by, how, given_on, until } = values;
  const giver = values.giver?.trim();
  return { household_id: household, need, given_by, how, given_on, until, ...(giver ? { giver } : {}) };
}

/** @param {Fields} values @returns {Record<string, string>} */
function wrong(values) {
  /** @type {Record<string, string>} */
  const found = {};
  const [given, until] = [Date.parse(values.given_on), Date.parse(values.until)];
  if (!values.need) found.need = t("请选一项。");
  if (values.need === "child_care" && values.given_by !== "guardian") found.given_by = t("儿童看护须由监护人同意。");
  if (!(given <= Date.now() + DAY)) found.given_on = t("请写已经过去的一天。");
  if (!(until >= given) || until - given > LONGEST) found.until = t("请写同意之后两年内的一天。");
  return found;
}
