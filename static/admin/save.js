// Saving by keyboard, wherever in the form one is: Ctrl-S and on with it, Ctrl-Enter and back to where one came from.
(() => {
  "use strict";
  const form = document.querySelector("form[data-keep]");
  if (!form) return;
  const BUTTONS = { s: "[name=_continue_editing]", enter: "[data-save]" };

  document.addEventListener("keydown", (event) => {
    const name = BUTTONS[typedKey(event).toLowerCase()];
    if (!name || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    if (event.defaultPrevented || event.isComposing) return;
    event.preventDefault();
    // A question over the form is answered first.
    if (!event.repeat && !document.querySelector("dialog[open]")) form.requestSubmit(form.querySelector(name));
  });
})();
