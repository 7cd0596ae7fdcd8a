// @ts-check
/** The same as the map, as a table: a row opens its cell, and the one that is looked at is marked. */

/** Hear which cell's link is followed, in a table or a sketch. @param {HTMLElement} table @param {(code: string) => void} open */
export function listenTo(table, open) {
  table.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-cell]") : null;
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link.getAttribute("data-cell") ?? "");
  });
}

/** @param {HTMLElement} table @param {string|null} code */
export function mark(table, code) {
  for (const row of table.querySelectorAll("tr[aria-current]")) row.removeAttribute("aria-current");
  table.querySelector(`a[data-cell="${CSS.escape(code ?? "")}"]`)?.closest("tr")?.setAttribute("aria-current", "true");
}
