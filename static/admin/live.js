// Shows a part of a page anew for as long as it changes by itself, and leads on to where something is to be seen.
(() => {
  "use strict";
  const EVERY = 2000;
  const moved = document.querySelector("[data-moved]");
  let next = 0;

  const again = () => {
    clearTimeout(next);
    next = setTimeout(renew, EVERY);
  };

  const renew = async () => {
    const old = document.querySelector("[data-moves]");
    if (!old) {
      return;
    }
    // Nobody looks, or somebody is about to press one of the buttons: the next turn will do.
    if (document.hidden || old.contains(document.activeElement)) {
      again();
      return;
    }
    try {
      const answer = await fetch(old.dataset.moves, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const row = page.getElementById(old.id);
      if (answer.redirected || !answer.ok || !row) {
        return;
      }
      // A part of a page on which somebody is at work is all that changes there.
      if (!row.dataset.moves && !("stays" in old.dataset)) {
        // It has come to its end: what can be done with it now stands all over the page.
        window.location.replace(old.dataset.moves);
        return;
      }
      old.replaceWith(document.adoptNode(row));
    } catch {
      // The server may be starting anew.
    }
    again();
  };

  if (moved) {
    window.location.replace(moved.dataset.moved);
  } else {
    again();
    document.addEventListener("list:new", again);
  }
})();
