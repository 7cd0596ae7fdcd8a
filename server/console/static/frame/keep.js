// @ts-check
/**
 * Nothing typed is ever lost: what stands in a form that has `data-keep` is kept in this browser
 * until the form was sent and something came of it. A form that met a lost line, an error or the
 * door (`/sign-in`, `/prove`) comes back filled in. Passwords are never kept.
 *
 * `data-keep` names what the form is about, so that two cases do not share a draft. Signing out
 * clears them all, and so does somebody else's signing in on the same computer: by name, since a
 * browser that is told to clear its storage would empty the worker's outbox too.
 */

const PREFIX = "wangge.draft.";
const WHOSE = "wangge.drafts.of";
const SENT = "wangge.sent."; // in this tab: draft → the page from which it was sent

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field */

/** @param {HTMLFormElement} form @returns {Field[]} what somebody fills in, and may be kept */
function fields(form) {
  /** @type {Field[]} */
  const found = [];
  for (const field of form.elements) {
    const secret = field instanceof HTMLInputElement && /^(password|hidden|file|submit)$/.test(field.type);
    const known = field instanceof HTMLInputElement || field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement;
    if (known && !secret && field.name) found.push(field);
  }
  return found;
}

/** @param {Field} field @returns {field is HTMLInputElement} */
const ticked = (field) => field instanceof HTMLInputElement && /^(checkbox|radio)$/.test(field.type);

/** @param {HTMLFormElement} form @returns {Record<string, string[]>} */
function typed(form) {
  /** @type {Record<string, string[]>} */
  const kept = {};
  for (const field of fields(form)) {
    const values = (kept[field.name] ??= []);
    if (!ticked(field) || field.checked) values.push(field.value);
  }
  return kept;
}

/** @param {HTMLFormElement} form @param {Record<string, string[]>} kept */
function fill(form, kept) {
  for (const field of fields(form)) {
    const values = kept[field.name];
    if (!Array.isArray(values)) continue;
    const before = ticked(field) ? field.checked : field.value;
    if (ticked(field)) field.checked = values.includes(field.value);
    else field.value = values.shift() ?? "";
    const after = ticked(field) ? field.checked : field.value;
    if (after && after !== before) field.closest("details")?.setAttribute("open", "");
  }
}

/** Also of a form that a script puts into the page. @param {HTMLFormElement} form */
export function keep(form) {
  const key = PREFIX + form.dataset.keep;
  // The answer to a form brings everything typed along: only what is opened anew is filled in.
  if (!("answer" in document.body.dataset)) {
    try {
      fill(form, JSON.parse(localStorage.getItem(key) ?? "{}"));
    } catch {
      localStorage.removeItem(key);
    }
  }
  form.addEventListener("input", () => {
    try {
      localStorage.setItem(key, JSON.stringify(typed(form)));
    } catch {
      // A full disk: what is typed still stands in the form.
    }
  });
}

/** @returns {HTMLFormElement[]} */
const kept = () => [...document.querySelectorAll("form")].filter((form) => form.dataset.keep);

const here = () => location.href.replace(/#.*/, "");

/** @param {Storage} place @param {string} prefix @returns {string[]} */
const keys = (place, prefix) => Object.keys(place).filter((key) => key.startsWith(prefix));

/** What was sent from the page before this one has come to something, unless this page says no. */
function settle() {
  const proving = document.querySelector('form[action^="/prove"]');
  const refused = !document.body.dataset.whose || document.querySelector(".trouble");
  const done = document.querySelector(".done");
  const again = new Set(kept().map((form) => SENT + form.dataset.keep));
  for (const key of keys(sessionStorage, SENT)) {
    const answered = document.referrer.replace(/#.*/, "") === sessionStorage.getItem(key);
    if (answered && proving) {
      sessionStorage.setItem(key, here());
      continue;
    }
    if (answered && !refused && (done || !again.has(key))) {
      localStorage.removeItem(PREFIX + key.slice(SENT.length));
    }
    sessionStorage.removeItem(key);
  }
}

function forget() {
  for (const key of keys(localStorage, PREFIX)) localStorage.removeItem(key);
  for (const key of keys(sessionStorage, SENT)) sessionStorage.removeItem(key);
}

const whose = document.body.dataset.whose;
if (whose) {
  if ((localStorage.getItem(WHOSE) ?? whose) !== whose) forget();
  localStorage.setItem(WHOSE, whose);
}
settle();
kept().forEach(keep);
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
  if (form.getAttribute("action") === "/sign-out") return forget();
  for (const one of kept()) sessionStorage.setItem(SENT + one.dataset.keep, here());
});
document.getElementById("trouble")?.focus();
