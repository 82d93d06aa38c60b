// Comfort for those with JavaScript: the bar says how many rows are ticked, aloud too, and takes all ticks off again.
(() => {
  "use strict";
  const ticked = () => [...document.querySelectorAll('input[name="rowid"]:checked')];
  const every = () => document.querySelector('#bulk input[name="token"]:checked');

  const tell = () => {
    const told = document.querySelector(".bulk-count");
    if (!told) { return; }
    const count = ticked().length;
    const words = every() ? told.dataset.every : count ? told.dataset.ticked.replace("#", count) : "";
    // What has not changed is not said again.
    if (told.textContent !== words) { told.textContent = words; }
    document.querySelector(".bulk-none").hidden = !words;
  };

  // Ticks that a script sets by a click on another box are there once that click is over.
  const later = () => setTimeout(tell);
  document.addEventListener("change", later);
  document.addEventListener("click", (event) => {
    if (event.target.closest?.(".bulk-none")) {
      const all = every();
      if (all) {
        all.checked = false;
        all.dispatchEvent(new Event("change", { bubbles: true }));
      }
      const first = ticked()[0];
      ticked().forEach((box) => { box.checked = false; });
      const head = document.getElementById("tick-all");
      if (head) { head.checked = head.indeterminate = false; }
      (first ?? head)?.focus();
    }
    later();
  });
  addEventListener("pageshow", later);
  document.addEventListener("htmx:load", later);
})();
