// @ts-check
/** The picture that the server drew: there before the map is, and where it never comes. */

/** Outline some of its cells, and no others. @param {HTMLElement} box
 * @param {"lit"|"chosen"} how @param {string[]} codes */
export function outline(box, how, codes) {
  const wanted = new Set(codes);
  const cells = [...box.querySelectorAll("a[data-cell]")].filter((cell) => wanted.has(cell.getAttribute("data-cell") ?? ""));
  const shapes = cells.map((cell) => /** @type {Element} */ (cell.firstElementChild).cloneNode());
  box.querySelector(`g.${how}`)?.replaceChildren(...shapes); // over everything: not half beneath a neighbour
}
