// Comfort for those with JavaScript: whoever fills a field in means to set it, and one that stays as it is is not shown.
(() => {
  "use strict";
  const form = document.querySelector(".change-form");
  if (!form) { return; }

  form.querySelectorAll("select[data-sets]").forEach((ways) => {
    const field = document.getElementById(ways.dataset.sets);
    const line = ways.closest(".change-line");
    const place = [...line.children].filter((one) => one !== ways && one.contains(field));
    const settle = () => place.forEach((one) => { one.hidden = ways.value !== "set"; });
    ways.addEventListener("change", () => {
      settle();
      if (ways.value === "set") {
        (field.matches("fieldset") ? field.querySelector(".picker-find input") : field).focus();
      }
    });
    line.addEventListener("input", (event) => {
      if (event.target !== ways && ways.value === "") { ways.value = "set"; }
    });
    settle();
  });
})();
