// @ts-check
/** Tells whoever looks at a store that there is something else to see, in this tab and in others. */

export class Bell {
  /** @param {string} name  of the store */
  constructor(name) {
    /** @type {Set<() => void>} */
    this._ears = new Set();
    // A browser without them: each tab hears of its own changes, and looks at all when it is opened.
    this._channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(name);
    if (this._channel) this._channel.onmessage = () => this._tell();
    this._open = true;
  }

  ring() {
    if (!this._open) return; // what a sync that goes on behind a closed phone brings
    if (this._channel) this._channel.postMessage(null);
    this._tell();
  }

  /**
   * Returns how to stop.
   * @param {() => void} heard
   * @returns {() => void}
   */
  listen(heard) {
    this._ears.add(heard);
    return () => this._ears.delete(heard);
  }

  close() {
    this._open = false;
    this._ears.clear();
    if (this._channel) this._channel.close();
  }

  _tell() {
    for (const heard of this._ears) heard();
  }
}
