// @ts-check
/**
 * What is typed and not yet saved: kept in the user's store at each change, so that a closed tab, a
 * locked phone or a new version of the page loses none of it. What is open is listed by name.
 */

/** @typedef {import("../sync/phone.js").Phone} Phone */
/** @typedef {import("../sync/model.js").Fields} Fields */
/**
 * @typedef {{name: string, where: string, what: string, of: string}} Open  where: #/…; what and of: for the list
 */

const LIST = "open";
const MOST = 50; // forms that are listed; of most of them nothing was typed
/** Every sheet that is being written: whoever closes the page waits for them. @type {Set<Sheet>} */
const writing = new Set();
/**
 * What the store had no room for: it stays here while the page is open, and the page says so.
 * @type {Map<string, Fields>}
 */
const unkept = new Map();
window.addEventListener("beforeunload", (event) => {
  if (unkept.size === 0) return;
  event.preventDefault();
  event.returnValue = ""; // the browser asks whether to leave
});

/** One form's values, kept while they change. */
export class Sheet {
  /** @param {Phone} phone @param {Open} about @param {Fields} values @param {boolean} kept */
  constructor(phone, about, values, kept) {
    this.phone = phone;
    this.about = about;
    this.values = values;
    /** Whether it was typed in before, and taken up again. */
    this.resumed = kept;
    /** @type {(error: unknown) => void} what to do where there is no room for it */
    this.trouble = () => {};
    /** @type {() => void} hears that all of it is in the store */
    this.kept = () => {};
    this.changed = false;
    /** The photos that lie in the store: they are not written anew with each letter. @type {any} */
    this.photos = undefined;
    /** @type {Promise<void> | null} */
    this.at = null;
    /** A photo that is being made small. @type {Promise<unknown>} */
    this.making = Promise.resolve();
  }

  /** Whoever saves waits for this. @param {Promise<unknown>} made */
  during(made) {
    this.making = made.catch(() => undefined);
    return made;
  }

  /** The values have changed: keep them. Never waits; the last change is what is kept. */
  touch() {
    this.changed = true;
    if (!this.at) this.at = this.write();
    writing.add(this);
  }

  /** Wait until all of it is kept. */
  async settle() {
    await this.making;
    while (this.at) await this.at;
  }

  /** Forget it: it was saved, or is wanted no more. */
  async drop() {
    this.changed = false;
    await this.settle();
    unkept.delete(this.key());
    await this.phone.dropDraft(this.about.name);
    await list(this.phone, (open) => open.filter((one) => one.name !== this.about.name));
  }

  /** @private */
  key() {
    return `${this.phone.user}/${this.about.name}`;
  }

  /** @private */
  async write() {
    try {
      while (this.changed) {
        this.changed = false;
        const { photos, ...typed } = this.values;
        await this.phone.keepDraft(this.about.name, typed, photos === this.photos ? undefined : photos);
        this.photos = photos;
      }
      unkept.delete(this.key());
      this.kept();
    } catch (error) {
      unkept.set(this.key(), this.values);
      this.trouble(error);
    } finally {
      this.at = null;
      writing.delete(this);
    }
  }
}

/**
 * A form's sheet: as it was left, else fresh.
 * @param {Phone} phone @param {Open} about @param {() => Fields} fresh
 */
export async function sheet(phone, about, fresh) {
  const here = unkept.get(`${phone.user}/${about.name}`);
  const kept = here ?? (await inStore(phone, about.name));
  // Listed before the first letter: then a letter is one write, and who closes the tab loses none.
  if (kept == null) await list(phone, (open) => [...open.filter((one) => one.name !== about.name), about].slice(-MOST)).catch(() => undefined);
  const made = new Sheet(phone, about, kept ?? fresh(), kept != null);
  if (!here) made.photos = made.values.photos;
  return made;
}

/** @param {Phone} phone @param {string} name @returns {Promise<Fields | null>} */
async function inStore(phone, name) {
  const kept = await phone.draft(name);
  const photos = kept && (await phone.draftFiles(name));
  return photos?.length > 0 ? { ...kept, photos } : kept;
}

/** What was begun and not saved. @param {Phone} phone @returns {Promise<Open[]>} */
export async function unfinished(phone) {
  /** @type {Open[]} */
  const open = (await phone.draft(LIST)) ?? [];
  const kept = await Promise.all(open.map((one) => phone.draft(one.name)));
  return open.filter(({ name }, index) => kept[index] != null || unkept.has(`${phone.user}/${name}`));
}

/**
 * Let go of what nobody on this phone has touched for 30 days, whoever began it.
 * @param {import("../sync/handset.js").Handset} handset @param {Phone} phone  one that has just synced
 */
export async function forgetOld(handset, phone) {
  const now = await phone.lastSync();
  if (now !== null) await handset.ageDrafts(now, LIST);
}

/** Wait until nothing that was typed is on its way to the store. */
export async function allKept() {
  await Promise.all([...writing].map((one) => one.settle()));
}

/**
 * The longest list is for what was typed in: forms that were only looked at leave it first.
 * @param {Phone} phone @param {(open: Open[]) => Open[]} change
 */
async function list(phone, change) {
  const before = (await phone.draft(LIST)) ?? [];
  await phone.keepDraft(LIST, change(before.length < MOST ? before : await unfinished(phone)));
}
