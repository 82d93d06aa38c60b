// Working on the rows of a grid by keyboard: moving, ticking, opening; one row's menu; a look at it where one is.
(() => {
  "use strict";
  const start = (signal) => {
  const table = document.querySelector("table.grid");
  const menu = document.getElementById("row-menu");
  const look = document.getElementById("look");
  if (!table) { return; }

  const rows = () => [...table.tBodies[0].rows];
  const name = (row) => row.querySelector('a[id^="n"]');
  const edit = (row) => row.querySelector('a[aria-labelledby^="do-edit "]');
  const key = (row) => row.id.slice("row-".length);
  const remove = menu?.querySelector("a");
  const tick = (row) => row.querySelector('input[name="rowid"]');
  let last = null;

  const current = () => document.activeElement.closest?.("table.grid tbody tr") ?? (last?.isConnected ? last : null);

  const move = (step) => {
    const all = rows();
    const at = all.indexOf(current());
    const row = all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + step))];
    last = row;
    name(row).focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };

  // A look at a row without leaving the list: what its own page says of it.
  const show = async (row) => {
    const link = name(row);
    const answer = await fetch(link.href, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const said = page.getElementById("row");
    if (!said) {
      window.location.assign(link.href);
      return;
    }
    look.querySelector("h2").textContent = page.querySelector("h1").textContent.trim();
    look.querySelector("a").href = link.href;
    look.querySelector(".look-row").replaceChildren(document.importNode(said, true));
    if (!look.open) { look.showModal(); }
  };

  // The menu of one row: what its own links do, and each operation of the bar below with this row alone ticked.
  const alone = (row, button) => {
    document.querySelectorAll('input[name="rowid"]').forEach((box) => { box.disabled = false; box.checked = false; });
    const matching = button.form.querySelector('[name="token"]');
    if (matching) { matching.checked = false; }
    tick(row).checked = true;
    button.form.requestSubmit(button);
  };

  const entry = (words, act) => {
    const one = document.createElement("button");
    one.type = "button";
    one.textContent = words;
    one.addEventListener("click", () => { menu.hidePopover(); act(); });
    return one;
  };

  const fill = (row) => {
    const link = document.createElement("a");
    link.href = name(row).href;
    link.textContent = menu.dataset.open;
    const found = [entry(menu.dataset.look, () => show(row)), link];
    if (edit(row)) { found.push(edit(row).cloneNode(true)); }
    found.at(-1).removeAttribute("aria-labelledby");
    const bar = document.getElementById("bulk")?.querySelectorAll('button[name="action"]:not([value="delete"])') ?? [];
    if (tick(row)) { found.push(...[...bar].map((button) => entry(button.textContent.trim(), () => alone(row, button)))); }
    // Others add what they know to do with a row (see only.js).
    const add = (words, act) => found.push(entry(words, act));
    row.dispatchEvent(new CustomEvent("row:menu", { bubbles: true, detail: { add } }));
    if (remove && !("stays" in row.dataset)) {
      const address = new URL(remove.href);
      address.searchParams.set("id", key(row));
      const leave = document.createElement("a");
      leave.href = address.href;
      leave.textContent = remove.textContent;
      found.push(leave);
    }
    menu.replaceChildren(...found);
  };

  const open = (row, button) => {
    fill(row);
    menu.showPopover();
    const place = button.getBoundingClientRect();
    menu.style.setProperty("inset", "auto");
    menu.style.setProperty("left", `${Math.max(8, Math.min(place.right, innerWidth - 8) - menu.offsetWidth)}px`);
    menu.style.setProperty("top", `${Math.max(8, Math.min(place.bottom, innerHeight - 8 - menu.offsetHeight))}px`);
    menu.firstElementChild.focus();
  };

  rows().forEach((row) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "row-more";
    button.textContent = "⋯";
    button.setAttribute("aria-labelledby", `do-more ${name(row).id}`);
    button.addEventListener("click", () => { last = row; open(row, button); });
    row.lastElementChild.append(" ", button);
  });

  menu.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) { return; }
    event.preventDefault();
    const entries = [...menu.children];
    entries[(entries.indexOf(document.activeElement) + step + entries.length) % entries.length].focus();
  });
  menu.addEventListener("toggle", (event) => {
    if (event.newState === "closed" && last?.isConnected && !look.open) { last.querySelector(".row-more")?.focus(); }
  });
  look.querySelector("button").addEventListener("click", () => look.close());

  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    x: (row) => tick(row)?.click(),
    X: (row) => tick(row)?.dispatchEvent(new MouseEvent("click", { shiftKey: true, bubbles: true, cancelable: true })),
    e: (row) => edit(row)?.click(),
    m: (row) => row.querySelector(".row-more").click(),
    // What is done with the ticked rows stands far below them; with none ticked, this one is meant.
    a: (row) => {
      if (!document.querySelector('input[name="rowid"]:checked')) { tick(row)?.click(); }
      document.querySelector('#bulk button[name="action"]')?.focus();
    },
    " ": (row) => show(row),
  };
  const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) { return; }
    if (look.open || menu.matches(":popover-open") || document.querySelector("dialog[open]")) { return; }
    // Space presses what has the focus, unless that is a row's name.
    if (event.key === " " && !event.target.matches?.('a[id^="n"]')) { return; }
    const key = typedKey(event);
    const act = KEYS[key];
    const row = current();
    if (!act || (!row && key !== "j" && key !== "k")) { return; }
    event.preventDefault();
    act(row);
  }, { signal });
  };

  // Another list took the place of the one that was here.
  let ended = new AbortController();
  start(ended.signal);
  document.addEventListener("list:new", () => {
    ended.abort();
    ended = new AbortController();
    start(ended.signal);
  });
})();
