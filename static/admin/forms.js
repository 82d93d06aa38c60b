// Comfort for those with JavaScript: the rows of a relation are found while one types.
(() => {
  "use strict";
  const WAIT = 200;
  const told = document.getElementById("picker-words")?.dataset;

  class Picker {
    constructor(box) {
      this.box = box;
      this.name = box.dataset.name;
      this.many = box.dataset.picker === "many";
      this.input = box.querySelector(".picker-find input");
      this.status = box.querySelector(".picker-status");
      this.chosen = box.querySelector(".picker-options");
      this.found = [];
      this.active = -1;
      this.asked = 0;
      this.makes = box.querySelector(".picker-new");
      if (this.makes) this.makes.hidden = true;
      this.dress();
      this.listen();
    }

    dress() {
      this.list = document.createElement("ul");
      this.list.id = `${this.box.id}-list`;
      this.list.className = "picker-list";
      this.list.setAttribute("role", "listbox");
      this.list.setAttribute("aria-label", this.box.querySelector("legend").textContent.trim());
      this.list.hidden = true;
      this.input.closest(".picker-find").append(this.list);
      const said = { role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list",
        "aria-controls": this.list.id };
      Object.entries(said).forEach(([name, value]) => this.input.setAttribute(name, value));
    }

    // Names that nobody found are made with the form; typing them in a field of their own is for those without scripts.
    offer(found) {
      const words = this.input.value.trim().replace(/\s+/g, " ");
      const there = found.some((one) => one.text.toLowerCase() === words.toLowerCase());
      return this.makes && words && !there ? [...found, { make: words, text: told.make.replace("#", words) }] : found;
    }

    listen() {
      if (!this.many) {
        this.box.addEventListener("change", (event) => {
          if (event.target.type !== "radio") return;
          this.chosen.querySelectorAll("input[type=checkbox]").forEach((one) => { one.checked = false; });
        });
      }
      this.input.addEventListener("input", () => {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.search(), WAIT);
      });
      this.input.addEventListener("keydown", (event) => this.press(event));
      this.input.addEventListener("click", () => { if (this.list.hidden) this.search(); });
      this.input.addEventListener("blur", () => this.close());
      this.list.addEventListener("mousedown", (event) => event.preventDefault());
      this.list.addEventListener("click", (event) => {
        const option = event.target.closest('[role="option"]');
        if (option) this.choose([...this.list.children].indexOf(option));
      });
      this.box.addEventListener("picker:made", (event) => {
        this.found = [event.detail];
        this.choose(0);
      });
      this.box.querySelector(".picker-find button").addEventListener("click", (event) => {
        event.preventDefault();
        this.input.focus();
        this.search();
      });
    }

    async search() {
      const turn = ++this.asked;
      try {
        const address = `${this.box.dataset.lookup}&query=${encodeURIComponent(this.input.value.trim())}`;
        const answer = await fetch(address, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(String(answer.status));
        const found = await answer.json();
        if (turn === this.asked) this.show(found);
      } catch {
        if (turn === this.asked) this.say(told.failed);
      }
    }

    show(found) {
      const held = new Set([...this.chosen.querySelectorAll("input:checked")].map((one) => one.value));
      this.found = this.offer(found.filter((one) => !held.has(String(one.id))));
      this.active = -1;
      this.input.removeAttribute("aria-activedescendant");
      this.list.replaceChildren(...this.found.map((one, at) => {
        const option = document.createElement("li");
        option.id = `${this.list.id}-${at}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.textContent = one.text;
        return option;
      }));
      this.list.hidden = this.found.length === 0;
      this.input.setAttribute("aria-expanded", String(!this.list.hidden));
      this.say(this.list.hidden ? told.nothing : told.found.replace("#", this.found.length));
    }

    press(event) {
      // Together with Ctrl it saves (save.js).
      if (event.ctrlKey || event.metaKey || event.isComposing) return;
      if (event.key === "Enter") {
        event.preventDefault();
        if (this.active >= 0) this.choose(this.active); else this.search();
      } else if (event.key === "Escape" && !this.list.hidden) {
        event.preventDefault();
        this.close();
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (this.list.hidden) this.search(); else this.move(event.key === "ArrowDown" ? 1 : -1);
      }
    }

    move(step) {
      const count = this.list.children.length;
      if (this.active >= 0) this.list.children[this.active].setAttribute("aria-selected", "false");
      this.active = this.active < 0 && step < 0 ? count - 1 : (this.active + step + count) % count;
      const option = this.list.children[this.active];
      option.setAttribute("aria-selected", "true");
      option.scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", option.id);
    }

    choose(at) {
      const one = this.found[at];
      this.entry(one).checked = true;
      this.input.value = "";
      this.close();
      this.say(`${told.chosen} ${one.text}${one.said ? ` – ${one.said}` : ""}`);
      this.box.dispatchEvent(new Event("change", { bubbles: true }));
    }

    entry(one) {
      if (one.make) return this.line("checkbox", `${this.name}-made`, one.make, told.new.replace("#", one.make));
      const there = [...this.chosen.querySelectorAll("input")].find((input) => input.value === String(one.id));
      return there || this.line(this.many ? "checkbox" : "radio", this.name, String(one.id), one.text);
    }

    line(type, name, value, text) {
      const line = document.createElement("li");
      const label = document.createElement("label");
      const input = document.createElement("input");
      const words = document.createElement("span");
      Object.assign(input, { type, name, value });
      words.textContent = text;
      label.append(input, " ", words);
      line.append(label);
      this.chosen.append(line);
      return input;
    }

    close() {
      this.list.hidden = true;
      this.active = -1;
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
    }

    say(words) {
      this.status.textContent = words;
    }
  }

  // Where no spaces stand between words, each sign counts as one.
  const SIGN = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}ー";
  const WORD = new RegExp(`[${SIGN}]|[^\\s\\u3000-\\u303f\\uff00-\\uff20${SIGN}]+`, "gu");

  // Where a text has a limit, how much of it is used is said when it runs short; else how many words there are.
  const count = (field) => {
    const note = document.createElement("p");
    note.className = "form-count";
    const tell = () => {
      const length = [...field.value].length, most = field.maxLength;
      const words = field.value.replace(/<[^>]*>/g, " ").match(WORD)?.length;
      if (most > 0) note.textContent = length > most * 0.7 ? told.length.replace("#", length).replace("@", most) : "";
      else note.textContent = words ? told.words.replace("#", words) : "";
    };
    if (field.maxLength > 0) note.setAttribute("aria-live", "polite");
    field.addEventListener("input", tell);
    (field.closest(".rich") ?? field).after(note);
    tell();
  };

  // An address that is left empty follows from another field: what it will be is seen while that is typed.
  const follow = (field) => {
    const from = document.getElementById(field.dataset.from);
    if (!from) return;
    const tell = () => {
      field.placeholder = from.value.normalize("NFKC").toLowerCase()
        .replace(/['\u2019\u02bc\u0640\u064b-\u0652\u0670]/g, "")
        .replace(/[^\p{L}\p{N}\p{M}]+/gu, "-").replace(/(^|-)\p{M}+/gu, "-").replace(/-+/g, "-").replace(/^-|-$/g, "");
    };
    from.addEventListener("input", tell);
    tell();
  };

  const dress = (part) => {
    part.querySelectorAll("[data-picker]").forEach((box) => new Picker(box));
    if (told) part.querySelectorAll(".row-form :is(textarea, input[maxlength]).counted").forEach(count);
    part.querySelectorAll("[data-from]").forEach(follow);
  };
  dress(document);
  // A form that came later (inner.js).
  document.addEventListener("form:new", (event) => dress(event.target.parentElement));
  const first = document.querySelector(".row-form[data-new] .form-group :is(input:not([type=hidden]), select, textarea):not(.rich-bar *)");
  (document.querySelector(".form-summary") ?? first)?.focus();
})();
