// Makes a page live. It holds no fact: when the server says that something happened, the page is asked for again, and
// what differs in it is exchanged.
"use strict";
(() => {
  const body = document.body;
  if (!body.dataset.events) return;
  document.documentElement.classList.add("script");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone, home = body.dataset.zone;

  // Times are the server's until they are shown in the viewer's zone.
  const isOther = zone && zone !== home;
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
      const own = at.toLocaleString("en-GB", { timeZone: home, timeStyle: "short", dateStyle: "medium" });
      if (time.tagName === "TIME") time.title = own + " in " + home;
    }
    for (const named of part.querySelectorAll("[data-told]")) {
      const text = named.dataset.told.replace(/\{(.*?)\}/g, (_, at) => moment(new Date(at), new Date(at)).slice(6));
      if (named.tagName === "title") named.textContent = text; else named.setAttribute("aria-label", text);
    }
  };
  const name = isOther && document.querySelector("[data-zone-name]");
  if (name) name.textContent = zone + "; the server's are those of " + home;

  // What a person has in hand is left alone.
  const inHand = (part) => {
    const active = document.activeElement;
    return part.querySelector("details[open].menu, .scrub-line") || (part.contains(active) && active.matches("input:not([type=hidden]), select"));
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
      const html = part.innerHTML;
      if (shown.served === html || inHand(shown)) continue;
      shown.served = html;
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

  // One question at a time, and one a second.
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
      // A browser gives up where the answer was no stream.
      if (events.readyState === EventSource.CLOSED && !document.hidden) setTimeout(listen, 3000);
    };
  };
  // A page that nobody sees holds no connection.
  const look = () => { if (document.hidden) { events?.close(); again = true; } else { listen(); if (again) refresh(); } };
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", () => events?.close());
  look();
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  // A clock goes on without news.
  setInterval(refresh, 30000);

  // Forms post within the page.
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

  // A hand or the arrow keys move along a film's pictures or a task's nights.
  const clock = (ms) => {
    const seconds = Math.floor(ms / 1000), pad = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
    return (hours ? hours + ":" + pad(minutes) : minutes) + ":" + pad(seconds % 60);
  };
  const make = (name, kind = "div") => Object.assign(document.createElement(kind), { className: name });
  const along = (part, field, count, show, hide) => {
    const line = make("scrub-line");
    let at = Number(part.getAttribute("aria-valuenow"));
    const box = () => part.querySelector(field).getBoundingClientRect();
    const go = (nth) => {
      at = Math.max(0, Math.min(count - 1, nth));
      const { width, left } = box(), to = ((at + 0.5) / count) * width;
      line.style.left = left - part.getBoundingClientRect().left + to + "px";
      line.style.height = part.clientHeight + "px";
      part.append(line);
      part.setAttribute("aria-valuenow", at);
      part.setAttribute("aria-valuetext", show(at, to, width));
    };
    part.addEventListener("pointermove", (event) => go(Math.floor(((event.clientX - box().left) / box().width) * count)));
    for (const end of ["pointerleave", "blur"]) part.addEventListener(end, () => { line.remove(); hide(); });
    part.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10, Home: -count, End: count }[event.key];
      if (!step) return;
      event.preventDefault();
      go(at + step);
    });
  };
  const scrubs = (part) => {
    for (const scrub of part.querySelectorAll("[data-scrub]")) {
      const { scrub: base, interval, pictures } = scrub.dataset, big = make("scrub-big"), image = make("", "img"), words = make("", "span");
      image.alt = "";
      big.append(image, words);
      along(scrub, ".strip", Number(pictures), (at, to, width) => {
        const half = Math.min(160, width * 0.3);
        big.style.left = Math.max(half, Math.min(width - half, to)) + "px";
        image.src = base + at * interval;
        scrub.append(big);
        return words.textContent = clock(at * interval);
      }, () => big.remove());
    }
    for (const bars of part.querySelectorAll("[data-nights]")) {
      const words = bars.nextElementSibling, usual = words.textContent, rows = bars.parentElement.querySelectorAll("tbody tr");
      const last = bars.dataset.nights - 1;
      const names = { tabindex: 0, role: "slider", "aria-valuemin": 0, "aria-valuemax": last, "aria-valuenow": last };
      for (const name in names) bars.setAttribute(name, names[name]);
      along(bars, "svg", last + 1, (at) => {
        const row = rows[last - at];
        return words.textContent = row ? [...row.cells].map((cell) => cell.textContent).join(" · ") : "No run.";
      }, () => { words.textContent = usual; });
    }
  };
  localise(document);
  // Compared as served: scripts add to it.
  for (const part of document.querySelectorAll("[data-live]")) part.served = part.innerHTML;
  scrubs(document);
})();
