// @ts-check
/** What the page can show, by the first word of its address. */

import * as amend from "./amend.js";
import * as cases from "./cases.js";
import * as cells from "./cells.js";
import * as dispute from "./dispute.js";
import * as household from "./household.js";
import * as me from "./me.js";
import * as need from "./need.js";
import * as outbox from "./outbox.js";
import * as slip from "./slip.js";
import * as visit from "./visit.js";

/** @typedef {(at: import("./shell.js").At) => Promise<import("./dom.js").Child[]>} Draw */
/**
 * @typedef {{draw: Draw, place: string, live: boolean}} View  live: drawn anew when something changed
 */

/** @type {Record<string, View>} */
const VIEWS = {
  cells: { draw: cells.draw, place: "cells", live: true },
  household: { draw: household.draw, place: "cells", live: true },
  amend: { draw: amend.draw, place: "cells", live: false },
  need: { draw: need.draw, place: "cells", live: false },
  visit: { draw: visit.draw, place: "visit", live: false },
  dispute: { draw: dispute.draw, place: "dispute", live: false },
  cases: { draw: cases.draw, place: "dispute", live: true },
  case: { draw: cases.drawOne, place: "dispute", live: true },
  slip: { draw: slip.draw, place: "dispute", live: false },
  outbox: { draw: outbox.draw, place: "outbox", live: true },
  me: { draw: me.draw, place: "", live: false },
};

/** @param {string} word @returns {View} */
export function viewOf(word) {
  return /** @type {View} */ (Object.prototype.hasOwnProperty.call(VIEWS, word) ? VIEWS[word] : VIEWS.cells);
}
