// @ts-check
/**
 * Who holds the phone, for all tabs of it: whoever comes or goes in one of them comes or goes in all.
 *
 * It stands in localStorage, of which the other tabs hear; a tab that slept meanwhile, and heard
 * nothing, looks when it is seen again. What stands there opens nothing: a new tab asks at the door.
 */

const KEY = "wangge.work.holder";
let last = stands();

/** Say it to the other tabs. @param {string} user  id; empty: nobody */
export function holds(user) {
  try {
    if (user) localStorage.setItem(KEY, user);
    else localStorage.removeItem(KEY); // for which a full phone has room
  } catch (_refused) {} // then each tab stands for itself
  last = stands(); // where it could not be written another's name stands, who has not come
}

/** Hear who came, or "" that nobody holds it any more. @param {(user: string) => void} act */
export function whenOther(act) {
  const look = () => {
    const now = stands();
    if (now === last) return;
    last = now;
    act(now);
  };
  window.addEventListener("storage", (event) => event.key === KEY && look());
  window.addEventListener("pageshow", look);
  document.addEventListener("visibilitychange", look);
}

function stands() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch (_refused) {
    return "";
  }
}
