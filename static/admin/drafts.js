// What is typed is kept before it is saved, and whoever else has the same row open is named while it is open.
(() => {
  "use strict";
  const WAIT = 1500, BEAT = 30000;
  const form = document.querySelector("form[data-draft]");
  const others = document.querySelector(".present");
  if (!form) return;

  const note = document.createElement("p");
  note.className = "draft-note";
  form.querySelector(".form-bar.form-end")?.append(note);

  const apart = /-find$|-upload$|^choose-|^(conflict|since|url|whose|csrf_token)$/;
  const settle = () => document.querySelectorAll("[data-rich]").forEach((box) => box.editor?.settle());
  const typed = () => {
    settle();
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string" && !apart.test(name)) body.append(name, value);
    }
    return body;
  };

  const first = typed().toString();
  let kept = first, timer = 0, sending = false, asked = null;

  const about = (act, body = new URLSearchParams()) => {
    body.set("csrf_token", form.querySelector("input[name=csrf_token]").value);
    body.set("_do", act);
    body.set("_row", form.dataset.row);
    return body;
  };

  const say = (present) => {
    const words = present.join("\n");
    if (!others || others.innerText.trim() === words) return;
    others.replaceChildren(...present.map((one) => {
      const line = document.createElement("p");
      line.textContent = one;
      return line;
    }));
  };

  const ask = async (act, body) => {
    asked?.abort();
    asked = new AbortController();
    const options = { method: "POST", body: about(act, body), headers: { Accept: "application/json" }, signal: asked.signal };
    const answer = await fetch(form.dataset.draft, options);
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    say(told.present ?? []);
    return told;
  };

  const keep = async () => {
    clearTimeout(timer);
    const body = typed(), text = body.toString();
    if (sending || text === kept) return;
    // There is one draft: an earlier one is not written over before somebody has decided about it.
    if (document.querySelector("section.draft")) {
      note.textContent = form.dataset.decide;
      return;
    }
    try {
      // What is as it was opened is no draft.
      const told = await ask(text === first && !form.dataset.unsaved ? "drop" : "keep", body);
      kept = text;
      note.textContent = told.kept ?? "";
    } catch (error) {
      if (error.name !== "AbortError") note.textContent = form.dataset.failed;
    }
  };

  const later = () => {
    sending = false;
    clearTimeout(timer);
    timer = setTimeout(keep, WAIT);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("click", (event) => { if (event.target.closest("[data-rich] button")) later(); });

  const beat = async () => {
    if (document.hidden || sending || !form.dataset.row) return;
    try { await ask("stay"); } catch { /* The next turn will do. */ }
  };
  if (form.dataset.row) {
    beat();
    setInterval(beat, BEAT);
  }

  form.addEventListener("submit", () => {
    sending = true;
    clearTimeout(timer);
    asked?.abort();
  });

  addEventListener("pagehide", () => {
    if (sending) return;
    clearTimeout(timer);
    const body = typed();
    if (body.toString() !== kept && !document.querySelector("section.draft")) navigator.sendBeacon(form.dataset.draft, about("keep", body));
    else if (form.dataset.row) navigator.sendBeacon(form.dataset.draft, about("leave"));
  });
})();
