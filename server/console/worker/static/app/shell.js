// @ts-check
/** The frame of the page: who is here, the bar below with what waits, and what is shown above it. */

import * as amend from "./amend.js";
import * as cases from "./cases.js";
import * as cells from "./cells.js";
import * as dispute from "./dispute.js";
import { fill, h, button } from "./dom.js";
import { allKept } from "./drafts.js";
import * as household from "./household.js";
import * as me from "./me.js";
import * as need from "./need.js";
import * as outbox from "./outbox.js";
import * as slip from "./slip.js";
import { Syncing } from "./syncing.js";
import { box, plain } from "./trouble.js";
import { whenUnseen } from "./unseen.js";
import { takeNewer } from "./updates.js";
import * as visit from "./visit.js";
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
 * @property {() => Promise<void>} lock
 * @property {() => Promise<void>} leave
 */
/** @typedef {(at: At) => Promise<Child[]>} Draw */
/**
 * @typedef {{draw: Draw, place: string, live: boolean}} View  live: drawn anew when something changed
 */

const HOME = "#/cells";
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
/** @type {Readonly<Record<string, string>>} */
const TITLES = { cells: "我的网格", visit: "记走访", dispute: "记纠纷", outbox: "待传" };
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
    this.said = "";
    /** What a button could not do. */
    this.trouble = "";
    this.newer = false;
    this.drawing = 0;
    this.showing = 0;
    this.hearing = 0;
    /** @type {Set<Promise<unknown>>} */
    this.writing = new Set();
    /** @type {Promise<Record<string, string[]>> | null} */
    this.why = null;
    this.deaf = () => {};
    fill(page, this.head, this.notices, this.main, this.bar);
    window.addEventListener("hashchange", () => void this.show());
    document.addEventListener("failed", (event) => ((this.trouble = plain(/** @type {CustomEvent} */ (event).detail)), this.frame()));
    whenUnseen(() => this.phone && void this.lock());
  }

  /** Ask who holds the phone. @param {string} [again]  whose login the server no longer knows */
  async ask(again) {
    this.frame();
    await ask(this.main, this.handset, (phone) => this.enter(phone), again).catch((/** @type {unknown} */ error) =>
      fill(this.main, h("h1", { tabindex: "-1" }, t("没有办成")), box(plain(error))),
    );
    this.main.querySelector("h1")?.focus();
  }

  /** Somebody is here. @param {Phone} phone */
  async enter(phone) {
    if (this.phone && this.phone !== phone) await this.away();
    const user = (await this.handset.users()).find((one) => one.id === phone.user);
    [this.phone, this.name, this.login] = [phone, user?.name || user?.login || "", user?.login ?? ""];
    this.syncing = new Syncing(phone, () => this.frame());
    this.deaf = phone.onChange(() => this.hear());
    this.syncing.start();
    await this.show();
  }

  /** Nobody is here any more: nothing of theirs stays on the screen. */
  async away() {
    const { phone, syncing } = this;
    this.phone = this.syncing = null;
    this.drawing += 1; // what is just being drawn comes too late
    [this.showing, this.said, this.trouble] = [0, "", ""];
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
    const drawn = await view.draw(at).catch((/** @type {unknown} */ error) => [h("h1", { tabindex: "-1" }, t("没有办成")), box(plain(error))]);
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
    const view = /** @type {View} */ (Object.prototype.hasOwnProperty.call(VIEWS, path) ? VIEWS[path] : VIEWS.cells);
    return {
      view,
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
        lock: () => this.lock(),
        leave: () => this.leave(),
      },
    };
  }

  /** Many changes at once are heard once. @private */
  hear() {
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
    // No name in it: a browser's history keeps titles, whoever holds the phone next.
    document.title = place ? `${t(TITLES[place] ?? "")} · ${t("网格")}` : t("网格");
    const here = this.phone !== null;
    const busy = this.syncing?.busy && h("span", { class: "busy" }, t("正在同步"));
    fill(this.head, h("a", { class: "mark", href: HOME }, t("网格")), busy, here && h("a", { class: "me", href: "#/me" }, this.name));
    fill(this.notices, ...this.notes());
    this.bar.hidden = !here;
    this.bar.setAttribute("aria-label", t("去哪里"));
    if (this.phone) void this.count(this.phone, place);
  }

  /** @private @param {Phone} phone @param {string} place */
  async count(phone, place) {
    const { waiting, rejected } = await phone.numbers().catch(() => ({ waiting: "–", rejected: 0 }));
    if (phone !== this.phone) return;
    /** @type {[string, string][]} */
    const places = [["cells", t("我的网格")], ["visit", t("记走访")], ["dispute", t("记纠纷")], ["outbox", t("待传 {n}", { n: waiting })]];
    const mark = (/** @type {string} */ name) => name === "outbox" && rejected > 0 && h("span", { class: "mark", title: t("有记录要您看") }, "!");
    fill(this.bar, places.map(([name, said]) => h("a", { href: `#/${name}`, "aria-current": name === place && "page", "data-place": name }, said, mark(name))));
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

  /** @private */
  async lock() {
    await this.away();
    location.hash = HOME;
    await this.ask();
  }

  /** @private */
  async leave() {
    const { phone, syncing } = this;
    await allKept();
    void syncing?.stop().catch(() => undefined);
    // Closed before: a sync that is on its way lays nothing into what is emptied here.
    phone?.close();
    const trouble = phone ? await this.handset.signOut(phone).then(() => "", plain) : "";
    await this.lock();
    this.trouble = trouble;
    this.frame();
  }

  /** @private */
  reasons() {
    if (!this.why) this.why = fetch(`${this.base}reasons.json`).then((answer) => answer.json()).catch(() => ((this.why = null), {}));
    return this.why;
  }
}
