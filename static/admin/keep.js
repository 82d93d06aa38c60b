// What was typed in a form is not lost: leaving asks first, and whoever was signed out meanwhile signs in where they are.
(() => {
  "use strict";
  const form = document.querySelector("form[data-keep]");
  const dialog = document.getElementById("again");
  if (!form || !dialog) return;
  const login = dialog.dataset.login;
  let leaving = false, sure = false;

  const settle = () => document.querySelectorAll("[data-rich]").forEach((box) => box.editor?.settle());

  // What one looks for is not what one types.
  const typed = () => [...new FormData(form)]
    .filter(([name]) => !name.endsWith("-find") && name !== "csrf_token")
    .map(([name, value]) => `${name}=${value.name ?? value.replace(/\r\n?/g, "\n")}`).join("\n");
  const first = typed();

  addEventListener("beforeunload", (event) => {
    settle();
    if (!leaving && (form.dataset.unsaved || typed() !== first)) event.preventDefault();
  });
  // A page that the browser kept is the page as it was left.
  addEventListener("pageshow", () => { leaving = false; sure = false; });

  const say = (words) => { dialog.querySelector("[role=alert]").textContent = words; };
  const page = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = (from) => from.querySelector("input[name=csrf_token]")?.value;
  const asking = (address, options) => fetch(address, { headers: { Accept: "text/html" }, ...options });

  const send = (button) => {
    sure = true;
    form.requestSubmit(button);
  };

  const refuse = (words) => {
    say(words);
    if (!dialog.open) dialog.showModal();
  };

  let pressed = null;
  form.addEventListener("submit", async (event) => {
    if (sure) {
      leaving = true;
      return;
    }
    event.preventDefault();
    pressed = event.submitter;
    try {
      // Whoever is signed in is led on from there; nobody else is.
      const answer = await asking(login, { redirect: "manual" });
      if (answer.type === "opaqueredirect") {
        send(pressed);
      } else {
        dialog.querySelector("form").hidden = false;
        refuse("");
        dialog.querySelector("input[type=password]").focus();
      }
    } catch {
      dialog.querySelector("form").hidden = true;
      refuse(dialog.dataset.failed);
    }
  });

  // Signing in again begins a new session, and the form gets the token of that one.
  const again = async () => {
    const asked = await page(await asking(login));
    const fields = new FormData(dialog.querySelector("form"));
    fields.set("csrf_token", token(asked) ?? "");
    const answer = await asking(login, { method: "POST", body: new URLSearchParams(fields) });
    if (new URL(answer.url).pathname === new URL(login, location.href).pathname) return false;
    const fresh = token(await page(await asking(location.href)));
    if (!fresh) return false;
    document.querySelectorAll("input[name=csrf_token]").forEach((one) => { one.value = fresh; });
    return true;
  };

  dialog.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const password = dialog.querySelector("input[type=password]");
    try {
      if (await again()) {
        dialog.close();
        send(pressed);
      } else {
        say(dialog.dataset.wrong);
        password.select();
      }
    } catch {
      say(dialog.dataset.failed);
    }
  });
  dialog.querySelector("[data-leave]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    dialog.querySelector("input[type=password]").value = "";
    say("");
  });
})();
