// Makes a page live. It holds no fact: after news the page is asked for again, and what differs exchanged.
const body = document.body, find = (selector) => document.querySelector(selector);
const all = (selector, part = document) => [...part.querySelectorAll(selector)];
const on = (kind, act) => document.addEventListener(kind, act);
document.documentElement.classList.add("script");

// Times are shown in the viewer's zone. Two zones whose clocks agree all year are one.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone, home = body.dataset.zone;
const whole = (at, timeZone) => {
  try { return at.toLocaleString("en-GB", { timeZone, timeStyle: "short", dateStyle: "medium" }); } catch { return ""; }
};
const isOther = [-2, -1, 0, 1, 2].some((fifth) => {
  const at = new Date(Date.now() + fifth * 63e8);
  return whole(at) !== whole(at, home);
});
const clock = (at, timeStyle = "short") => at.toLocaleTimeString("en-GB", { timeStyle });
const moment = (at, now) => {
  const is = (days) => at.toDateString() === new Date(+now + days * 864e5).toDateString();
  const further = at.getFullYear() === now.getFullYear() ? { weekday: "short" } : { year: "numeric" };
  const form = { day: "numeric", month: "short", ...further };
  const day = is(0) ? "today" : is(-1) ? "yesterday" : is(1) ? "tomorrow" : at.toLocaleDateString("en-GB", form).replace(",", "");
  return day + " " + clock(at);
};
const localise = (part) => {
  if (!isOther) return;
  const now = new Date(body.dataset.now);
  for (const time of all("[data-as]", part)) {
    const at = new Date(time.dateTime || time.dataset.at), { as } = time.dataset;
    time.textContent = as === "moment" ? moment(at, now) : clock(at, as);
    if (time.tagName === "TIME") time.title = whole(at, home) + " in " + home;
  }
  for (const named of all("[data-told]", part)) {
    const text = named.dataset.told.replace(/\{(.*?)\}/g, (_, at) => clock(new Date(at)));
    named[named.tagName === "title" ? "textContent" : "ariaLabel"] = text;
  }
};
find("[data-zone-name]").textContent = isOther ? `Times are those of ${zone}; the server's are those of ${home}, where it is ` : "It is ";

// What a person has in hand is left alone.
const fields = "input:not([type=hidden]), select";
const inHand = (part) => part.querySelector("details[open].menu, .scrub-line") || part.querySelector(":focus")?.matches(fields);
const reach = (part) => all("a, button, summary, [tabindex]," + fields, part);
const keyOf = ({ tagName, id, href, form, name, role }) => [tagName, id, href, form?.action.replace(/\w+$/, ""), name, role].join();
// `form` was sent by a person, and its part shows what came of it.
const exchange = (text, form) => {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  if (!fresh.body.dataset.events) return location.reload();
  body.dataset.now = fresh.body.dataset.now;
  for (const part of all("[data-live]", fresh)) {
    const shown = document.getElementById(part.id);
    if (!shown) continue;
    localise(part);
    shown.hidden = part.hidden;
    if (shown.served === part.innerHTML || (inHand(shown) && !shown.contains(form))) continue;
    shown.served = part.innerHTML;
    const focus = shown.querySelector(":focus"), nth = reach(shown).indexOf(focus);
    const open = all("details", shown).map((details) => details.open);
    shown.replaceChildren(...part.childNodes);
    all("details", shown).forEach((details, nth) => { details.open = !!open[nth]; });
    scrubs(shown);
    if (nth < 0) continue;
    // The focus stays where it was, also where Start has become Stop.
    const now = reach(shown), same = [...now.slice(nth), ...now].find((one) => keyOf(one) === keyOf(focus));
    (same ?? now[nth] ?? now.at(-1) ?? find("main")).focus({ preventScroll: true });
  }
  const told = fresh.querySelector("#flash p");
  if (told) { localise(told); find("#flash").replaceChildren(told); }
};

// One question at a time, and one a second.
let asking = false, again = false;
const refresh = async () => {
  if (asking || document.hidden) { again = true; return; }
  [asking, again] = [true, false];
  try {
    const answer = await fetch(location.href, { headers: { "X-Butler-Live": "1", Accept: "text/html" } });
    if (answer.redirected) return location.reload();
    if (answer.ok) exchange(await answer.text());
  } catch { /* The event stream finds out that the server is lost. */ }
  setTimeout(() => { asking = false; if (again) refresh(); }, 1000);
};
const lost = find("#lost");
let events;
const listen = () => {
  if (events && events.readyState < 2) return;
  events = new EventSource(body.dataset.events);
  events.addEventListener("changed", refresh);
  events.onopen = () => { if (!lost.hidden) refresh(); lost.hidden = true; };
  events.onerror = () => {
    lost.hidden = false;
    // A browser gives up where the answer was no stream.
    if (events.readyState === 2 && !document.hidden) setTimeout(listen, 3000);
  };
};
// A hidden page holds no connection.
const look = () => { if (document.hidden) { events?.close(); again = true; } else { listen(); if (again) refresh(); } };
on("visibilitychange", look);
// A clock goes on without news.
setInterval(refresh, 30000);

// Forms post within the page.
on("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const sent = new URLSearchParams(new FormData(form, event.submitter));
  try {
    const answer = await fetch(form.action, { method: "POST", body: sent, headers: { Accept: "text/html" } });
    shut(form.closest("details.menu"));
    if (new URL(answer.url).pathname !== location.pathname) return location.assign(answer.url);
    if (answer.ok) exchange(await answer.text(), form);
    else location.reload();
  } catch { form.submit(); }
});
on("change", ({ target }) => {
  if (target.matches("select[data-save]")) target.form.requestSubmit();
});
// The server judges what is typed.
let typed;
on("input", ({ target }) => {
  const { form } = target, url = form?.dataset.ask, query = "?" + new URLSearchParams(new FormData(form));
  if (target.matches("[data-filter]")) { history.replaceState(0, "", query); refresh(); }
  if (!url) return;
  for (const field of form) field.setCustomValidity("");
  clearTimeout(typed);
  const mine = typed = setTimeout(async () => {
    const answer = await fetch(url + query).catch(() => null);
    const html = await answer?.text();
    if (!answer?.ok || mine !== typed) return;
    const output = form.querySelector("output");
    output.innerHTML = html;
    if (output.querySelector(".fail")) target.setCustomValidity(output.textContent);
  }, 150);
});
const shut = (menu) => {
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
};
on("click", ({ target }) => {
  for (const menu of all("details.menu[open]")) if (!menu.contains(target)) menu.open = false;
  target.closest("#flash button")?.parentElement.remove();
});
on("keydown", ({ key }) => { if (key === "Escape") shut(find("details.menu[open]")); });

// Hand or arrow keys move a line through the lanes of `part`, in steps of `span` of `field`.
const make = (name, kind = "div") => Object.assign(document.createElement(kind), { className: name });
let leave;
// A picture under a finger stays until one taps elsewhere.
on("pointerdown", ({ target }) => { if (!target.closest("[data-film], [data-nights]")) leave?.(); });
const along = (part, handle, field, count, span, show, hide) => {
  const line = make("scrub-line"), box = (element) => element.getBoundingClientRect();
  const end = () => { line.remove(); hide(); };
  let at = Number(handle.ariaValueNow);
  const go = (nth) => {
    leave = end;
    at = Math.max(0, Math.min(count - 1, nth));
    const { width, left } = box(field), from = left - box(part).left;
    const to = Math.min(1, (at + 0.5) * span) * width;
    line.style.left = from + to + "px";
    part.append(line);
    handle.ariaValueNow = at;
    handle.ariaValueText = show(at, from, to, width);
  };
  part.onpointermove = part.onpointerdown = ({ clientX }) => {
    const { width, left } = box(field);
    go(Math.floor((clientX - left) / width / span));
  };
  part.onpointerleave = ({ pointerType }) => { if (pointerType !== "touch") end(); };
  part.addEventListener("focusout", end);
  handle.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10, Home: -count, End: count }[event.key];
    if (!step) return;
    event.preventDefault();
    go(at + step);
  });
};
const place = (ms) => new Date(ms).toISOString().slice(ms < 36e5 ? 14 : 11, 19).replace(/^0/, "");
const scrubs = (part) => {
  for (const strip of all("[data-scrub]", part)) {
    const { scrub: base, interval, pictures } = strip.dataset, film = strip.closest("[data-film]");
    const big = make("scrub-big"), image = make("", "img"), words = make("", "span");
    image.alt = "";
    big.append(image, words);
    along(film, strip, strip, Number(pictures), interval / film.dataset.film, (at, from, to, width) => {
      const half = Math.min(160, width * 0.3);
      big.style.left = from + Math.max(half, Math.min(width - half, to)) + "px";
      image.src = base + at * interval;
      film.append(big);
      return words.textContent = place(at * interval);
    }, () => big.remove());
  }
  for (const bars of all("[data-nights]", part)) {
    const words = bars.nextElementSibling, usual = words.textContent, rows = all("tbody tr", bars.parentElement);
    const slots = Number(bars.dataset.nights);
    along(bars, bars, bars.querySelector("svg"), slots, 1 / slots, (at) => {
      const row = rows[slots - 1 - at];
      return words.textContent = row ? [...row.cells].map((cell) => cell.textContent).join(" · ") : "No run.";
    }, () => { words.textContent = usual; });
  }
};
localise(document);
// As served: scripts add to it.
for (const part of all("[data-live]")) part.served = part.innerHTML;
scrubs(document);
look();
