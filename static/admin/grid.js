// Comfort for those with JavaScript: tick a range or all, choose a page's size at once, change a cell where it stands.
(() => {
  "use strict";
  const start = () => {
  const boxes = [...document.querySelectorAll('input[name="rowid"]')];
  const all = document.getElementById("tick-all");
  const matching = document.querySelector('#bulk input[name="token"]');
  let last = null;

  const tell = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  };

  if (all) {
    all.parentElement.hidden = false;
    all.addEventListener("change", () => boxes.forEach((box) => { box.checked = all.checked; }));
    boxes.forEach((box, at) => box.addEventListener("click", (event) => {
      if (event.shiftKey && last !== null) {
        boxes.slice(Math.min(last, at), Math.max(last, at) + 1).forEach((one) => { one.checked = box.checked; });
      }
      last = at;
      tell();
    }));
    tell();
  }

  // "All that match" means more than what is ticked, so the ticks are out of play meanwhile.
  if (matching) {
    const settle = () => [...boxes, all].forEach((box) => { box.disabled = matching.checked; });
    matching.addEventListener("change", settle);
    settle();
  }

  const size = document.getElementById("page_size");
  if (size) {
    size.form.querySelector("button").hidden = true;
    size.addEventListener("change", () => size.form.requestSubmit());
  }

  // The cell of a row and a column ("12:title"), closed or open.
  const find = (page, name) => {
    const open = page.querySelector(`td[data-cell="${CSS.escape(name)}"]`);
    return open || page.querySelector(`button[name="cell"][value="${CSS.escape(name)}"]`)?.closest("td");
  };

  // A cell as it stands on another page of this grid takes the place of the one here.
  const swap = async (cell, name, address, options) => {
    const answer = await fetch(address, { credentials: "same-origin", ...options });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = find(page, name);
    if (!fresh) {
      window.location.assign(answer.url);
      return;
    }
    const said = document.importNode(page.querySelector(".messages"), true);
    document.querySelector(".messages").replaceChildren(...said.children);
    const placed = document.importNode(fresh, true);
    cell.replaceWith(placed);
    const typed = placed.querySelector("form input:not([type=hidden]), form select, form textarea, button[name=cell]");
    if (typed) { typed.focus(); }
  };

  const table = document.querySelector("table.grid");
  if (!table) { return; }

  // Where the button of a cell would lead: to the same page with this cell as a form.
  const opened = (button) => `${button.form.action.split("#")[0]}?${new URLSearchParams(new FormData(button.form, button))}`;

  table.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) { return; }
    const button = event.target.closest('button[name="cell"]');
    const leave = event.target.closest(".cell-leave");
    if (button) {
      event.preventDefault();
      swap(button.closest("td"), button.value, opened(button));
    } else if (leave) {
      event.preventDefault();
      swap(leave.closest("td"), leave.closest("td").dataset.cell, leave.href);
    }
  });

  table.addEventListener("dblclick", (event) => {
    const button = event.target.closest("td")?.querySelector('button[name="cell"]');
    if (button) { swap(button.closest("td"), button.value, opened(button)); }
  });

  table.addEventListener("keydown", (event) => {
    const leave = event.key === "Escape" && !event.isComposing && event.target.closest(".cell-form")?.querySelector(".cell-leave");
    if (leave) {
      event.preventDefault();
      leave.click();
    }
  });

  table.addEventListener("submit", (event) => {
    if (!event.target.matches(".cell-form")) { return; }
    event.preventDefault();
    const body = new URLSearchParams(new FormData(event.target, event.submitter));
    const cell = event.target.closest("td");
    swap(cell, cell.dataset.cell, event.target.action, { method: "POST", body });
  });

  // The moment itself, for whom the words on their own clock are too coarse.
  table.addEventListener("pointerover", (event) => {
    const time = event.target.closest("time");
    if (time && !time.title) { time.title = time.dateTime.replace("T", " ").replace("Z", " UTC"); }
  });
  };

  // Another list took the place of the one that was here.
  start();
  document.addEventListener("list:new", start);
})();
