// @ts-check
/** The frame of the page: who is here, the bar below with what waits, and what is shown above it. */

import { above, below, title } from "./bars.js";
import { fill, h, button } from "./dom.js";
import { allKept, forgetOld } from "./drafts.js";
import { holds, whenOther } from "./holder.js";
import { Syncing } from "./syncing.js";
import { box, plain, unshown } from "./trouble.js";
import { whenUnseen } from "./unseen.js";
import { takeNewer } from "./updates.js";
import { viewOf } from "./views.js";
import { ask } from "./who.js";
import { t } from "./words.js";

/** @typedef {import("../sync/phone.js").Phone} Phone */
/** @typedef {import("../sync/handset.js").Handset} Handset */
/** @typedef {import("./dom.js").Child} Child */
/**
 * @typedef {object} At  what a page is told, and what it may ask of the frame
 * @property {Phone} phone
 * @property {string} name  of the user
 * @property {string} version
 * @property {string} hash  the address of this very page
 * @property {URLSearchParams} asked
 * @property {(hash: string) => void} go
 * @property {(said: string) => void} say  above the next page
 * @property {() => Promise<void>} sync
 * @property {() => string} hindered  why the last sync did not go through
 * @property {() => Promise<Record<string, string[]>>} reasons
 * @property {<T>(act: Promise<T>) => Promise<T>} during  a newer version waits for it
 * @property {() => void} redraw
 * @property {() => Promise<void>} refresh  the same, where it stands
 * @property {() => Promise<void>} lock
 * @property {() => Promise<void>} leave
 */
/** @typedef {import("./views.js").View} View */

const HOME = "#/cells";
const SETTLE = 150; // ms

export class Shell {
  /** @param {HTMLElement} page @param {Handset} handset */
  constructor(page, handset) {
    this.handset = handset;
    this.version = page.dataset.version ?? "";
    this.base = `${page.dataset.scope ?? "/work/"}${this.version}/`;
    this.head = h("header", { class: "top" });
    this.notices = h("div", { class: "notices", role: "status" });
    this.main = h("main", { id: "main" });
    this.bar = h("nav", { class: "bottom" });
    /** @type {Phone | null} */
    this.phone = null;
    /** @type {Syncing | null} */
    this.syncing = null;
    this.name = "";
    this.login = "";
    /** As last counted: a full disk shuts the store. @type {number | string} */
    this.waiting = "–";
    this.said = "";
    /** What a button could not do. */
    this.trouble = "";
    this.newer = false;
    /** Whether a record needs a look; asked anew when something changed. @type {Promise<boolean> | null} */
    this.aside = null;
    this.drawing = 0;
    this.showing = 0;
    this.hearing = 0;
    /** @type {Promise<unknown>} */
    this.following = Promise.resolve();
    /** @type {Set<Promise<unknown>>} */
    this.writing = new Set();
    /** @type {Promise<Record<string, string[]>> | null} */
    this.why = null;
    this.deaf = () => {};
    fill(page, this.head, this.notices, this.main, this.bar);
    window.addEventListener("hashchange", () => void this.show());
    document.addEventListener("failed", (event) => ((this.trouble = plain(/** @type {CustomEvent} */ (event).detail)), this.frame()));
    whenUnseen(() => this.phone && void this.toDoor());
    // One after another: who locks the phone while a tab is still letting somebody in locks that too.
    whenOther((user) => (this.following = this.following.then(() => this.follow(user)).catch(() => this.ask())));
  }

  /** Ask who holds the phone. @param {string} [again]  whose login the server no longer knows */
  async ask(again) {
    this.frame();
    const door = h("div", {}); // where somebody came in meanwhile it is no longer there to be drawn on
    fill(this.main, door);
    const enter = (/** @type {Phone} */ phone) => (holds(phone.user), this.enter(phone));
    await ask(door, this.handset, enter, again).catch((/** @type {unknown} */ error) => fill(door, unshown(error, () => this.ask(again))));
    if (!door.contains(document.activeElement)) door.querySelector("h1")?.focus();
  }

  /** Somebody is here. @param {Phone} phone */
  async enter(phone) {
    if (this.phone && this.phone !== phone) await this.away();
    const user = (await this.handset.users()).find((one) => one.id === phone.user);
    [this.phone, this.name, this.login] = [phone, user?.name || user?.login || "", user?.login ?? ""];
    this.syncing = new Syncing(phone, (busy) => (this.frame(), busy || this.hear()), () => forgetOld(this.handset, phone));
    this.deaf = phone.onChange(() => this.hear());
    this.syncing.start();
    await this.show();
  }

  /** In another tab somebody came or went. @private @param {string} user */
  async follow(user) {
    if (user === (this.phone?.user ?? "")) return;
    await this.away();
    history.replaceState(null, "", HOME);
    const phone = user && (await this.handset.join(user).catch(() => null));
    return phone ? this.enter(phone) : this.ask();
  }

  /** Nobody is here any more: nothing of theirs stays on the screen. */
  async away() {
    const { phone, syncing } = this;
    this.phone = this.syncing = null;
    this.drawing += 1; // what is just being drawn comes too late
    [this.showing, this.said, this.trouble, this.aside, this.waiting] = [0, "", "", null, "–"];
    this.deaf();
    fill(this.main);
    this.frame("");
    // A sync is not waited for: on a dead line that takes minutes, and it may end anywhere.
    void syncing?.stop().catch(() => undefined);
    await Promise.all([allKept(), ...this.writing].map((one) => Promise.resolve(one).catch(() => undefined)));
    phone?.close();
  }

  /** What the address names. */
  async show() {
    if (!this.phone) return this.ask();
    const mine = ++this.drawing;
    [this.showing, this.trouble] = [mine, ""];
    const { view, at } = this.named(this.phone);
    this.frame(view.place);
    const drawn = await view.draw(at).catch((/** @type {unknown} */ error) => unshown(error, () => this.show()));
    if (mine !== this.drawing) return;
    const said = this.said;
    [this.said, this.showing] = ["", 0];
    fill(this.main, said && h("p", { class: "done", role: "status" }, said), ...drawn);
    window.scrollTo(0, 0);
    this.main.querySelector("h1")?.focus({ preventScroll: true });
  }

  /** @private @param {Phone} phone @returns {{view: View, at: At}} */
  named(phone) {
    const hash = location.hash.startsWith("#/") ? location.hash : HOME;
    const [path = "", query = ""] = hash.slice(2).split(/\?(.*)/);
    return {
      view: viewOf(path),
      at: {
        phone,
        name: this.name,
        version: this.version,
        hash,
        asked: new URLSearchParams(query),
        go: (to) => (to === location.hash ? void this.show() : (location.hash = to)),
        say: (said) => (this.said = said),
        sync: () => this.sync(),
        hindered: () => this.syncing?.trouble ?? "",
        reasons: () => this.reasons(),
        during: (act) => this.during(act),
        redraw: () => void this.show(),
        refresh: () => this.heard(),
        lock: () => this.lock(),
        leave: () => this.leave(),
      },
    };
  }

  /** Many changes at once are heard once. @private */
  hear() {
    this.aside = null;
    window.clearTimeout(this.hearing);
    this.hearing = window.setTimeout(() => void this.heard(), SETTLE);
  }

  /** Something changed: the number below, and the page if nobody types in it. @private */
  async heard() {
    this.frame();
    if (!this.phone || this.busyHands()) return;
    if (this.showing) return this.hear(); // what is just being shown comes first
    const mine = ++this.drawing;
    const { view, at } = this.named(this.phone);
    if (!view.live) return;
    const drawn = await view.draw(at).catch(() => null);
    if (drawn && mine === this.drawing && !this.busyHands()) {
      const open = this.main.querySelector("details")?.open;
      fill(this.main, this.main.querySelector(".done"), ...drawn);
      const details = this.main.querySelector("details");
      if (details && open) details.open = true;
    }
  }

  /** @private */
  busyHands() {
    return this.main.contains(document.activeElement) && /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "");
  }

  /** The bars above and below. @param {string} [place] */
  frame(place = this.bar.dataset.place ?? "") {
    this.bar.dataset.place = place;
    const here = this.phone !== null;
    document.title = title(place);
    above(this.head, HOME, here ? this.name : "", Boolean(this.syncing?.busy));
    fill(this.notices, ...this.notes());
    this.bar.hidden = !here;
    this.bar.setAttribute("aria-label", t("去哪里"));
    if (this.phone) void this.count(this.phone, place);
  }

  /** @private @param {Phone} phone @param {string} place */
  async count(phone, place) {
    this.aside = this.aside ?? phone.numbers().then(({ rejected }) => rejected > 0, () => false);
    const [waiting, aside] = await Promise.all([phone.countWaiting().catch(() => this.waiting), this.aside]);
    if (phone !== this.phone) return;
    this.waiting = waiting;
    below(this.bar, place, waiting, aside);
  }

  /** @private @returns {Child[]} */
  notes() {
    const again = async () => {
      const { login } = this;
      await this.away();
      await this.ask(login);
    };
    return [
      this.trouble && box(this.trouble),
      this.newer && button(t("新版本，点此更新"), () => takeNewer(() => this.quiet()), { class: "notice" }),
      this.syncing?.loginLost && button(t("登录已过期：点此登录后才能上传"), again, { class: "notice" }),
    ].filter(Boolean);
  }

  /** A newer version lies ready. */
  tellNewer() {
    this.newer = true;
    this.frame();
  }

  /** Until nothing is typed, written or sent that is not in the store. @private */
  async quiet() {
    await allKept();
    await Promise.all([...this.writing, this.syncing?.running].map((one) => Promise.resolve(one).catch(() => undefined)));
  }

  /** @private @template T @param {Promise<T>} act @returns {Promise<T>} */
  async during(act) {
    this.writing.add(act);
    try {
      return await act;
    } finally {
      this.writing.delete(act);
      this.syncing?.soon();
    }
  }

  /** @private */
  async sync() {
    await this.syncing?.now();
    await this.heard();
  }

  /** For whoever comes next: in the other tabs too. @private */
  async lock() {
    holds("");
    await this.toDoor();
  }

  /** @private */
  async leave() {
    const { phone } = this;
    holds("");
    // Closed before: a sync that is on its way lays nothing into what is emptied here.
    await this.away();
    const trouble = phone ? await this.handset.signOut(phone).then(() => "", plain) : "";
    await this.toDoor();
    this.trouble = trouble;
    this.frame();
  }

  /** @private */
  async toDoor() {
    await this.away();
    history.replaceState(null, "", HOME); // and no going there once more, as by setting it
    await this.ask();
  }

  /** @private */
  reasons() {
    if (!this.why) this.why = fetch(`${this.base}reasons.json`).then((answer) => answer.json()).catch(() => ((this.why = null), {}));
    return this.why;
  }
}
