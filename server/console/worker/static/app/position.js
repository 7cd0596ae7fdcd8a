// @ts-check
/** Where one stands: asked of the phone when this button is pressed, and at no other time. */

import { button, h } from "./dom.js";
import { t } from "./words.js";

/** @typedef {import("./drafts.js").Sheet} Sheet */

const PATIENCE = 30000; // ms
const PRECISE = 1e6; // of a degree: 10 cm

/**
 * It stands in the sheet as `location`, as the protocol has it.
 * @param {Sheet} sheet
 * @param {string} label
 */
export function position(sheet, label) {
  const said = h("p", { class: "hint", role: "status" }, told(sheet.values.location));
  const none = button(t("不要位置"), () => forget(), { class: "link", hidden: !sheet.values.location });
  const ask = async () => {
    said.textContent = t("正在定位……");
    try {
      sheet.values.location = await here();
      sheet.touch();
      none.hidden = false;
      said.textContent = told(sheet.values.location);
    } catch {
      said.textContent = t("没有定到位，可以不填。");
    }
  };
  const forget = () => {
    delete sheet.values.location;
    sheet.touch();
    none.hidden = true;
    said.textContent = "";
  };
  return h("div", { class: "field" }, h("p", { class: "label" }, label, h("small", {}, t("（可不填）"))), button(t("记下我现在的位置"), ask, { class: "quiet" }), none, said);
}

/** @returns {Promise<[number, number, string, number]>} */
function here() {
  return new Promise((done, failed) => {
    if (!navigator.geolocation) return failed(new Error("no position"));
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => done([round(coords.longitude), round(coords.latitude), "wgs84", Math.min(Math.round(coords.accuracy), 100000)]),
      failed,
      { enableHighAccuracy: true, timeout: PATIENCE },
    );
  });
}

/** @param {number} degrees */
function round(degrees) {
  return Math.round(degrees * PRECISE) / PRECISE;
}

/** @param {[number, number, string, number] | undefined} location */
function told(location) {
  return location ? t("已记下位置，误差约 {n} 米。", { n: location[3] }) : "";
}
