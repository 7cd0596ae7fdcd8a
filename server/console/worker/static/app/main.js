// @ts-check
/** Where the page begins. */

import { Shell } from "./shell.js";
import { keepPage } from "./updates.js";
import { language, speak } from "./words.js";
import { Handset } from "../sync/handset.js";

const page = document.getElementById("page");
if (page) {
  speak(language());
  const shell = new Shell(page, new Handset());
  void shell.ask();
  void keepPage(page.dataset.scope ?? "/work/", () => shell.tellNewer());
}
