// @ts-check
/** Do the cells still meet: asked a moment after every step, never twice at once; and mended. */

import { ask, calmly, half, Refused } from "./asking.js";
import { boxOf, feature } from "./draw_map.js";
import { desk, inNames, map, named, nameOfCode, onStep, part, plan, say, sayWhy, show, sketch, step, village, words } from "./draw_desk.js";
import { drawingOf } from "./topology.js";

const PAUSE = 250; // milliseconds after the last step

onStep(() => {
  tell(words.checking, []);
  check();
});

export const check = calmly(async () => {
  const { cells, ended } = plan();
  const asked = sketch.drawing;
  if (!cells.length) {
    tell(words.unchanged, []);
    return;
  }
  try {
    const { findings } = await ask("/moves/check", { village, cells, ended });
    if (asked === sketch.drawing) tell(words.fits, findings.features); // else it is asked again
  } catch (error) {
    tell(error instanceof Refused ? inNames(error.message) : words.failed, []);
  }
}, PAUSE);

/** What the check said. @param {string} fine where there is nothing @param {any[]} found */
function tell(fine, found) {
  desk.findings = found.map((one) => feature(one.geometry));
  const told = document.createElement(found.length ? "ul" : "p");
  if (found.length) told.className = "findings";
  else told.textContent = fine;
  told.append(...found.map(finding));
  const mendable = found.some((one) => one.properties.repair.action !== "draw");
  part("checked").replaceChildren(told, ...(mendable ? [button(words.mend, mend)] : []));
  show();
}

/** @param {any} one a finding */
function finding(one) {
  const { cells, message, area_m2: size, repair } = one.properties;
  const item = document.createElement("li");
  const large = size ? ` (${Math.round(size).toLocaleString()} ${words.metres})` : "";
  const advice = inNames(half(repair.message));
  item.textContent = `${cells.map(nameOfCode).join("、")}${large} ${half(message)} ${advice} `;
  const box = boxOf([one.geometry]);
  if (box) item.append(button(words.look, () => map.fitBounds(box, { padding: 120, maxZoom: 18, animate: false })));
  return item;
}

/** @param {string} text @param {() => unknown} act */
function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "quiet";
  made.textContent = text;
  made.addEventListener("click", () => void act());
  return made;
}

async function mend() {
  const { cells, ended } = plan();
  try {
    const fixed = await ask("/moves/mend", { village, cells, ended });
    step(named(drawingOf(fixed.cells)));
    say(words.mended);
  } catch (error) {
    sayWhy(error);
  }
}
