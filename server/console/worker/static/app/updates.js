// @ts-check
/** Keeping the page on the phone, and taking a newer one only when nothing is lost by it. */

const LOOK = 60 * 60 * 1000; // ms between looks for a newer one
const ADDRESS = "sw.js";

/** @type {ServiceWorker | null} */
let waiting = null;
/** What must be over before this page goes. @type {(() => Promise<unknown>) | null} */
let asked = null;

/**
 * Let the phone keep this page. `newer` is told when another version lies ready.
 * @param {string} scope @param {() => void} newer
 */
export async function keepPage(scope, newer) {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("controllerchange", () => asked && void reload(asked));
  try {
    const kept = await navigator.serviceWorker.register(scope + ADDRESS, { scope, updateViaCache: "none" });
    const look = () => ready(kept, newer);
    kept.addEventListener("updatefound", () => kept.installing?.addEventListener("statechange", look));
    look();
    const again = () => kept.update().catch(() => undefined); // without a line there is none
    window.setInterval(again, LOOK);
    window.addEventListener("online", again);
  } catch (error) {
    console.warn("the page cannot be kept for offline use", error);
  }
}

/**
 * Take the newer version, after `quiet`: what is typed and what is being sent is in the store by then.
 * @param {() => Promise<unknown>} quiet
 */
export async function takeNewer(quiet) {
  await quiet();
  asked = quiet;
  // Another tab may have let it take over already: then there is nothing to wait for.
  if (waiting && waiting.state === "installed") waiting.postMessage("take-over");
  else await reload(quiet);
}

/** A letter may have been typed meanwhile. @param {() => Promise<unknown>} quiet */
async function reload(quiet) {
  await quiet();
  location.reload();
}

/** @param {ServiceWorkerRegistration} kept @param {() => void} newer */
function ready(kept, newer) {
  if (!kept.waiting || !navigator.serviceWorker.controller) return;
  waiting = kept.waiting;
  newer();
}
