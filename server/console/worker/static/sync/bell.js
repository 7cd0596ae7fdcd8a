// @ts-check
/** Tells whoever looks at a store that there is something else to see, in this tab and in others. */

export class Bell {
  /** @param {string} name  of the store */
  constructor(name) {
    /** @type {Set<() => void>} */
    this._ears = new Set();
    this._channel = new BroadcastChannel(name);
    this._channel.onmessage = () => this._tell();
    this._open = true;
  }

  ring() {
    if (!this._open) return; // what a sync that goes on behind a closed phone brings
    this._channel.postMessage(null);
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
    this._channel.close();
  }

  _tell() {
    for (const heard of this._ears) heard();
  }
}
