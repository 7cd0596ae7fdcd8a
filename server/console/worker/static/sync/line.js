// @ts-check
/** How a phone reaches the server: one request over HTTP, and what its status means. */

import { LineLost, LineRefused, LoginLost } from "./model.js";

/** @typedef {import("./model.js").Fields} Fields */

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {any} body  null where it is no JSON
 * @property {number | null} retryAfter  seconds
 * @property {string | null} etag
 */

const TIMEOUT = 60 * 1000; // ms
const WORTH_ZIPPING = 1024; // bytes

/**
 * Ask once. Rejects with LineLost where no answer came.
 * @param {string} method
 * @param {string} path  behind /api/v1/
 * @param {{body?: Fields, file?: Blob, token?: string, headers?: Record<string, string>}} [more]
 * @returns {Promise<Answer>}
 */
export async function ask(method, path, { body, file, token, headers = {} } = {}) {
  const asked = { ...headers };
  if (token) asked["Authorization"] = `Bearer ${token}`;
  /** @type {BodyInit | undefined} */
  let sent = file;
  if (body) {
    asked["Content-Type"] = "application/json";
    const [packed, encoding] = await pack(JSON.stringify(body));
    if (encoding) asked["Content-Encoding"] = encoding;
    sent = packed;
  }
  return answered(method, path, sent, asked);
}

/**
 * The body of a good answer; one of the three errors otherwise.
 * @param {Answer} answer
 * @returns {Fields}
 */
export function settled({ status, body, retryAfter }) {
  const good = status >= 200 && status < 300;
  if (good && body !== null && typeof body === "object" && !Array.isArray(body)) return body;
  if (status === 401 || status === 403) throw new LoginLost(`answered ${status}`);
  if (status < 400 || status === 408 || status === 429 || status >= 500) {
    throw new LineLost(`answered ${status}`, retryAfter, status);
  }
  throw new LineRefused(status, body);
}

/**
 * The slug of a problem: what a program may branch on.
 * @param {Answer} answer
 * @returns {string}
 */
export function slugOf({ body, status }) {
  const type = body && typeof body.type === "string" ? body.type : "";
  return type.split("/").pop() || String(status);
}

/**
 * @param {string} method
 * @param {string} path
 * @param {BodyInit | undefined} body
 * @param {Record<string, string>} headers
 * @returns {Promise<Answer>}
 */
async function answered(method, path, body, headers) {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), TIMEOUT);
  try {
    // No cookie: the browser's own session, of whoever sat here last, is none of ours.
    const response = await fetch(`/api/v1/${path}`, {
      method,
      headers,
      body,
      signal: late.signal,
      keepalive: method === "DELETE", // whoever signs out may close the tab
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
    const json = (response.headers.get("Content-Type") || "").includes("json");
    const text = json ? await response.text() : "";
    return {
      status: response.status,
      body: text ? JSON.parse(text) : null,
      retryAfter: seconds(response.headers.get("Retry-After")),
      etag: response.headers.get("ETag"),
    };
  } catch (error) {
    throw new LineLost(String(error));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Half an emoji in a note stays as an escape: the server sets that change aside, not the push.
 * @param {string} text
 * @returns {Promise<[BodyInit, string | null]>}
 */
async function pack(text) {
  if (text.length < WORTH_ZIPPING || typeof CompressionStream === "undefined") return [text, null];
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return [await new Response(packed).arrayBuffer(), "gzip"];
}

/** @param {string | null} text */
function seconds(text) {
  return text !== null && /^[0-9]{1,6}$/.test(text) ? Number(text) : null;
}
