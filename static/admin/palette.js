// Ctrl-K: one field over all of the panel. It shows what the page "Search" shows, and goes where that leads.
(() => {
  "use strict";
  const palette = document.getElementById("palette");
  if (!palette) { return; }
  const [field, list, status] = ["input", "[role=listbox]", ".palette-status"].map((one) => palette.querySelector(one));
  const WAIT = 120;
  let asking = null;
  let timer = 0;
  let chosen = -1;
  // Whoever presses Enter before the answer has come means what they typed, not what stands there still.
  let pending = false;
  let hurried = null;

  const entries = () => [...list.querySelectorAll("[role=option]")];

  const choose = (at) => {
    const all = entries();
    chosen = all.length ? (at + all.length) % all.length : -1;
    all.forEach((one, place) => one.setAttribute("aria-selected", String(place === chosen)));
    if (chosen < 0) { field.removeAttribute("aria-activedescendant"); return; }
    field.setAttribute("aria-activedescendant", all[chosen].id);
    all[chosen].scrollIntoView({ block: "nearest" });
  };

  const go = (entry, event) => {
    if (!entry) { return; }
    if (event.ctrlKey || event.metaKey) { window.open(entry.dataset.url, "_blank", "noopener"); return; }
    window.location.assign(entry.dataset.url);
  };

  const drawn = (name) => {
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    picture.setAttribute("class", "icon");
    picture.setAttribute("aria-hidden", "true");
    use.setAttribute("href", `${palette.dataset.sprite}#${name}`);
    picture.append(use);
    return picture;
  };

  const worded = (text, kind) => {
    const made = document.createElement("span");
    made.textContent = text;
    made.dir = "auto";
    made.className = kind;
    return made;
  };

  const option = (entry, at) => {
    const made = document.createElement("div");
    made.className = "palette-entry";
    made.id = `palette-${at}`;
    made.setAttribute("role", "option");
    made.dataset.url = entry.url;
    made.append(drawn(entry.icon), worded(entry.label, ""), worded(entry.hint, "quiet"));
    return made;
  };

  const show = (groups) => {
    let at = 0;
    list.replaceChildren(...groups.map((group, place) => {
      const made = document.createElement("div");
      const head = worded(group.label, "palette-group");
      head.id = `palette-group-${place}`;
      made.setAttribute("role", "group");
      made.setAttribute("aria-labelledby", head.id);
      made.append(head, ...group.entries.map((entry) => option(entry, at++)));
      return made;
    }));
    field.setAttribute("aria-expanded", String(at > 0));
    status.textContent = at ? palette.dataset.found.replace("#", at) : palette.dataset.nothing;
    choose(0);
    pending = false;
    if (hurried) { go(entries()[0], hurried); }
    hurried = null;
  };

  const ask = async () => {
    pending = true;
    asking?.abort();
    asking = new AbortController();
    try {
      const address = `${palette.dataset.source}?${new URLSearchParams({ q: field.value })}`;
      const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: asking.signal });
      if (!answer.ok) { throw new Error(String(answer.status)); }
      show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") { status.textContent = palette.dataset.failed; }
    }
  };

  const open = () => {
    field.value = "";
    palette.showModal();
    ask();
  };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && typedKey(event).toLowerCase() === "k") {
      event.preventDefault();
      palette.open ? palette.close() : open();
    }
  });

  field.addEventListener("input", () => {
    pending = true;
    hurried = null;
    asking?.abort();
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });

  field.addEventListener("keydown", (event) => {
    // While signs are being put together, these keys choose among them.
    if (event.isComposing) { return; }
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) {
      event.preventDefault();
      choose(chosen + move);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (pending) { hurried = event; } else { go(entries()[chosen], event); }
    }
  });

  list.addEventListener("click", (event) => go(event.target.closest("[role=option]"), event));
  palette.addEventListener("click", (event) => { if (event.target === palette) { palette.close(); } });
})();
