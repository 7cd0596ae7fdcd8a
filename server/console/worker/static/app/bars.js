// @ts-check
/** The bars above and below: who is here, and the four places with what waits. */

import { fill, h } from "./dom.js";
import { t } from "./words.js";

/** @type {Readonly<Record<string, string>>} */
const TITLES = { cells: "我的网格", visit: "记走访", dispute: "记纠纷", outbox: "待传" };

/** No name in it: a browser's history keeps titles, whoever holds the phone next. @param {string} place */
export function title(place) {
  return place ? `${t(TITLES[place] ?? "")} · ${t("网格")}` : t("网格");
}

/** @param {HTMLElement} bar @param {string} home @param {string} name  empty: nobody is here @param {boolean} busy */
export function above(bar, home, name, busy) {
  fill(bar, h("a", { class: "mark", href: home }, t("网格")), busy && h("span", { class: "busy" }, t("正在同步")), name && h("a", { class: "me", href: "#/me" }, name));
}

/**
 * @param {HTMLElement} bar
 * @param {string} place  where one is
 * @param {number | string} waiting
 * @param {boolean} aside  a record needs a look
 */
export function below(bar, place, waiting, aside) {
  /** @type {[string, string][]} */
  const places = [["cells", t("我的网格")], ["visit", t("记走访")], ["dispute", t("记纠纷")], ["outbox", t("待传 {n}", { n: waiting })]];
  const mark = (/** @type {string} */ name) => name === "outbox" && aside && h("span", { class: "mark", title: t("有记录要您看") }, "!");
  fill(bar, places.map(([name, said]) => h("a", { href: `#/${name}`, "aria-current": name === place && "page", "data-place": name }, said, mark(name))));
}
