// @ts-check
/** Forms: one column, label above, large; what is typed goes into the sheet at once. */

import { button, fill, h } from "./dom.js";
import { box, plain } from "./trouble.js";
import { t } from "./words.js";
import { newId } from "../sync/ids.js";
import { SavedOtherwise } from "../sync/model.js";

/** @typedef {import("./drafts.js").Sheet} Sheet */
/** @typedef {import("./terms.js").Table} Table */
/**
 * @typedef {object} How
 * @property {string} [hint]
 * @property {boolean} [optional]
 * @property {string} [type]
 * @property {string} [mode]  the keyboard
 * @property {number} [most]  characters
 * @property {string} [complete]  what the browser may fill in
 * @property {() => void} [then]  after a change
 */

/** @param {Sheet} sheet @param {string} name @param {string} label @param {How} [how] */
export function line(sheet, name, label, how = {}) {
  const input = h("input", {
    type: how.type ?? "text",
    id: name,
    name,
    maxlength: how.most ?? 200,
    inputmode: how.mode,
    autocomplete: how.complete ?? "off",
    value: sheet.values[name],
  });
  input.addEventListener("input", () => put(sheet, name, input.value, how));
  return field(input, label, how);
}

/** @param {Sheet} sheet @param {string} name @param {string} label @param {How} [how] */
export function lines(sheet, name, label, how = {}) {
  const input = h("textarea", { id: name, name, rows: 2, maxlength: how.most ?? 2000, value: sheet.values[name] });
  input.addEventListener("input", () => put(sheet, name, input.value, how));
  return field(input, label, how);
}

/**
 * @param {Sheet} sheet
 * @param {string} name
 * @param {string} label
 * @param {[string, string][]} choices
 * @param {How} [how]
 */
export function select(sheet, name, label, choices, how = {}) {
  const input = h("select", { id: name, name }, choices.map(([value, said]) => h("option", { value }, said)));
  input.value = sheet.values[name] ?? choices[0]?.[0] ?? "";
  input.addEventListener("change", () => put(sheet, name, input.value, how));
  return field(input, label, how);
}

/**
 * One of a few, all to be seen.
 * @param {Sheet} sheet
 * @param {string} name
 * @param {string} label
 * @param {Table} table
 */
export function radios(sheet, name, label, table) {
  const one = (/** @type {[string, string]} */ [value, said]) => {
    const input = h("input", { type: "radio", id: `${name}-${value}`, name, value, checked: sheet.values[name] === value });
    input.addEventListener("change", () => put(sheet, name, value, {}));
    return h("label", { class: "choice" }, input, t(said));
  };
  return h("fieldset", { id: name }, h("legend", {}, label), h("div", { class: "choices" }, Object.entries(table).map(one)));
}

/** @param {Sheet} sheet @param {string} name @param {string} label @param {How} [how] */
export function tick(sheet, name, label, how = {}) {
  const input = h("input", { type: "checkbox", id: name, name, checked: Boolean(sheet.values[name]) });
  input.addEventListener("change", () => put(sheet, name, input.checked, how));
  return h("label", { class: "choice" }, input, label);
}

/**
 * The end of a form: save, or leave it; and the line that says that what was typed is in the phone.
 * @param {Sheet} sheet @param {HTMLFormElement} form @param {() => any} save @param {[string, () => any]} leave @param {HTMLElement} trouble
 */
export function end(sheet, form, save, [said, leave], trouble) {
  const kept = h("p", { class: "hint kept", role: "status" });
  const act = button(t("保存"), save, { class: "main" });
  form.append(h("p", { class: "acts" }, act, button(said, leave, { class: "link" })), kept);
  form.addEventListener("submit", (event) => (event.preventDefault(), act.click()));
  sheet.kept = () => (kept.textContent = t("写的内容已随手存在手机里。"));
  sheet.trouble = (error) => fill(trouble, box(plain(error)));
}

/**
 * Say why nothing was saved. What was saved with other content in another tab is another record here.
 * @param {Sheet} sheet @param {HTMLElement} trouble @param {unknown} error
 */
export function refuse(sheet, trouble, error) {
  if (error instanceof SavedOtherwise) {
    for (const name of ["id", "alert_id", "new_household"]) if (sheet.values[name]) sheet.values[name] = newId();
    sheet.touch();
  }
  const said = box(plain(error));
  fill(trouble, said);
  said.focus();
}

/**
 * What few need: folded away, open where something stands in it.
 * @param {boolean} open
 * @param {...any} fields
 */
export function more(open, ...fields) {
  return h("details", { open, class: "more" }, h("summary", {}, t("更多（都可不填）")), fields);
}

/**
 * Say beside the fields what is wrong with them; the first one gets the focus.
 * @param {HTMLElement} form
 * @param {Record<string, string>} wrong
 */
export function mark(form, wrong) {
  form.querySelectorAll(".error").forEach((old) => old.remove());
  form.querySelectorAll("[aria-invalid]").forEach((old) => old.removeAttribute("aria-invalid"));
  for (const [name, said] of Object.entries(wrong)) {
    const place = form.querySelector(`[id="${name}"]`);
    place?.before(h("p", { class: "error", id: `${name}-error` }, said));
    place?.setAttribute("aria-invalid", "true");
    place?.setAttribute("aria-describedby", `${name}-error`);
  }
  const first = form.querySelector("[aria-invalid]");
  const target = first instanceof HTMLFieldSetElement ? first.querySelector("input") : first;
  if (target instanceof HTMLElement) target.focus();
  return Object.keys(wrong).length === 0;
}

/**
 * A telephone number as the server takes it; null where none was typed.
 * @param {string | undefined} typed
 */
export function telephone(typed) {
  const bare = (typed ?? "").normalize("NFKC").replace(/[\s\-()]/g, "");
  return bare === "" ? null : bare;
}

/** @param {string | null} number */
export function isTelephone(number) {
  return number === null || /^\+?[0-9]{3,20}$/.test(number);
}

/**
 * A whole number that was typed; null where none was, NaN where it is none.
 * @param {string | undefined} typed
 */
export function count(typed) {
  const bare = (typed ?? "").trim();
  if (bare === "") return null;
  return /^[0-9]{1,6}$/.test(bare) ? Number(bare) : NaN;
}

/** @param {HTMLElement} input @param {string} label @param {How} how */
function field(input, label, how) {
  if (how.hint) input.setAttribute("aria-describedby", `${input.id}-hint`);
  return h(
    "div",
    { class: "field" },
    h("label", { for: input.id }, label, how.optional && h("small", {}, t("（可不填）"))),
    how.hint && h("p", { class: "hint", id: `${input.id}-hint` }, how.hint),
    input,
  );
}

/** @param {Sheet} sheet @param {string} name @param {any} value @param {How} how */
function put(sheet, name, value, how) {
  sheet.values[name] = value;
  sheet.touch();
  how.then?.();
}
