// @ts-check
/** Photos, always optional: made small before they are kept, so that a village's line carries them. */

import { button, fill, h } from "./dom.js";
import { t } from "./words.js";
import { newId } from "../sync/ids.js";

/** @typedef {import("./drafts.js").Sheet} Sheet */
/** @typedef {import("../sync/phone.js").File} File */

const LONGEST = 1280; // pixels of the longer side: a paper can still be read
const QUALITY = 0.7;
const MOST = 4;

/**
 * A button that takes one, and those that were taken. They stand in the sheet as `photos`.
 * @param {Sheet} sheet
 */
export function photos(sheet) {
  const place = h("div", { class: "photos" });
  const said = h("p", { class: "hint", role: "status" });
  const input = h("input", { type: "file", accept: "image/*", id: "photo", hidden: true });
  const show = () => fill(place, of(sheet).map((one) => shown(one, () => take(sheet, one, show))));
  input.addEventListener("change", async () => {
    const picked = input.files?.[0];
    input.value = "";
    if (!picked) return;
    said.textContent = t("正在缩小照片……");
    try {
      await sheet.during(small(picked).then((blob) => add(sheet, { id: newId(), purpose: "photo", blob })));
      said.textContent = "";
    } catch {
      said.textContent = t("这张照片打不开，请换一张。");
    }
    show();
  });
  show();
  const ask = button(t("拍照或选照片"), () => (of(sheet).length < MOST ? input.click() : (said.textContent = t("最多 {n} 张。", { n: MOST }))), { class: "quiet" });
  return h("div", { class: "field" }, h("p", { class: "label" }, t("照片"), h("small", {}, t("（可不填）"))), place, ask, input, said);
}

/** @param {Sheet} sheet @returns {File[]} */
export function of(sheet) {
  return sheet.values.photos ?? [];
}

/**
 * The same picture as a smaller JPEG. Rejects where it is none.
 * @param {Blob} picture
 * @returns {Promise<Blob>}
 */
export async function small(picture) {
  const image = await opened(picture);
  const scale = Math.min(1, LONGEST / Math.max(image.naturalWidth, image.naturalHeight));
  const canvas = h("canvas", { width: Math.round(image.naturalWidth * scale), height: Math.round(image.naturalHeight * scale) });
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((kept, failed) => canvas.toBlob((made) => (made ? kept(made) : failed(new Error("no picture"))), "image/jpeg", QUALITY));
}

/** @param {Blob} picture @returns {Promise<HTMLImageElement>} */
function opened(picture) {
  const image = new Image();
  const address = URL.createObjectURL(picture);
  return new Promise((done, failed) => {
    image.onload = () => done(image);
    image.onerror = failed;
    image.src = address;
  }).finally(() => URL.revokeObjectURL(address));
}

/** @param {File} one @param {() => void} gone */
function shown(one, gone) {
  const address = URL.createObjectURL(one.blob);
  const image = h("img", { src: address, alt: t("照片"), onload: () => URL.revokeObjectURL(address) });
  return h("figure", {}, image, button(t("去掉"), gone, { class: "quiet" }));
}

/** @param {Sheet} sheet @param {File} one */
function add(sheet, one) {
  sheet.values.photos = [...of(sheet), one];
  sheet.touch();
}

/** @param {Sheet} sheet @param {File} one @param {() => void} show */
function take(sheet, one, show) {
  sheet.values.photos = of(sheet).filter((other) => other.id !== one.id);
  sheet.touch();
  show();
}
