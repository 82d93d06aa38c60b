// Fetches the list alone where a link or a form of its own asks for other rows; without scripts the whole page comes.
(() => {
  "use strict";
  const list = document.getElementById("list");
  const said = document.getElementById("list-said");
  if (!list || !window.htmx) { return; }
  const PAUSE = 300;
  const LEAST = 2;
  const FOCUSABLE = 'a[href], button, input:not([type="hidden"]), select, summary';
  // The parts of a list that lead to other rows: what had the focus in one of them has it again afterwards.
  const PARTS = [".views", ".search", ".quick", ".filters", ".columns", ".chips", "thead", ".pager"];
  let before = null;
  let shown = location.pathname + location.search;
  let typed = false;
  let typing = false;
  let restoring = false;
  let timer = 0;

  const search = () => list.querySelector("#search");
  const inside = (part) => [...(list.querySelector(part)?.querySelectorAll(FOCUSABLE) ?? [])];

  const stand = () => {
    const one = document.activeElement;
    const part = list.contains(one) ? PARTS.find((name) => one.closest(name)) : null;
    return part ? { part, at: inside(part).indexOf(one), words: one.textContent } : null;
  };

  const focus = (had, paged) => {
    if (paged) {
      const table = list.querySelector(".grid-place") ?? list;
      table.focus({ preventScroll: true });
      list.scrollIntoView({ block: "start" });
      return;
    }
    // htmx has given the focus back to what has an id.
    if (!had || (list.contains(document.activeElement) && document.activeElement !== list)) { return; }
    const there = inside(had.part);
    const same = there.find((one) => one.textContent === had.words && one.matches("a, button, summary"));
    (same ?? there[Math.min(had.at, there.length - 1)] ?? list).focus({ preventScroll: true });
  };

  const note = (address) => {
    const path = address.pathname + address.search;
    if (!restoring && path !== shown) {
      // Each letter of a search is not a page to go back to.
      history[typing && typed ? "replaceState" : "pushState"]({}, "", path);
    }
    document.querySelectorAll('input[name="url"]').forEach((one) => { if (one.value === shown) { one.value = path; } });
    typed = typing && !restoring;
    shown = path;
  };

  // On a narrow screen the tabs scroll; the open one is in sight.
  const sight = () => list.querySelector(".views [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  sight();

  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target !== list) { return; }
    list.setAttribute("aria-busy", "true");
    before = {
      had: stand(),
      paged: Boolean(event.detail.elt.closest?.(".pager nav")),
      left: event.detail.elt.closest?.("details"),
      asked: search()?.value,
    };
  });

  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target !== list) { return; }
    const answer = event.detail.xhr;
    if (answer.getResponseHeader("X-Part") !== "list") {
      // Neither a list nor a part of one: a sentence about what is wrong with the address, on a page of its own.
      event.detail.shouldSwap = false;
      location.assign(answer.responseURL);
      return;
    }
    const box = search();
    // Somebody may go on typing while the rows are fetched.
    before.text = box && document.activeElement === box && box.value !== before.asked ? box.value : null;
    before.open = [...list.querySelectorAll("details[open]")].filter((one) => one !== before.left).map((one) => one.className);
  });

  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== list) { return; }
    list.removeAttribute("aria-busy");
    note(new URL(event.detail.xhr.responseURL));
    const box = search();
    if (box && before.text !== null && box.value !== before.text) {
      box.value = before.text;
      ask();
    }
    before.open.forEach((name) => list.querySelector(`details.${name.trim().split(/\s+/)[0]}`)?.setAttribute("open", ""));
    typing = false;
    restoring = false;
    document.dispatchEvent(new Event("list:new"));
  });

  // htmx gives the focus back only when it has settled.
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target !== list || !before) { return; }
    sight();
    focus(before.had, before.paged);
    said.textContent = list.querySelector("[data-said]")?.textContent.trim() ?? "";
  });

  document.body.addEventListener("htmx:responseError", (event) => {
    if (event.detail.target === list && !event.detail.xhr.getResponseHeader("HX-Redirect")) {
      location.assign(event.detail.xhr.responseURL);
    }
  });

  document.body.addEventListener("htmx:sendError", (event) => {
    if (event.detail.target !== list) { return; }
    list.removeAttribute("aria-busy");
    restoring = false;
    const message = document.createElement("div");
    message.className = "alert alert-danger";
    message.textContent = list.dataset.failed;
    document.querySelector(".messages")?.replaceChildren(message);
  });

  const ask = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const box = search();
      const text = box?.value.trim() ?? "";
      if (!box || text === box.defaultValue || (text && text.length < LEAST)) { return; }
      typing = true;
      box.form.requestSubmit();
    }, PAUSE);
  };

  list.addEventListener("input", (event) => {
    if (event.target.id === "search" && !event.isComposing) { ask(); }
  });
  list.addEventListener("submit", () => clearTimeout(timer), true);

  addEventListener("popstate", () => {
    if (location.pathname + location.search === shown) { return; }
    restoring = true;
    window.htmx.ajax("GET", location.pathname + location.search, { source: list, target: list, swap: "innerHTML show:none" });
  });
})();
