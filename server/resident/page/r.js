// A slip's QR carries the code behind the #: put it into the form, and out of the address.
function fill() {
  /** @type {HTMLInputElement | null} */
  var field = document.querySelector(".look input[name=code]");
  var code = decodeURIComponent(location.hash.slice(1));
  if (!code) return;
  if (!field) return location.replace("/r?lang=" + document.documentElement.lang.slice(0, 2) + location.hash);
  field.value = code;
  history.replaceState(null, "", location.pathname + location.search);
}
fill();
addEventListener("hashchange", fill); // another slip, where the page is open already
