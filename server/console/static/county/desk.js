// @ts-check
/**
 * The desk with a keyboard: `j` and `k` go down and up the list, Enter opens a case, `/` looks for
 * one. What makes something new each time is sent once, and a slip has a button to print it. All of
 * it works without scripts as well.
 */

/** @returns {HTMLAnchorElement[]} */
const rows = () => [...document.querySelectorAll("#cases a.row")].filter((a) => a instanceof HTMLAnchorElement);

/** @param {KeyboardEvent} event */
function onKey(event) {
  const typing = event.target instanceof HTMLElement && event.target.matches("input, select, textarea, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") return search(event);
  if (event.key !== "j" && event.key !== "k") return;
  const all = rows();
  const here = all.findIndex((row) => row === document.activeElement);
  const next = event.key === "j" ? here + 1 : Math.max(here - 1, 0);
  all[Math.min(next, all.length - 1)]?.focus();
}

/** @param {KeyboardEvent} event */
function search(event) {
  const field = document.getElementById("number");
  if (!field) return;
  event.preventDefault();
  field.closest("details")?.setAttribute("open", "");
  field.focus();
}

document.addEventListener("keydown", onKey);
document.querySelectorAll("form.once").forEach((form) => {
  form.addEventListener("submit", () => form.querySelectorAll("button").forEach((button) => (button.disabled = true)));
});
document.querySelectorAll(".print").forEach((place) => {
  place.removeAttribute("hidden");
  place.querySelector("button")?.addEventListener("click", () => window.print());
});
