// @ts-check
/** 我的网格: my cells, their households, longest unseen first; those of my villages without a cell. */

import { button, fill, h } from "./dom.js";
import { unfinished } from "./drafts.js";
import { lastSeen, search } from "./people.js";
import { UNPLACED, named } from "./terms.js";
import { t } from "./words.js";
import { households } from "../sync/field.js";

/** @typedef {import("./shell.js").At} At */
/** @typedef {import("../sync/field.js").Household} Household */
/** @typedef {import("../sync/model.js").Fields} Fields */

const PAGE = 50;
const NOWHERE = "unplaced";
/** What was searched for and chosen last: it stands there again after a look at a household. */
const last = { user: "", typed: "", cell: "" };

/** @param {At} at */
export async function draw(at) {
  const [all, cells, begun] = await Promise.all([households(at.phone), at.phone.rows("cell"), unfinished(at.phone)]);
  if (last.user !== at.phone.user) Object.assign(last, { user: at.phone.user, typed: "", cell: "" });
  const list = h("div", {});
  const show = (/** @type {number} */ most) => fill(list, rows(narrowed(all, cells), cells, most, show));
  show(PAGE);
  return [
    h("h1", { tabindex: "-1" }, t("我的网格")),
    begun.length > 0 && h("section", { class: "card" }, h("h2", {}, t("没写完的")), h("ul", { class: "plain" }, begun.map(open)), h("p", { class: "hint" }, t("放着 30 天没动的，会从手机里清掉。"))),
    all.length === 0 && cells.size === 0
      ? h("p", { class: "empty" }, t("手机里还没有住户。连上网络同步一次，您的网格就会出现在这里。"))
      : [filters(all, cells, () => show(PAGE)), list],
  ];
}

/** @param {import("./drafts.js").Open} one */
function open(one) {
  return h("li", {}, h("a", { class: "row", href: one.where }, `${t(one.what)} ${one.of}`));
}

/** @param {Household[]} all @param {Map<string, Fields>} cells @param {() => void} changed */
function filters(all, cells, changed) {
  const count = (/** @type {string | null} */ cell) => all.filter((one) => one.cell_id === cell).length;
  const input = h("input", { type: "search", id: "search", autocomplete: "off", value: last.typed });
  input.addEventListener("input", () => ((last.typed = input.value), changed()));
  const choices = [...cells].map(([id, cell]) => h("option", { value: id }, t("{name}（{n} 户）", { name: cell.name ?? cell.code, n: count(id) })));
  const nowhere = count(null);
  if (nowhere) choices.push(h("option", { value: NOWHERE }, t("还没落格的（{n} 户）", { n: nowhere })));
  const select = h("select", { id: "cell" }, h("option", { value: "" }, t("全部（{n} 户）", { n: all.length })), choices);
  select.value = last.cell;
  select.addEventListener("change", () => ((last.cell = select.value), changed()));
  return h(
    "div",
    { class: "filters" },
    h("div", { class: "field" }, h("label", { for: "search" }, t("找一户")), input),
    choices.length > 1 && h("div", { class: "field" }, h("label", { for: "cell" }, t("网格")), select),
  );
}

/** @param {Household[]} all @param {Map<string, Fields>} cells */
function narrowed(all, cells) {
  const code = (/** @type {Household} */ one) => (one.cell_id && cells.get(one.cell_id)?.code) || "";
  const within = (/** @type {Household} */ one) =>
    last.cell === "" || (last.cell === NOWHERE ? one.cell_id === null : one.cell_id === last.cell);
  return search(all.filter(within), last.typed, code);
}

/**
 * @param {Household[]} found
 * @param {Map<string, Fields>} cells
 * @param {number} most
 * @param {(most: number) => void} show
 */
function rows(found, cells, most, show) {
  if (found.length === 0) return [h("p", { class: "empty" }, t("没有找到。可以在“记走访”里记下新住户。"))];
  const items = found.slice(0, most).map((one) => h("li", {}, row(one, cells)));
  const rest = found.length - most;
  return [
    h("p", { class: "hint" }, t("最久没见的在最前。")),
    h("ul", { class: "rows" }, items),
    rest > 0 && button(t("再显示 {n} 户", { n: Math.min(rest, PAGE) }), () => show(most + PAGE), { class: "quiet" }),
  ];
}

/** @param {Household} one @param {Map<string, Fields>} cells */
function row(one, cells) {
  const group = one.group_no ? t("{n} 组", { n: one.group_no }) : "";
  const where = [one.address, group, cells.size > 1 && one.cell_id && cells.get(one.cell_id)?.name].filter(Boolean).join(" · ");
  return h(
    "a",
    { class: "row", href: `#/household?id=${one.id}` },
    h("strong", {}, one.head_name),
    h("span", { class: "when" }, lastSeen(one)),
    where && h("span", { class: "hint" }, where),
    one.cell_id === null && h("span", { class: "soon" }, t("还没落格：{why}", { why: named(UNPLACED, one.unplaced) })),
  );
}
