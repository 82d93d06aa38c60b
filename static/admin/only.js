// Narrows a list to one value: from a small menu for each column, or by a button in the cell that holds it.
(() => {
  "use strict";
  const list = document.getElementById("list");
  if (!list || !window.htmx || !HTMLElement.prototype.showPopover) { return; }
  const PAUSE = 200;
  const COARSE = matchMedia("(hover: none)");
  let opener = null;
  let asked = 0;
  let timer = 0;

  const menu = () => list.querySelector("#only");
  const entries = () => [...menu().querySelectorAll("#only-find, .only-values a")];

  const place = () => {
    const at = opener.getBoundingClientRect();
    const box = menu();
    const start = getComputedStyle(opener).direction === "rtl" ? at.right - box.offsetWidth : at.left;
    box.style.setProperty("inset", "auto");
    box.style.setProperty("left", `${Math.max(8, Math.min(start, innerWidth - 8 - box.offsetWidth))}px`);
    box.style.setProperty("top", `${at.bottom + 4}px`);
    box.style.setProperty("max-height", `${Math.max(160, innerHeight - at.bottom - 16)}px`);
  };

  // What the page of the values would show, without the page.
  const read = async (address) => {
    const answer = await fetch(address, { credentials: "same-origin", headers: { "HX-Request": "true" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return answer.ok ? page.querySelector(".only-box") : null;
  };

  const fill = (box) => {
    box.querySelectorAll(".only-leave, button").forEach((one) => one.remove());
    menu().replaceChildren(document.importNode(box, true));
    window.htmx.process(menu());
  };

  const open = async (link) => {
    const turn = ++asked;
    link.setAttribute("aria-busy", "true");
    const box = await read(link.href).catch(() => null);
    link.removeAttribute("aria-busy");
    if (turn !== asked || !link.isConnected) { return; }
    if (!box) {
      window.location.assign(link.href);
      return;
    }
    opener = link;
    fill(box);
    menu().setAttribute("aria-label", link.textContent.trim());
    menu().setAttribute("role", "dialog");
    menu().showPopover();
    link.setAttribute("aria-expanded", "true");
    place();
    // On a screen that is touched, a field in focus would bring up the keys over half of it.
    (entries().find((one) => one.matches(COARSE.matches ? "a" : "*")) ?? menu()).focus();
  };

  const find = async (box) => {
    const turn = ++asked;
    const address = `${box.form.action}?${new URLSearchParams(new FormData(box.form))}`;
    const found = await read(address).catch(() => null);
    if (turn !== asked || !menu()?.matches(":popover-open")) { return; }
    const status = menu().querySelector('[role="status"]');
    if (!found) {
      status.textContent = menu().dataset.failed;
      return;
    }
    menu().querySelector(".only-values").replaceWith(document.importNode(found.querySelector(".only-values"), true));
    status.textContent = found.querySelector('[role="status"]').textContent;
    window.htmx.process(menu());
  };

  list.addEventListener("click", (event) => {
    const link = event.target.closest(".quick a[data-only]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) { return; }
    event.preventDefault();
    open(link);
  });

  // Before anything is asked for: what had the focus before has it again, and then in the new list.
  list.addEventListener("click", (event) => {
    if (event.target.closest("#only .only-values a")) { menu().hidePopover(); }
  }, true);

  list.addEventListener("input", (event) => {
    if (event.target.id !== "only-find" || event.isComposing) { return; }
    clearTimeout(timer);
    timer = setTimeout(() => find(event.target), PAUSE);
  });

  list.addEventListener("submit", (event) => {
    if (!event.target.matches("#only .only-find")) { return; }
    // Enter takes the first that was found.
    event.preventDefault();
    clearTimeout(timer);
    find(event.target.elements["only-find"]).then(() => menu()?.querySelector(".only-values a")?.click());
  });

  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.closest("#only")) { return; }
    event.preventDefault();
    const all = entries();
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
  });

  list.addEventListener("toggle", (event) => {
    if (event.target.id !== "only" || event.newState !== "closed") { return; }
    asked += 1;
    opener?.removeAttribute("aria-expanded");
  }, true);

  // The value of a cell as an address says it, and in words; none where the list is narrowed to it already.
  const held = (cell) => {
    const found = stands(cell);
    return found && new URLSearchParams(window.location.search).get(found.name) !== found.value ? found : null;
  };

  const stands = (cell) => {
    const heads = [...cell.closest("table").tHead.rows[0].cells];
    const name = heads[cell.cellIndex]?.dataset.only;
    const links = [...cell.querySelectorAll('a[href*="details/?id="]')];
    const choice = cell.querySelector(".choice");
    const flag = cell.querySelector(".flag");
    if (!name) { return null; }
    if (links.length === 1) { return { name, value: links[0].href.split("id=")[1], words: links[0].textContent }; }
    const known = choice ? [...choice.classList].find((one) => one.startsWith("choice-")).slice("choice-".length) : null;
    if (choice) { return { name, value: known, words: choice.textContent }; }
    return flag ? { name, value: flag.matches(".flag-yes") ? "yes" : "no", words: flag.textContent.trim() } : null;
  };

  const narrowed = ({ name, value }) => {
    const address = new URL(window.location.href);
    const given = [...address.searchParams.keys()].filter((key) => key === name || key.startsWith(`${name}__`));
    [...given, "page", "after", "before", "last", "at", "count", "cell"].forEach((key) => address.searchParams.delete(key));
    address.searchParams.set(name, value);
    return address.pathname + address.search;
  };

  const said = (found) => menu().dataset.words.replace("#", found.words);
  const go = (found) => {
    list.querySelector(`.quick a[data-only="${CSS.escape(found.name)}"]`)?.focus({ preventScroll: true });
    window.htmx.ajax("GET", narrowed(found), { source: list, target: list, swap: "innerHTML show:none" });
  };

  // What the menu of a row offers for each of its values (see rows.js).
  list.addEventListener("row:menu", (event) => {
    [...event.target.cells].map(held).filter(Boolean).forEach((found) => event.detail.add(said(found), () => go(found)));
  });

  // One button for all cells: it stands in the one that is pointed at.
  let value = null;
  list.addEventListener("click", (event) => {
    if (event.target.closest("#only-this") && value) { go(value); }
  });
  list.addEventListener("pointerover", (event) => {
    const cell = event.pointerType === "mouse" && event.target.closest?.(".grid tbody td");
    const button = list.querySelector("#only-this");
    if (!cell || !button || cell.contains(button)) { return; }
    value = held(cell);
    button.hidden = !value;
    if (!value) { return; }
    button.title = said(value);
    button.setAttribute("aria-label", button.title);
    cell.append(button);
  });
})();
