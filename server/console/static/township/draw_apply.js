// @ts-check
/** Preview, then apply: the forms of the page, answered in their place, so that no drawing is left. */

import { ask, send } from "./asking.js";
import { compare, part, plan, say, sketch, studio, village, words } from "./draw_desk.js";

const CHANGED = [409, 422]; // the world, or the plan in it

studio.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  event.preventDefault();
  if (form.id === "asked" && !filled(form)) return;
  studio.setAttribute("aria-busy", "true");
  try {
    await answered(await send(form, event.submitter));
  } catch {
    say(words.failed);
  } finally {
    studio.removeAttribute("aria-busy");
  }
});

/** The drawing in its field; false where nothing is drawn. @param {HTMLFormElement} form */
function filled(form) {
  const drawn = plan();
  const field = form.elements.namedItem("drawing");
  if (field instanceof HTMLInputElement) field.value = JSON.stringify(drawn);
  const some = drawn.cells.length + drawn.ended.length > 0;
  if (!some) say(words.nothing);
  return some;
}

/** @param {{page: Document, status: number, moved: string | null}} answer */
async function answered({ page, status, moved }) {
  if (moved) {
    sketch.forget();
    localStorage.removeItem(`wangge.draft.redraw ${village}`); // the reason, as frame/keep.js keeps it
    location.assign(moved);
    return;
  }
  const said = page.getElementById("outcome") ?? page.querySelector("main");
  part("outcome").replaceChildren(...(said?.childNodes ?? []));
  part("outcome").focus();
  if (CHANGED.includes(status)) compare(await ask(`/moves/ground?village=${village}`));
}
