// @ts-check
/** Elements from what they are called, carry and hold. Text is always text: nothing is parsed. */

/** @typedef {Node | string | number | null | undefined | false | readonly Child[]} Child */
/**
 * @typedef {Record<string, any>} Traits  attributes; on…: listeners; true: present, false: absent
 */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Traits} [traits]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, traits = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(traits)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value") /** @type {any} */ (made).value = value ?? "";
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, String(value));
  }
  made.append(...nodes(children));
  return made;
}

/**
 * Put these in place of all that stands in `place`.
 * @param {Element} place
 * @param {...Child} children
 */
export function fill(place, ...children) {
  place.replaceChildren ? place.replaceChildren(...nodes(children)) : refill(place, nodes(children));
}

/**
 * A button that acts once at a time. What it cannot do is told to whoever listens for `failed`.
 * @param {string} label
 * @param {() => any} act
 * @param {Traits} [traits]
 */
export function button(label, act, traits = {}) {
  const made = h("button", { type: "button", ...traits }, label);
  made.addEventListener("click", async () => {
    made.disabled = true;
    try {
      await act();
    } catch (error) {
      const place = made.isConnected ? made : document;
      place.dispatchEvent(new CustomEvent("failed", { bubbles: true, detail: error }));
    } finally {
      made.disabled = false;
    }
  });
  return made;
}

/** @param {Child[]} children @returns {(Node | string)[]} */
function nodes(children) {
  const flat = /** @type {any[]} */ (children).flat(Infinity);
  return flat.filter((one) => one != null && one !== false && one !== "").map((one) => (one instanceof Node ? one : String(one)));
}

/** For browsers before 2020. @param {Element} place @param {(Node | string)[]} wanted */
function refill(place, wanted) {
  while (place.firstChild) place.firstChild.remove();
  place.append(...wanted);
}
