// @ts-check
/**
 * A user's session on this phone: tokens in the user's own store, renewed one tab at a time.
 *
 * A refresh whose answer was lost is asked again with the same token; a new pair is in the store
 * before it is used (docs/sessions.md).
 */

import { ask, settled } from "./line.js";
import { LoginLost } from "./model.js";
import { Pocket } from "./pocket.js";
import { wait } from "./turn.js";

/** @typedef {import("./line.js").Answer} Answer */
/** @typedef {import("./model.js").Fields} Fields */
/** @typedef {import("./store.js").Store} Store */
/** @typedef {{access: string, refresh: string}} Tokens */

const REFUSED = [400, 401, 403, 422]; // of a refresh: a person signs in

/** A Line of model.js. */
export class Session {
  /**
   * @param {Store} store
   * @param {string} user
   * @param {LockManager | undefined} locks
   */
  constructor(store, user, locks) {
    this._store = store;
    this._user = user;
    this._locks = locks;
  }

  /**
   * @param {"push" | "pull"} verb
   * @param {Fields} body
   * @returns {Promise<Fields>}
   */
  async call(verb, body) {
    return settled(await this.ask("POST", `sync/${verb}`, { body }));
  }

  /**
   * Whether a pull would bring anything since `etag` was given, and the etag of now.
   * @param {string | null} etag
   * @returns {Promise<{etag: string | null, changed: boolean}>}
   */
  async news(etag) {
    /** @type {Record<string, string>} */
    const headers = etag ? { "If-None-Match": etag } : {};
    const answer = await this.ask("GET", "sync/news", { headers });
    if (answer.status === 304) return { etag: answer.etag || etag, changed: false };
    settled(answer);
    return { etag: answer.etag, changed: true };
  }

  /**
   * Ask as this user; renews the tokens once where the server says that they are over.
   * Rejects with LoginLost and LineLost.
   * @param {string} method
   * @param {string} path
   * @param {{body?: Fields, file?: Blob, headers?: Record<string, string>}} [more]
   * @returns {Promise<Answer>}
   */
  async ask(method, path, more = {}) {
    const { access } = await this._tokens();
    const answer = await ask(method, path, { ...more, token: access });
    if (answer.status !== 401) return answer;
    const renewed = await wait(`wangge-renew-${this._user}`, this._locks, () => this._renew(access));
    return ask(method, path, { ...more, token: renewed });
  }

  /**
   * Keep a new pair. Before it is used.
   * @param {Tokens | null} tokens  null: signed out
   */
  async keep(tokens) {
    await this._store.write(async (tx) => new Pocket(tx).keepFact("tokens", tokens));
  }

  /** @returns {Promise<Tokens>} */
  async _tokens() {
    const tokens = await this._store.read((tx) => new Pocket(tx).fact("tokens"));
    if (tokens === null) throw new LoginLost("nobody has signed in");
    return tokens;
  }

  /**
   * @param {string} over  the access token that the server refused
   * @returns {Promise<string>}
   */
  async _renew(over) {
    const tokens = await this._tokens();
    if (tokens.access !== over) return tokens.access; // another tab was first
    const answer = await ask("POST", "sessions/refresh", { body: { refresh: tokens.refresh } });
    if (REFUSED.includes(answer.status)) {
      await this.keep(null);
      throw new LoginLost(`answered ${answer.status}`);
    }
    const { access, refresh } = settled(answer);
    await this._store.write(async (tx) => {
      const pocket = new Pocket(tx);
      // Who signed out meanwhile, in another tab, stays so.
      if ((await pocket.fact("tokens")) !== null) pocket.keepFact("tokens", { access, refresh });
    });
    return access;
  }
}

/**
 * End a session whose tokens are kept no longer. Rejects with LineLost.
 * @param {Tokens} tokens
 */
export async function end({ access, refresh }) {
  const { status } = await ask("DELETE", "sessions/current", { token: access });
  if (status !== 401) return;
  const renewed = await ask("POST", "sessions/refresh", { body: { refresh } });
  if (renewed.body && renewed.body.access) await ask("DELETE", "sessions/current", { token: renewed.body.access });
}
