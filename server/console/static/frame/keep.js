// @ts-check
/**
 * Nothing typed is ever lost: what stands in a form that has `data-keep` is kept in this browser
 * until the form was sent and answered by another page than the form again. Passwords never are.
 *
 * `data-keep` names what the form is about, so that two cases do not share a draft. Signing out
 * clears it all: by name, since a browser that is told to clear its storage would empty the
 * worker's outbox too, which stands in the same one.
 */

const PREFIX = "wangge.draft.";

/** @param {HTMLFormElement} form @returns {Record<string, string>} */
function typed(form) {
  /** @type {Record<string, string>} */
  const kept = {};
  for (const [name, value] of new FormData(form)) {
    const field = form.elements.namedItem(name);
    const secret = field instanceof HTMLInputElement && /^(password|hidden|file)$/.test(field.type);
    if (!secret && typeof value === "string" && value) kept[name] = value;
  }
  return kept;
}

/** @param {HTMLFormElement} form @param {Record<string, string>} kept */
function fill(form, kept) {
  for (const [name, value] of Object.entries(kept)) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement) field.value ||= value;
    else if (field instanceof HTMLInputElement && !/^(checkbox|radio)$/.test(field.type)) field.value ||= value;
  }
}

/** @param {HTMLFormElement} form */
function keep(form) {
  const key = PREFIX + form.dataset.keep;
  const sent = sessionStorage.getItem(key + ".sent");
  sessionStorage.removeItem(key + ".sent");
  if (sent && !document.querySelector(".trouble")) localStorage.removeItem(key);
  try {
    fill(form, JSON.parse(localStorage.getItem(key) ?? "{}"));
  } catch {
    localStorage.removeItem(key);
  }
  form.addEventListener("input", () => {
    try {
      localStorage.setItem(key, JSON.stringify(typed(form)));
    } catch {
      // A full disk: what is typed still stands in the form.
    }
  });
  form.addEventListener("submit", () => sessionStorage.setItem(key + ".sent", "1"));
}

document.querySelectorAll("form[data-keep]").forEach((form) => {
  if (form instanceof HTMLFormElement) keep(form);
});
document.getElementById("trouble")?.focus();
document.querySelector('form[action="/sign-out"]')?.addEventListener("submit", () => {
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
});
