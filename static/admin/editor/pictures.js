// Pictures in a text: sent from this device, found among those that are stored, or named by their address.
(() => {
  "use strict";
  const WAIT = 200;
  const PREVIEWED = 5_000_000; // bytes; larger files are named, not drawn, before they are sent

  const pictures = (transfer) => [...(transfer?.files ?? [])].filter((one) => one.type.startsWith("image/"));
  // A copied piece of a page brings its pictures along as markup; only a picture by itself is sent.
  const alone = (transfer) => {
    const page = new DOMParser().parseFromString(transfer.getData("text/html"), "text/html");
    return !page.body.textContent.trim();
  };

  class Pictures {
    constructor(editor, dialog) {
      const part = (name) => dialog.querySelector(`[data-part="${name}"]`);
      Object.assign(this, { editor, dialog, told: dialog.dataset, waiting: [], file: null, found: [], active: -1 });
      for (const name of ["chosen", "find", "list", "src", "alt", "plain", "preview", "progress", "status"]) {
        this[name] = part(name);
      }
      this.alert = dialog.querySelector("[role=alert]");
      this.listen();
    }

    listen() {
      this.chosen?.addEventListener("change", () => { if (this.chosen.files.length) this.hold(this.chosen.files[0]); });
      this.src.addEventListener("input", () => { this.forget(); this.draw(this.src.value.trim()); });
      this.dialog.addEventListener("keydown", (event) => this.press(event));
      this.dialog.addEventListener("click", (event) => {
        const does = event.target.closest("button")?.value;
        if (does === "take") this.put();
        if (does === "leave") this.dialog.close();
      });
      this.dialog.addEventListener("close", () => {
        this.sending?.abort();
        this.editor.view?.focus();
      });
      if (!this.find) return;
      this.find.addEventListener("input", () => {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.search(), WAIT);
      });
      this.find.addEventListener("blur", () => this.fold());
      this.list.addEventListener("mousedown", (event) => event.preventDefault());
      this.list.addEventListener("click", (event) => {
        const option = event.target.closest("[role=option]");
        if (option) this.choose([...this.list.children].indexOf(option));
      });
    }

    // Pictures that were pasted or dropped are asked about one after another.
    take(transfer, place = null) {
      const files = this.chosen ? pictures(transfer) : [];
      if (!files.length || !alone(transfer)) return false;
      if (place !== null) this.editor.select(place);
      this.waiting = files;
      this.open(this.waiting.shift());
      return true;
    }

    open(file = null) {
      const { node } = this.editor.view.state.selection;
      this.kept = !file && node?.type.name === "img" ? node.attrs.html : null;
      this.src.value = this.kept?.src || "";
      this.alt.value = this.kept?.alt || "";
      this.plain.checked = Boolean(this.kept) && !this.kept.alt;
      if (this.find) this.find.value = "";
      this.forget();
      this.say("");
      this.status.textContent = "";
      this.draw(this.src.value);
      this.dialog.showModal();
      if (file) this.hold(file);
      else (this.chosen ?? this.find ?? this.src).focus();
    }

    forget() {
      this.file = null;
      if (this.chosen) this.chosen.value = "";
    }

    hold(file) {
      this.file = file;
      this.src.value = "";
      this.say("");
      this.status.textContent = this.told.held.replace("#", file.name);
      this.draw("");
      if (file.size < PREVIEWED) {
        const reader = new FileReader();
        reader.addEventListener("load", () => { if (this.file === file) this.draw(reader.result); });
        reader.readAsDataURL(file);
      }
      this.alt.focus();
    }

    draw(address) {
      const here = /^(data:|\/(?!\/))/.test(address) || address.startsWith(`${location.origin}/`);
      this.preview.hidden = !here;
      if (here) this.preview.src = address; else this.preview.removeAttribute("src");
    }

    say(words) {
      this.alert.textContent = words;
    }

    press(event) {
      event.stopPropagation();
      if (event.isComposing) return;
      const open = this.find && !this.list.hidden;
      if (event.target === this.find && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
        event.preventDefault();
        if (open) this.move(event.key === "ArrowDown" ? 1 : -1); else this.search();
      } else if (event.key === "Escape" && open) {
        event.preventDefault();
        this.fold();
      } else if (event.key === "Enter" && event.target.matches("input:not([type=file])")) {
        event.preventDefault();
        if (event.target !== this.find) this.put();
        else if (this.active >= 0) this.choose(this.active);
        else this.search();
      }
    }

    async search() {
      const turn = this.turn = (this.turn ?? 0) + 1;
      try {
        const address = `${this.told.shelf}?query=${encodeURIComponent(this.find.value.trim())}`;
        const answer = await fetch(address, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(String(answer.status));
        const found = await answer.json();
        if (turn === this.turn) this.show(found);
      } catch {
        if (turn === this.turn) this.status.textContent = this.told.unfound;
      }
    }

    show(found) {
      this.found = found;
      this.active = -1;
      this.find.removeAttribute("aria-activedescendant");
      this.list.replaceChildren(...found.map((one, at) => {
        const option = document.createElement("li"), image = document.createElement("img");
        Object.assign(option, { id: `${this.list.id}-${at}` });
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        Object.assign(image, { src: one.small, alt: "", loading: "lazy" });
        option.append(image, one.text);
        return option;
      }));
      this.list.hidden = !found.length;
      this.find.setAttribute("aria-expanded", String(found.length > 0));
      this.status.textContent = found.length ? this.told.found.replace("#", found.length) : this.told.nothing;
    }

    fold() {
      this.list.hidden = true;
      this.active = -1;
      this.find.setAttribute("aria-expanded", "false");
      this.find.removeAttribute("aria-activedescendant");
    }

    move(step) {
      const options = [...this.list.children];
      options[this.active]?.setAttribute("aria-selected", "false");
      this.active = this.active < 0 && step < 0 ? options.length - 1 : (this.active + step + options.length) % options.length;
      options[this.active].setAttribute("aria-selected", "true");
      options[this.active].scrollIntoView({ block: "nearest" });
      this.find.setAttribute("aria-activedescendant", options[this.active].id);
    }

    choose(at) {
      const one = this.found[at];
      this.forget();
      this.src.value = one.src;
      this.alt.value = one.alt;
      this.plain.checked = false;
      this.find.value = one.text;
      this.fold();
      this.draw(one.src);
      this.status.textContent = this.told.held.replace("#", one.text);
      this.alt.focus();
    }

    async put() {
      const alt = this.alt.value.trim(), src = this.src.value.trim();
      if (this.sending) return;
      if (!src && !this.file) {
        this.say(this.told.none);
        (this.chosen ?? this.src).focus();
      } else if (!alt && !this.plain.checked) {
        this.say(this.told.wordless);
        this.alt.focus();
      } else {
        await this.finish(src, alt);
      }
    }

    async finish(given, alt) {
      this.say("");
      try {
        const { src } = this.file ? await this.send(alt) : { src: given };
        const same = src === this.kept?.src;
        const { width, height, ...kept } = this.kept ?? {};
        const size = same ? { ...(width && { width }), ...(height && { height }) } : await this.measure(src);
        const { view } = this.editor;
        Rich.commands.image({ ...kept, src, alt, ...size })(view.state, view.dispatch);
        this.dialog.close();
        if (this.waiting.length) this.open(this.waiting.shift());
      } catch (error) {
        if (error.message) this.say(error.message);
      }
    }

    // How large it is drawn before it has come is told by its own size.
    measure(src) {
      if (!src.startsWith("/") || src.startsWith("//")) return {};
      return new Promise((settle) => {
        const image = new Image();
        image.addEventListener("load", () => settle({ width: String(image.naturalWidth), height: String(image.naturalHeight) }));
        image.addEventListener("error", () => settle({}));
        image.src = src;
      });
    }

    send(alt) {
      const body = new FormData();
      body.set("file", this.file);
      body.set("alt", alt);
      body.set("csrf_token", this.editor.area.form.querySelector("input[name=csrf_token]").value);
      const request = this.sending = new XMLHttpRequest();
      const done = () => {
        this.sending = null;
        this.progress.hidden = true;
        this.status.textContent = "";
      };
      this.progress.value = 0;
      this.progress.hidden = false;
      this.status.textContent = this.told.sending;
      return new Promise((settle, fail) => {
        request.upload.addEventListener("progress", (event) => {
          if (event.lengthComputable) this.progress.value = (100 * event.loaded) / event.total;
        });
        request.addEventListener("load", () => {
          done();
          if (request.status === 201) settle(request.response);
          else fail(new Error(this.refusal(request)));
        });
        request.addEventListener("error", () => { done(); fail(new Error(this.told.failed)); });
        request.addEventListener("abort", () => { done(); fail(new Error("")); });
        request.open("POST", this.told.shelf);
        request.responseType = "json";
        request.setRequestHeader("Accept", "application/json");
        request.send(body);
      });
    }

    refusal({ status, response }) {
      if (status === 401) return this.told.away;
      return response?.problem || response?.detail || this.told.failed;
    }
  }

  window.Rich.Pictures = Pictures;
})();
