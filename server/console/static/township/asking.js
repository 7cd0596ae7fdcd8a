// @ts-check
/** Asking the server: what it says when it refuses, and never two of one kind at a time. */

/** A refusal or a line that was cut, in the reader's language. */
export class Refused extends Error {}

/** The reader's half of a text that stands as 中文。 English. @param {string} text */
export function half(text) {
  const [zh, en] = halves(text);
  return document.documentElement.lang === "en" ? en || zh : zh || en;
}

/**
 * The Chinese and the English half of a text that stands as 中文。 English, cut as
 * server/errors.py says. @param {string} text @returns {string[]}
 */
export function halves(text) {
  const [first, ...rest] = text.replace(STOP, "$1\0").split("\0");
  if (!rest.length) {
    const last = [...text].reduce((at, one, k) => (one > "\u2e7f" ? k : at), -1);
    return [[...text].slice(0, last + 1).join("").trim(), [...text].slice(last + 1).join("").trim()];
  }
  const between = rest.slice(0, -1).map((one) => one.replace(START, "$1\0").split("\0"));
  const zh = [first, ...between.map((one) => one[1] ?? "")];
  const en = [...between.map((one) => one[0]), ...rest.slice(-1)];
  return [zh, en].map((half) => half.map((one) => one.trim()).filter(Boolean).join(" "));
}

const STOP = /([。！？][”’）]*)\s+(?=[^\s\u{2e80}-\u{10ffff}])/gu;
const START = /([.!?])\s+(?=[\u{2e80}-\u{10ffff}])/u;

/** JSON of the API. @param {string} path @param {any} [body] @param {AbortSignal} [signal]
 * @returns {Promise<any>} Rejects with Refused. */
export async function ask(path, body, signal) {
  const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const headers = { Accept: "application/json", "Content-Type": "application/json" };
  const answer = await fetch(`/api/v1${path}`, { ...sent, headers, signal });
  if (answer.ok) return answer.json();
  const told = await answer.json().catch(() => ({}));
  const fields = Object.values(told.errors ?? {}).flat(9).filter((one) => typeof one === "string");
  throw new Refused([told.detail ?? answer.statusText, ...fields].map(half).join(" "));
}

/**
 * The page that a form is answered with; `moved`: where it led once it was done. Whoever has to sign
 * in first is led there, and what is typed or drawn waits in this browser.
 * @param {HTMLFormElement} form @param {HTMLElement | null} by the button that sent it
 * @returns {Promise<{page: Document, status: number, moved: string | null}>} */
export async function send(form, by) {
  const data = new FormData(form);
  if (by instanceof HTMLButtonElement && by.name) data.set(by.name, by.value);
  const answer = await fetch(form.action, { method: "POST", body: data, headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const done = answer.ok && new URL(answer.url).searchParams.has("done");
  if (answer.redirected && !done) {
    location.assign(answer.url);
    await new Promise(() => {}); // the browser leaves
  }
  return { page, status: answer.status, moved: answer.redirected ? answer.url : null };
}

/**
 * Something that is done again and again, a while after it was last asked for, and never twice at
 * once: what is asked meanwhile waits, and only the last of it is done.
 * @param {() => Promise<void>} act @param {number} pause milliseconds
 */
export function calmly(act, pause) {
  let timer = 0;
  let busy = false;
  let again = false;
  const go = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      await act();
    } finally {
      busy = false;
      if (again) {
        again = false;
        void go();
      }
    }
  };
  return () => {
    clearTimeout(timer);
    timer = setTimeout(() => void go(), pause);
  };
}
