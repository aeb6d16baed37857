// Makes a page live. It holds no fact and draws nothing of its own: when the server says that something happened, the
// page is asked for again, and what differs in it is exchanged.
"use strict";
(() => {
  const body = document.body;
  if (!body.dataset.events) return;
  document.documentElement.classList.add("script");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

  // Times are the server's until they are shown in the viewer's own zone.
  const isOther = zone && zone !== body.dataset.zone;
  const sameDay = (one, other) => one.toDateString() === other.toDateString();
  const moment = (at, now) => {
    const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
    const day = (days) => sameDay(at, new Date(now.getTime() + days * 864e5));
    if (day(0)) return "today " + time;
    if (day(-1)) return "yesterday " + time;
    if (day(1)) return "tomorrow " + time;
    const form = { day: "numeric", month: "short" };
    if (at.getFullYear() === now.getFullYear()) form.weekday = "short"; else form.year = "numeric";
    return at.toLocaleDateString("en-GB", form).replace(",", "") + " " + time;
  };
  const localise = (part) => {
    if (!isOther) return;
    const now = new Date(body.dataset.now);
    for (const time of part.querySelectorAll("[data-as]")) {
      const at = new Date(time.getAttribute("datetime") || time.dataset.at);
      if (isNaN(at)) continue;
      time.textContent = time.dataset.as === "time" ? moment(at, at).slice(6) : moment(at, now);
      const own = at.toLocaleString("en-GB", { timeZone: body.dataset.zone, timeStyle: "short", dateStyle: "medium" });
      if (time.tagName === "TIME") time.title = own + " in " + body.dataset.zone;
    }
  };
  if (isOther) {
    const name = document.querySelector("[data-zone-name]");
    if (name) name.textContent = zone + "; the server's are those of " + body.dataset.zone;
  }

  // What a person has in hand is left alone: an open menu, a field that is being filled in.
  const inHand = (part) => {
    const active = document.activeElement;
    return part.querySelector("details[open].menu") || (part.contains(active) && active.matches("input:not([type=hidden]), select"));
  };
  const keyOf = (element) => {
    if (!element || element === body) return null;
    const form = element.closest("form");
    return [element.tagName, element.getAttribute("href"), form && form.getAttribute("action"), element.name, element.getAttribute("aria-label")].join(" ");
  };
  const exchange = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    if (!fresh.body.dataset.events) return location.reload();
    body.dataset.now = fresh.body.dataset.now;
    for (const part of fresh.querySelectorAll("[data-live]")) {
      const shown = document.getElementById(part.id);
      if (!shown) continue;
      localise(part);
      if (shown.innerHTML === part.innerHTML || inHand(shown)) continue;
      const focus = shown.contains(document.activeElement) ? keyOf(document.activeElement) : null;
      const open = [...shown.querySelectorAll("details")].map((details) => details.open);
      shown.replaceChildren(...part.childNodes);
      shown.querySelectorAll("details").forEach((details, nth) => { details.open = Boolean(open[nth]); });
      if (focus) for (const element of shown.querySelectorAll("a, button")) if (keyOf(element) === focus) { element.focus(); break; }
      scrubs(shown);
    }
    const told = fresh.querySelector("#flash p");
    if (told) document.getElementById("flash").replaceChildren(told);
  };

  // At most one question at a time, and one a second.
  let asking = false, again = false;
  const refresh = async () => {
    if (asking || document.hidden) { again = true; return; }
    asking = true;
    again = false;
    try {
      const answer = await fetch(location.href, { headers: { "X-Butler-Live": "1", Accept: "text/html" } });
      if (answer.redirected) return location.reload();
      if (answer.ok) exchange(await answer.text());
    } catch { /* The stream of events finds out that the server is lost. */ }
    setTimeout(() => { asking = false; if (again) refresh(); }, 1000);
  };
  const lost = document.getElementById("lost");
  let events = null, wasLost = false;
  const listen = () => {
    if (events && events.readyState !== EventSource.CLOSED) return;
    events = new EventSource(body.dataset.events);
    events.addEventListener("changed", refresh);
    events.onopen = () => { lost.hidden = true; if (wasLost) refresh(); wasLost = false; };
    events.onerror = () => {
      wasLost = true;
      lost.hidden = false;
      // A browser gives up where the answer was no stream; the server may only be starting.
      if (events.readyState === EventSource.CLOSED && !document.hidden) setTimeout(listen, 3000);
    };
  };
  // Browsers allow few connections to one server: a page that nobody sees holds none.
  const look = () => { if (document.hidden) { events?.close(); again = true; } else { listen(); if (again) refresh(); } };
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", () => events?.close());
  look();
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  // Without news too a clock goes on, and what was planned begins.
  setInterval(refresh, 30000);

  // Forms post without leaving the page.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.method !== "post" || form.action.endsWith("/sign-out")) return;
    event.preventDefault();
    const fields = new FormData(form, event.submitter);
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(fields), headers: { Accept: "text/html" } });
      form.closest("details.menu")?.removeAttribute("open");
      if (document.activeElement?.closest("form.set, form.hours")) document.activeElement.blur();
      const to = new URL(answer.url);
      if (to.pathname !== location.pathname) return location.assign(answer.url);
      if (answer.ok) exchange(await answer.text());
      else location.reload();
    } catch { form.submit(); }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("select[data-save]")) event.target.form.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  // A hand or the arrow keys move through a film's preview pictures.
  const clock = (ms) => {
    const seconds = Math.floor(ms / 1000), pad = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
    return (hours ? hours + ":" + pad(minutes) : minutes) + ":" + pad(seconds % 60);
  };
  const scrubs = (part) => {
    for (const scrub of part.querySelectorAll("[data-scrub]")) {
      const { scrub: base, interval, pictures } = scrub.dataset;
      const line = document.createElement("div"), big = document.createElement("div");
      const image = document.createElement("img"), words = document.createElement("span");
      line.className = "scrub-line";
      big.className = "scrub-big";
      image.alt = "";
      big.append(image, words);
      let at = 0;
      const show = (nth) => {
        at = Math.max(0, Math.min(pictures - 1, nth));
        const ms = at * interval, strip = scrub.querySelector(".strip");
        const left = ((at + 0.5) / pictures) * strip.clientWidth, half = Math.min(160, strip.clientWidth * 0.3);
        line.style.left = left + "px";
        line.style.height = strip.clientHeight + "px";
        big.style.left = Math.max(half, Math.min(strip.clientWidth - half, left)) + "px";
        image.src = base + ms;
        words.textContent = clock(ms);
        scrub.setAttribute("aria-valuenow", at);
        scrub.setAttribute("aria-valuetext", clock(ms));
        if (!line.isConnected) { scrub.append(line, big); scrub.classList.add("on"); }
      };
      const hide = () => { line.remove(); big.remove(); };
      scrub.addEventListener("pointermove", (event) => {
        const box = scrub.querySelector(".strip").getBoundingClientRect();
        show(Math.floor(((event.clientX - box.left) / box.width) * pictures));
      });
      scrub.addEventListener("pointerleave", hide);
      scrub.addEventListener("blur", hide);
      scrub.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10, Home: -pictures, End: Number(pictures) }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        show(at + step);
      });
    }
  };
  scrubs(document);
  localise(document);
})();
