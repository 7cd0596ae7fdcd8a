// @ts-check
/**
 * What somebody has drawn so far: every step of it, to be undone and done again, kept in this
 * browser until it is applied. A tab that was closed loses nothing.
 */

import { drawingOf } from "./topology.js";

/** @typedef {import("./topology.js").Drawing} Drawing */
/** @typedef {{village: string, name: string, geometry: any, stamp: string, next: number, cells: any[]}} Ground */

const MOST = 200; // steps that can be undone

export class Sketch {
  /** @param {Ground} ground */
  constructor(ground) {
    this.ground = ground;
    this.stamp = ground.stamp;
    /** What it began with. @type {Drawing} */
    this.base = drawingOf(ground.cells);
    /** @type {Drawing[]} */
    this.steps = [this.base];
    this.at = 0;
    this.kept = true;
  }

  /** As it stands. @returns {Drawing} */
  get drawing() {
    return this.steps[this.at];
  }

  get key() {
    return `wangge.draft.map.${this.ground.village}`;
  }

  /** One more step. @param {Drawing} drawing */
  take(drawing) {
    this.steps = [...this.steps.slice(0, this.at + 1), drawing].slice(-MOST);
    this.at = this.steps.length - 1;
    this.keep();
  }

  /** @param {number} by -1: undo, 1: do again. @returns {boolean} whether there was such a step */
  go(by) {
    if (!this.steps[this.at + by]) return false;
    this.at += by;
    this.keep();
    return true;
  }

  /** Keep it in this browser; `kept` says whether there was room. */
  keep() {
    const told = { stamp: this.stamp, base: this.base, drawing: this.drawing };
    try {
      localStorage.setItem(this.key, JSON.stringify(told));
      this.kept = true;
    } catch {
      this.kept = false;
    }
  }

  /** What was kept, if anything was. @returns {boolean} */
  restore() {
    try {
      const told = JSON.parse(localStorage.getItem(this.key) ?? "null");
      if (!told?.drawing?.cells || !told.base?.cells) return false;
      this.stamp = told.stamp;
      this.base = told.base;
      this.steps = [told.base, told.drawing];
      this.at = 1;
      return true;
    } catch {
      this.forget();
      return false;
    }
  }

  forget() {
    localStorage.removeItem(this.key);
  }
}
