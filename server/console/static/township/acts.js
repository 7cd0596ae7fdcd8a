// @ts-check
/**
 * What can be done about the chosen cell, in its panel beside the map: the same pages as without
 * scripts, shown here. Nothing is done that was not previewed.
 */

import { keep } from "../frame/keep.js";
import { send } from "./asking.js";
import { onSelect, refresh } from "./map.js";

const LOOK = "link[href*='township/moves.css']";

/** Show a page's act in the panel. @param {Document} page @param {boolean} [quiet] */
function show(page, quiet = false) {
  const there = document.getElementById("acts");
  const act = page.getElementById("act") ?? page.querySelector("main");
  if (!there || !act) return;
  const look = page.querySelector(LOOK);
  if (look && !document.querySelector(LOOK)) document.head.append(look);
  there.replaceChildren(act);
  for (const form of there.querySelectorAll("form")) if (form.dataset.keep) keep(form);
  if (quiet) return;
  const first = ["#trouble", "#preview", "[role=status]", "h2"].flatMap((one) => [...there.querySelectorAll(one)])[0];
  if (first instanceof HTMLElement) {
    first.tabIndex = -1;
    first.focus();
    first.scrollIntoView({ block: "start" });
  }
}

/** @param {string} path @returns {Promise<Document | null>} */
async function open(path) {
  const answer = await fetch(path, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return answer.ok ? page : null;
}

let showing = false; // what was done: the panel does not begin anew under it

onSelect(async (cell) => {
  if (showing || !document.getElementById("acts")) return; // nobody acts on a day that is over
  const page = cell ? await open(`/map/cells/${cell.code}/acts`).catch(() => null) : null;
  const there = document.getElementById("acts");
  if (page && there?.dataset.cell === cell?.code) show(page, true);
});

document.addEventListener("click", async (event) => {
  const link = event.target instanceof Element ? event.target.closest("#acts a[data-here]") : null;
  if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const page = await open(link.href).catch(() => null);
  if (page) show(page);
  else location.assign(link.href); // there the page says why
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.closest("#acts") || form.method !== "post") return;
  event.preventDefault();
  try {
    const answer = await send(form, event.submitter);
    showing = answer.moved !== null;
    if (showing) {
      for (const one of document.querySelectorAll("#acts form[data-keep]"))
        localStorage.removeItem(`wangge.draft.${one.getAttribute("data-keep")}`);
      await refresh();
    }
    show(answer.page);
  } catch {
    form.submit(); // the browser says what is wrong with the line; what was typed comes back
  } finally {
    showing = false;
  }
});
