// @ts-check
/// <reference lib="webworker" />
/**
 * Keeps the worker's page on the phone: one cache for each version, whole or not at all.
 *
 * A new version is fetched beside the old one and then waits. It takes over when the page says so,
 * after it has seen to it that nothing is half written; or when the page was closed everywhere.
 * What goes to /api never passes through here: records are kept by the page, in the user's store.
 */

/** What the server wrote above this: the version, and the files of it. */
const kit = /** @type {{version: string, files: string[]}} */ (/** @type {any} */ (self).KIT);
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const PREFIX = "wangge-work-";
const CACHE = PREFIX + kit.version;
const SHELL = "/work/";

worker.addEventListener("install", (event) => event.waitUntil(fetchAll()));
worker.addEventListener("activate", (event) => event.waitUntil(takeOver()));
worker.addEventListener("message", (event) => {
  if (event.data === "take-over") void worker.skipWaiting();
});
worker.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (event.request.mode === "navigate" && url.pathname === SHELL) event.respondWith(kept(SHELL, event.request));
  else if (url.pathname.startsWith(`${SHELL}${kit.version}/`)) event.respondWith(kept(url.pathname, event.request));
});

/** Every file of this version; if one is missing, none is kept and the old version goes on. */
async function fetchAll() {
  const cache = await caches.open(CACHE);
  const parts = kit.files.map((path) => `${SHELL}${kit.version}/${path}`);
  const shell = await fetch(SHELL, { cache: "no-store", credentials: "omit" });
  const text = await shell.clone().text();
  if (!shell.ok || !text.includes(`data-version="${kit.version}"`)) throw new Error("another version");
  await cache.addAll(parts);
  await cache.put(SHELL, shell);
}

/** Older versions go; whoever has the page open for the first time is served from here on. */
async function takeOver() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
  await worker.clients.claim();
}

/** @param {string} path @param {Request} request */
async function kept(path, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}
