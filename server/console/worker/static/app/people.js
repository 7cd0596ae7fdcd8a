// @ts-check
/** Finding a household by what somebody says of it: a name, an address, a number. */

import { button, fill, h } from "./dom.js";
import { ago } from "./times.js";
import { t } from "./words.js";
import { households } from "../sync/field.js";

/** @typedef {import("../sync/phone.js").Phone} Phone */
/** @typedef {import("../sync/field.js").Household} Household */

const SHOWN = 8;

/**
 * Those that have all the words in them.
 * @param {Household[]} all
 * @param {string} typed
 * @param {(one: Household) => string} [also]
 */
export function search(all, typed, also = () => "") {
  const words = typed.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
  const text = (/** @type {Household} */ one) =>
    `${one.head_name} ${one.address ?? ""} ${one.telephone ?? ""} ${also(one)}`.normalize("NFKC").toLowerCase();
  return words.length === 0 ? all : all.filter((one) => words.every((word) => text(one).includes(word)));
}

/** When somebody was last met there, in words. @param {Household} one */
export function lastSeen(one) {
  if (one.last_met != null) return ago(one.last_met);
  return one.last_tried != null ? t("还没见到（{when}去过）", { when: ago(one.last_tried) }) : t("还没走访过");
}

/**
 * @typedef {object} Sought
 * @property {(one: Household) => void} chosen  hears of the one that was meant
 * @property {(text: string) => void} typed  hears of each letter
 * @property {string} [value]  what stands there already
 * @property {string} none  said where nobody is found
 */

/**
 * A field that finds one household.
 * @param {Phone} phone @param {string} id @param {string} label @param {Sought} sought
 */
export function finder(phone, id, label, sought) {
  const input = h("input", { type: "text", id, maxlength: 50, autocomplete: "off", value: sought.value ?? "", "aria-describedby": `${id}-hint` });
  const found = h("ul", { class: "found", "aria-live": "polite" });
  /** @type {Promise<Household[]> | null} */
  let all = null;
  input.addEventListener("input", async () => {
    const typed = input.value;
    sought.typed(typed);
    if (!all) all = households(phone).catch(() => []); // rows are locked after a long silence
    const hits = typed.trim() ? search(await all, typed) : [];
    if (typed !== input.value) return;
    const rows = hits.slice(0, SHOWN).map((one) => h("li", {}, button(`${one.head_name} ${one.address ?? ""}`, () => sought.chosen(one), { class: "row" })));
    const none = typed.trim() && hits.length === 0 && h("li", { class: "hint" }, sought.none);
    const rest = hits.length > SHOWN && h("li", { class: "hint" }, t("还有 {n} 户，请再写几个字。", { n: hits.length - SHOWN }));
    fill(found, rows, none, rest);
  });
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    h("p", { class: "hint", id: `${id}-hint` }, t("写姓名、地址或电话中的几个字。")),
    input,
    found,
  );
}
