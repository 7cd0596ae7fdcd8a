// @ts-check
/** A phone that was out of sight for a while may be in other hands. */

const LONG = 30 * 60 * 1000; // ms

/** Do this when the page is seen again after so long. @param {() => void} act */
export function whenUnseen(act) {
  let since = 0;
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") since = Date.now();
    else if (since && Math.abs(Date.now() - since) > LONG) act();
  });
}
