// Comfort for those with JavaScript: tick a range or all, choose a page's size at once, change a cell where it stands.
(() => {
  "use strict";
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

  // A cell as it stands on another page of this grid takes the place of the one here.
  const swap = async (cell, address, options) => {
    const answer = await fetch(address, { credentials: "same-origin", ...options });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector(`[data-cell="${CSS.escape(cell.dataset.cell)}"]`);
    if (!fresh) {
      window.location.assign(answer.url);
      return;
    }
    const said = document.importNode(page.querySelector(".messages"), true);
    document.querySelector(".messages").replaceChildren(...said.children);
    const placed = document.importNode(fresh, true);
    cell.replaceWith(placed);
    const typed = placed.querySelector("form input:not([type=hidden]), form select, form textarea, .cell-open");
    if (typed) { typed.focus(); }
  };

  const table = document.querySelector("table.grid");
  if (!table) { return; }

  table.addEventListener("click", (event) => {
    const link = event.target.closest(".cell-open, .cell-leave");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      swap(link.closest("td"), link.href);
    }
  });

  table.addEventListener("dblclick", (event) => {
    const link = event.target.closest(".cell-editable")?.querySelector(".cell-open");
    if (link) { swap(link.closest("td"), link.href); }
  });

  table.addEventListener("keydown", (event) => {
    const leave = event.key === "Escape" && event.target.closest(".cell-form")?.querySelector(".cell-leave");
    if (leave) {
      event.preventDefault();
      leave.click();
    }
  });

  table.addEventListener("submit", (event) => {
    if (!event.target.matches(".cell-form")) { return; }
    event.preventDefault();
    const body = new URLSearchParams(new FormData(event.target, event.submitter));
    swap(event.target.closest("td"), event.target.action, { method: "POST", body });
  });
})();
