// The editor of rich text: a document to write in, in the place of the markup, which can always be seen instead.
(() => {
  "use strict";
  const PM = ProseMirror;
  const { commands } = Rich;
  const WAIT = 250;
  const LARGEST = 400_000; // characters; a larger text is shown as its markup first

  class Editor {
    constructor(box) {
      this.box = box;
      this.area = box.querySelector("textarea");
      this.bar = box.querySelector(".rich-bar");
      this.place = box.querySelector(".rich-text");
      this.source = new Rich.Source(JSON.parse(box.dataset.rich));
      this.name();
      this.listen();
      this.bar.hidden = false;
      const begun = document.activeElement === this.area;
      this.show(this.area.value.length < LARGEST);
      if (begun) this.focus();
    }

    focus() {
      (this.view ?? this.area).focus();
    }

    // The written text takes the place, and the names, of the field that it stands for.
    name() {
      this.id = this.area.id;
      this.area.required = false;
      this.label = document.querySelector(`label[for="${this.id}"]`);
      this.label.id ||= `${this.id}-label`;
      this.label.addEventListener("click", () => { if (this.view) this.view.focus(); });
    }

    attributes() {
      const given = { id: this.id, role: "textbox", "aria-multiline": "true", "aria-labelledby": this.label.id, dir: "auto" };
      for (const name of ["aria-describedby", "aria-invalid"]) {
        if (this.area.hasAttribute(name)) given[name] = this.area.getAttribute(name);
      }
      return given;
    }

    listen() {
      this.bar.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (button) this.press(button.dataset.do);
      });
      this.bar.addEventListener("mousedown", (event) => {
        if (event.target.closest("button")) event.preventDefault();
      });
      this.bar.addEventListener("keydown", (event) => this.walk(event));
      this.style = this.bar.querySelector("select");
      this.style.addEventListener("change", () => {
        commands.style(this.style.value)(this.view.state, this.view.dispatch);
        this.view.focus();
      });
      this.area.form.addEventListener("submit", () => this.settle(), true);
      this.ask(this.box.querySelector('dialog[data-ask="link"]'));
      this.pictures = new Rich.Pictures(this, this.box.querySelector('dialog[data-ask="image"]'));
      this.stops().forEach((one, at) => { one.tabIndex = at ? -1 : 0; });
    }

    // One stop for Tab; the arrows walk along the bar.
    stops() {
      return [...this.bar.querySelectorAll("button, select")];
    }

    walk(event) {
      const stops = this.stops().filter((one) => !one.disabled && !one.closest("[hidden]"));
      const rtl = getComputedStyle(this.bar).direction === "rtl";
      const steps = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1 };
      const here = stops.indexOf(event.target);
      let next = null;
      if (event.key in steps) next = stops[(here + steps[event.key] + stops.length) % stops.length];
      if (event.key === "Home") [next] = stops;
      if (event.key === "End") next = stops.at(-1);
      if (!next) return;
      event.preventDefault();
      this.stops().forEach((one) => { one.tabIndex = one === next ? 0 : -1; });
      next.focus();
    }

    show(rich) {
      this.settle();
      this.view?.destroy();
      this.view = null;
      this.area.hidden = rich;
      this.place.hidden = !rich;
      this.area.id = rich ? `${this.id}-source` : this.id;
      if (rich) this.open();
      this.look();
    }

    open() {
      const { schema } = this.source;
      this.held = this.area.value;
      this.view = new PM.EditorView(this.place, {
        attributes: this.attributes(),
        state: PM.EditorState.create({
          doc: this.source.read(this.held),
          plugins: [commands.rules(schema), PM.keymap(commands.keys(schema)), PM.keymap(PM.baseKeymap), PM.history(),
            PM.dropCursor({ class: "rich-drop" }), PM.gapCursor(), commands.tidy],
        }),
        dispatchTransaction: (tr) => {
          this.view.updateState(this.view.state.apply(tr));
          if (tr.docChanged) this.changed();
          this.look();
        },
        handlePaste: (_view, event) => this.pictures.take(event.clipboardData),
        handleDrop: (view, event) => this.pictures.take(event.dataTransfer,
          view.posAtCoords({ left: event.clientX, top: event.clientY })?.pos),
        handleDOMEvents: {
          blur: () => { this.settle(); return false; },
          // It leaves what is open; it does not choose the paragraph, which the next letter would replace.
          keydown: (_view, event) => event.key === "Escape",
        },
        handleClickOn: (_view, _pos, _node, _at, event) => {
          if (event.target.closest("a")) event.preventDefault();
          return false;
        },
      });
    }

    changed() {
      this.waiting = true;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.settle(), WAIT);
    }

    // Puts what was written where the form takes it from.
    settle() {
      clearTimeout(this.timer);
      if (!this.waiting) return;
      this.waiting = false;
      this.area.value = this.source.write(this.view.state.doc);
      this.area.dispatchEvent(new Event("input", { bubbles: true }));
    }

    press(name) {
      if (name === "source") {
        this.show(!this.view);
        this.focus();
      } else if (name === "link") {
        this.begin();
      } else if (name === "image") {
        this.pictures.open();
      } else {
        commands[name].run(this.view.state, this.view.dispatch, this.view);
        this.view.focus();
      }
    }

    look() {
      const state = this.view?.state;
      for (const one of this.bar.querySelectorAll("[data-do]")) {
        const name = one.dataset.do, known = commands[name];
        if (name === "source") one.setAttribute("aria-pressed", String(!state));
        else one.disabled = !state || (known?.run ? !known.run(state) : false);
        if (known?.on) one.setAttribute("aria-pressed", String(Boolean(state) && known.on(state)));
        if (name === "link") one.setAttribute("aria-pressed", String(Boolean(state && commands.link(state))));
      }
      this.bar.querySelector("[data-table]").hidden = !(state && commands.cell(state));
      const name = state?.selection.$from.parent.type.name;
      this.style.disabled = !state;
      this.style.value = [...this.style.options].some((one) => one.value === name) ? name : "p";
    }

    select(place) {
      const { state, dispatch } = this.view;
      dispatch(state.tr.setSelection(PM.Selection.near(state.doc.resolve(place))));
    }

    begin() {
      const dialog = this.box.querySelector('dialog[data-ask="link"]');
      const field = dialog.querySelector("input");
      field.value = commands.link(this.view.state)?.mark.attrs.html?.href || "";
      dialog.showModal();
      field.focus();
    }

    ask(dialog) {
      const field = dialog.querySelector("input");
      const end = (work) => {
        dialog.close();
        if (work) work(this.view.state, this.view.dispatch);
        this.view.focus();
      };
      const take = () => { if (field.reportValidity()) end(commands.setLink(field.value.trim())); };
      dialog.addEventListener("keydown", (event) => {
        event.stopPropagation();
        if (event.key === "Enter" && !event.isComposing && event.target === field) {
          event.preventDefault();
          take();
        }
      });
      dialog.addEventListener("click", (event) => {
        const does = event.target.closest("button")?.value;
        if (does === "take") take();
        if (does === "remove") end(commands.setLink(""));
        if (does === "leave") end(null);
      });
      dialog.addEventListener("cancel", () => this.view.focus());
    }
  }

  const dress = (part) => part.querySelectorAll("[data-rich]").forEach((box) => { box.editor ??= new Editor(box); });
  dress(document);
  document.addEventListener("form:new", (event) => dress(event.target));
})();
