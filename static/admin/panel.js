// What every page of the panel does with scripts: messages that can be put away, and keys that lead somewhere.

// The Latin letter of a key that was pressed, on a keyboard of another script too, as it is printed beside the other.
const typedKey = (event) => {
  if (event.key.length !== 1 || event.key < "\u0250") { return event.key; }
  if (event.code === "Slash") { return event.shiftKey ? "?" : "/"; }
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  return letter ? (event.shiftKey ? letter : letter.toLowerCase()) : event.key;
};

(() => {
  "use strict";
  const LEAVE = 10000;
  const PAUSE = 1200;
  const messages = document.querySelector(".messages");

  // A screen reader tells what changes in a live region, not what was there from the start.
  const announce = () => {
    const said = [...messages.children];
    messages.replaceChildren();
    setTimeout(() => messages.append(...said), 60);
  };

  const dress = (message) => {
    if (message.querySelector(".toast-away")) { return; }
    const away = document.createElement("button");
    away.type = "button";
    away.className = "toast-away";
    away.textContent = "×";
    away.setAttribute("aria-label", messages.dataset.away);
    away.addEventListener("click", () => message.remove());
    message.append(away);
    // What went wrong and what offers a next step stays until somebody puts it away.
    if (message.classList.contains("alert-success") && !message.querySelector("a, form")) {
      const leave = () => { message.matches(":hover, :focus-within") ? setTimeout(leave, LEAVE) : message.remove(); };
      setTimeout(leave, LEAVE);
    }
  };

  if (messages) {
    new MutationObserver(() => messages.querySelectorAll(".alert").forEach(dress)).observe(messages, { childList: true });
    if (messages.children.length) { announce(); }
  }

  // Letters are keys only where nobody types.
  const typing = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const plain = (event) => !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing;
  let going = 0;

  // Where "g" leads stands in the menu already.
  const sheet = document.getElementById("keys");
  const ways = sheet?.querySelector("[data-ways]");
  sheet?.addEventListener("beforetoggle", () => {
    ways.replaceChildren(...[...document.querySelectorAll("[data-go]")].map((link) => {
      const [row, keys, words] = ["div", "dt", "dd"].map((name) => document.createElement(name));
      ["g", link.dataset.go].forEach((key) => {
        const drawn = document.createElement("kbd");
        drawn.textContent = key;
        keys.append(drawn, " ");
      });
      words.textContent = link.textContent.trim();
      row.append(keys, words);
      return row;
    }));
  });

  const search = () => document.getElementById("search") ?? document.querySelector(".top-find input");

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || !plain(event) || typing(event.target)) { return; }
    if (Date.now() < going) {
      going = 0;
      const link = document.querySelector(`[data-go="${CSS.escape(typedKey(event))}"]`);
      if (link) {
        event.preventDefault();
        event.stopImmediatePropagation();
        window.location.assign(link.href);
      }
      return;
    }
    const key = typedKey(event);
    if (key === "g") {
      going = Date.now() + PAUSE;
    } else if (key === "?") {
      event.preventDefault();
      sheet.togglePopover();
    } else if (key === "z" && messages?.querySelector("form[data-undo]")) {
      event.preventDefault();
      messages.querySelector("form[data-undo]").requestSubmit();
    } else if (key === "/" && search()) {
      event.preventDefault();
      search().focus();
      search().select();
    }
  }, true);
})();
