// A row that is made while another is written: its form opens over that one, and leaves all that was typed there alone.
(() => {
  "use strict";
  const dialog = document.getElementById("inner");
  if (!dialog) return;
  const place = dialog.querySelector(".inner-place");
  const problem = dialog.querySelector(".form-again");
  const FIELDS = ".form-group :is(input:not([type=hidden]), select, textarea):not(.rich-bar *)";
  // What points to another part of the form points to this one's.
  const POINTERS = ["id", "for", "aria-labelledby", "aria-describedby", "aria-controls", "list", "data-from"];
  let box = null, before = "", sending = false, sure = false;

  const form = () => place.querySelector("form");
  const editors = () => [...place.querySelectorAll("[data-rich]")].map((box) => box.editor);
  const values = () => (form() ? JSON.stringify([...new FormData(form())].map(([name, value]) => [name, value.name ?? value])) : "");
  const typed = () => {
    editors().forEach((one) => one.settle());
    return values();
  };
  const say = (words) => { problem.textContent = words; };

  const own = (part) => {
    POINTERS.forEach((name) => part.querySelectorAll(`[${name}]`).forEach((one) => {
      one.setAttribute(name, one.getAttribute(name).split(/\s+/).filter(Boolean).map((word) => `inner-${word}`).join(" "));
    }));
    part.querySelectorAll('a[href^="#"]').forEach((one) => one.setAttribute("href", `#inner-${one.hash.slice(1)}`));
    // One over another is enough.
    part.querySelectorAll(".picker-make").forEach((one) => one.remove());
    return part;
  };

  // What the form needs, such as the editor, and the page below did without.
  const bring = async (page) => {
    for (const { localName, src, href } of page.querySelectorAll("link[rel=stylesheet], script[src]")) {
      const here = [...document.querySelectorAll(localName)].some((one) => (src ? one.src === src : one.href === href));
      if (here) continue;
      const needed = Object.assign(document.createElement(localName), src ? { src } : { rel: "stylesheet", href });
      const there = new Promise((settle, fail) => { Object.assign(needed, { onload: settle, onerror: fail }); });
      document.head.append(needed);
      await there;
    }
  };

  const show = async (page) => {
    const part = page.querySelector(".inner-form");
    if (!part) return false;
    await bring(page);
    editors().forEach((one) => one.view?.destroy());
    place.replaceChildren(own(document.importNode(part, true)));
    form().dispatchEvent(new Event("form:new", { bubbles: true }));
    return true;
  };

  const asking = async (address, options) => {
    const answer = await fetch(address, { credentials: "same-origin", headers: { "HX-Request": "true" }, ...options });
    return { answer, page: () => answer.text().then((text) => new DOMParser().parseFromString(text, "text/html")) };
  };

  const close = () => {
    if (!sure && typed() !== before && !window.confirm(dialog.dataset.ask)) return;
    dialog.close();
  };

  const open = async (button) => {
    box = button.closest("[data-picker]");
    const { answer, page } = await asking(button.dataset.new);
    if (!answer.ok || !(await show(await page()))) return false;
    say("");
    sure = false;
    before = typed();
    dialog.showModal();
    const first = place.querySelector(FIELDS);
    (first?.closest("[data-rich]")?.editor ?? first)?.focus();
    return true;
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".picker-make[data-new]");
    if (!button || sure === button) return;
    event.preventDefault();
    if (button.ariaBusy === "true") return;
    button.ariaBusy = "true";
    const there = await open(button).catch(() => false);
    button.ariaBusy = null;
    if (there) return;
    // The page of its own does it as well.
    sure = button;
    button.click();
    sure = false;
  });

  const send = async () => {
    const { answer, page } = await asking(form().action, { method: "POST", body: new FormData(form()) });
    if (answer.status === 201) {
      const made = await answer.json();
      sure = true;
      dialog.close();
      box.dispatchEvent(new CustomEvent("picker:made", { detail: made }));
    } else if (answer.status !== 422 || !(await show(await page()))) {
      say(dialog.dataset.failed);
    } else {
      place.querySelector(".form-summary")?.focus();
    }
  };

  place.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (sending) return;
    sending = true;
    say("");
    await send().catch(() => say(dialog.dataset.failed));
    sending = false;
  });
  place.addEventListener("click", (event) => {
    if (event.target.closest("[data-leave]")) close();
    const link = event.target.closest('a[href^="#"]');
    if (!link) return;
    // The address stays that of the form below.
    event.preventDefault();
    document.getElementById(link.hash.slice(1))?.focus();
  });
  dialog.addEventListener("keydown", (event) => {
    // Either way of saving saves what stands on top; there is only one way on from it.
    if (["enter", "s"].includes(event.key.toLowerCase()) && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!event.repeat) form()?.requestSubmit();
    }
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    close();
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  dialog.addEventListener("close", () => {
    editors().forEach((one) => one.view?.destroy());
    place.replaceChildren();
    (box?.querySelector(".picker-make") ?? box)?.focus();
  });
})();
