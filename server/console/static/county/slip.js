// @ts-check
/**
 * A new code for a party: shown this once, on the screen and as a slip to print; the old one is dead.
 */

/** @typedef {{give: string, sure: string, code: string, print: string, failed: string}} Words */

/** Add to each party of the page what gives out a slip. */
export function giveSlips() {
  const said = document.getElementById("words")?.textContent;
  if (!said) return;
  /** @type {Words} */
  const words = JSON.parse(said);
  document.querySelectorAll("[data-slip]").forEach((place) => {
    if (place instanceof HTMLElement) offer(place, words);
  });
}

/** @param {HTMLElement} place @param {Words} words */
function offer(place, words) {
  const button = made("button", words.give);
  button.className = "link";
  const hint = made("small", words.sure);
  button.addEventListener("click", async () => {
    if (!window.confirm(words.sure)) return;
    button.disabled = true;
    try {
      show(place, words, await newCode(place.dataset.slip ?? ""));
    } catch {
      hint.textContent = words.failed;
      hint.setAttribute("role", "alert");
      button.disabled = false;
    }
  });
  place.append(" ", button, " ", hint);
}

/** @param {string} party @returns {Promise<string>} */
async function newCode(party) {
  const answer = await fetch(`${party}/code`, { method: "POST" });
  if (!answer.ok) throw new Error(String(answer.status));
  return String((await answer.json()).code);
}

/** @param {HTMLElement} place @param {Words} words @param {string} code */
function show(place, words, code) {
  const line = made("p", "");
  line.className = "done";
  line.setAttribute("role", "status");
  const number = made("span", code);
  number.className = "code";
  const print = made("button", words.print);
  print.className = "quiet";
  print.addEventListener("click", () => void paper(place.dataset.slip ?? "", code));
  line.append(`${words.code} `, number, " ", print);
  place.replaceChildren(line);
}

/** @param {string} party @param {string} code */
async function paper(party, code) {
  const answer = await fetch(`${party}/slip`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code, form: "pdf" }),
  });
  if (!answer.ok) return;
  // Saved rather than shown: a page of ours may embed nothing (the content policy).
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = "slip.pdf";
  link.click();
}

/** @template {keyof HTMLElementTagNameMap} T @param {T} name @param {string} text */
function made(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}
