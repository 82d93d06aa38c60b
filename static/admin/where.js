// Filters are combined without loading the page anew, and a new question asks for its value at once.
(() => {
  "use strict";
  const list = document.getElementById("list");
  // It is pressed for whoever has a script.
  const hide = () => { document.getElementById("where-again").hidden = true; };
  let added = "";
  let before = 0;

  const lines = () => list.querySelectorAll(".where-condition").length;

  list.addEventListener("change", (event) => {
    if (event.target.matches("[data-again]")) {
      event.target.form.requestSubmit(document.getElementById("where-again"));
    }
  });

  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const button = event.detail.requestConfig?.triggeringEvent?.submitter;
    added = button?.value?.startsWith("add.") ? button.id : "";
    before = lines();
  });

  // What was added is what one goes on with; what was wrong is what one mends first.
  document.body.addEventListener("htmx:afterSettle", () => {
    hide();
    const wrong = list.querySelector("[aria-invalid]");
    if (wrong) {
      wrong.focus();
    } else if (added && lines() > before) {
      const group = document.getElementById(added)?.closest("fieldset");
      [...(group?.querySelectorAll(":scope > ul > li > .where-condition [data-again]") ?? [])].at(-1)?.focus();
    } else if (!list.contains(document.activeElement)) {
      document.getElementById("where-show")?.focus();
    }
  });
  hide();

  document.body.addEventListener("htmx:responseError", () => list.querySelector("form").submit());
})();
