// A slip's QR carries the code behind the #: put it into the form, and out of the address.
(function () {
  var field = document.querySelector(".look input[name=code]");
  var code = decodeURIComponent(location.hash.slice(1));
  if (!field || !code) return;
  field.value = code;
  history.replaceState(null, "", location.pathname + location.search);
})();
