// Progressive enhancement: every page works without this script. The part marked `data-live` is fetched again from the
// page's own URL, as the visitor types and every few seconds while the page is visible.
(() => {
  "use strict";
  const parse = new DOMParser();
  // After so many seconds without a refresh the page says so: the states may be outdated.
  const OUTDATED_AFTER = 60;
  // Of siblings, for one that is already shown.
  const LOOK_AHEAD = 60;
  let newest = 0;
  let refreshedAt = Date.now();

  async function refresh(url, keepAddress) {
    const request = ++newest;
    const part = document.querySelector("[data-live]");
    if (!part) return;
    // Before the request, so that a refresh in the meantime uses the same URL.
    if (!keepAddress) history.replaceState(null, "", url);
    let text;
    try {
      const response = await fetch(url, { cache: "no-cache", headers: { accept: "text/html" }, signal: AbortSignal.timeout(15000) });
      if (response.redirected) return location.reload(); // The session has ended: the form asks for the password.
      if (!response.ok) return;
      text = await response.text();
    } catch { return; } // Offline: keep what is shown.
    if (request !== newest) return;
    const page = parse.parseFromString(text, "text/html");
    const fresh = page.querySelector("[data-live]");
    if (!fresh) return;
    refreshedAt = Date.now();
    localTimes(fresh);
    showCopy(fresh);
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    const name = focused && (focused.id || focused.getAttribute("href"));
    morph(part, fresh);
    // An element that moved was made anew.
    if (name && !focused.isConnected) [...part.querySelectorAll("a,button,summary,[id]")].find((it) => it.id === name || it.getAttribute("href") === name)?.focus();
    // Nothing more will come.
    if (fresh.dataset.live === "0") part.removeAttribute("data-live");
    document.title = page.title;
    for (const selector of ["#found", "link[rel=icon]"]) {
      const [shown, now] = [document, page].map((it) => it.querySelector(selector));
      if (shown && now && !shown.isEqualNode(now)) shown.replaceWith(now);
    }
    tick();
  }

  // Changes only what differs, so that selection, focus, scroll position and open details stay.
  function morph(shown, fresh) {
    const key = (it) => it.nodeType !== 1 ? `#${it.nodeType}` : `${it.tagName}#${it.id}`;
    const ahead = (from, other) => {
      for (let it = from, steps = 0; it && steps < LOOK_AHEAD; it = it.nextSibling, steps += 1) if (it.isEqualNode(other)) return it;
      return null;
    };
    let at = shown.firstChild;
    const removeUntil = (end) => { while (at !== end) { const gone = at; at = at.nextSibling; gone.remove(); } };
    for (let wanted = fresh.firstChild, next; wanted; wanted = next) {
      next = wanted.nextSibling;
      const equal = ahead(at, wanted);
      if (equal) { removeUntil(equal); at = at.nextSibling; continue; }
      if (!at || key(at) !== key(wanted) || ahead(next, at)) { shown.insertBefore(wanted, at); continue; }
      if (at.nodeType !== 1) at.data = wanted.data;
      else { attributes(at, wanted); morph(at, wanted); }
      at = at.nextSibling;
    }
    removeUntil(null);
  }

  // What the visitor opened stays open.
  function attributes(shown, wanted) {
    const isKept = (name) => name === "open" && shown.tagName === "DETAILS";
    for (const { name } of [...shown.attributes]) if (!wanted.hasAttribute(name) && !isKept(name)) shown.removeAttribute(name);
    for (const { name, value } of wanted.attributes) if (shown.getAttribute(name) !== value && !isKept(name)) shown.setAttribute(name, value);
  }

  // Times are sent in UTC and shown in the zone of the browser, which is named: `26 Nov 2026, 11:00 CET (10:00 UTC)`. The
  // day in UTC is named too if it is another. The title keeps UTC.
  const clock = { hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
  const zone = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric", ...clock });
  const utc = [{}, { day: "numeric", month: "short" }].map((day) => new Intl.DateTimeFormat(undefined, { ...day, ...clock, timeZone: "UTC" }));
  function inZones(at) {
    if (!at.getTimezoneOffset()) return zone.format(at);
    return `${zone.format(at)} (${utc[Number(at.getDate() !== at.getUTCDate())].format(at)})`;
  }
  const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
  function localTimes(root) {
    for (const it of root.querySelectorAll("time[datetime]")) {
      const at = new Date(it.dateTime);
      if (Number.isNaN(at.getTime()) || it.dateTime.length < 16) continue;
      if (it.dataset.as === "lasting") { set(it, duration((Date.now() - at) / 1000)); continue; }
      it.title ||= it.textContent;
      if (it.dataset.as === "ago") {
        const minutes = Math.round((at - Date.now()) / 60000);
        const [amount, unit] = Math.abs(minutes) < 60 ? [minutes, "minute"] : Math.abs(minutes) < 1440 ? [Math.round(minutes / 60), "hour"] : [Math.round(minutes / 1440), "day"];
        set(it, amount === 0 ? "just now" : relative.format(amount, unit));
      } else if (it.dataset.as !== "given") {
        set(it, inZones(at));
      }
    }
  }

  function set(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  // As the server writes it: `31 min`, `2 h 13 min`, `1 d 2 h`.
  function duration(seconds) {
    const minutes = Math.max(0, Math.floor(seconds / 60));
    const [large, small] = minutes < 60 ? [`${minutes} min`, ""] : minutes < 1440
      ? [`${Math.floor(minutes / 60)} h`, minutes % 60 && `${minutes % 60} min`]
      : [`${Math.floor(minutes / 1440)} d`, Math.floor(minutes % 1440 / 60) && `${Math.floor(minutes % 1440 / 60)} h`];
    return small ? `${large} ${small}` : large;
  }

  // Ages grow, clocks go, and a page that was not refreshed for long says so.
  function tick() {
    localTimes(document);
    for (const it of document.querySelectorAll("[data-clock]")) set(it, new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
    const part = document.querySelector("[data-live]");
    if (!part) return;
    const isOutdated = Date.now() - refreshedAt > Math.max(OUTDATED_AFTER, 3 * (Number(part.dataset.live) || 20)) * 1000;
    part.classList.toggle("is-outdated", isOutdated);
    let note = document.querySelector(".outdated");
    if (isOutdated && !note) {
      note = Object.assign(document.createElement("p"), { className: "outdated" });
      note.setAttribute("role", "status");
      part.before(note);
    }
    if (isOutdated) set(note, `Not updated since ${new Date(refreshedAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`);
    else note?.remove();
  }

  const search = document.querySelector("form[data-search]");
  if (search) {
    let wait;
    const go = () => {
      const query = new URLSearchParams(new FormData(search));
      for (const [key, value] of [...query]) if (!value) query.delete(key);
      refresh(search.getAttribute("action") + (query.size ? "?" + query : ""));
    };
    search.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(go, 120); });
    search.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(wait); go(); });
  }

  // Days begin in the zone of the browser, unless another was chosen.
  const calendar = document.querySelector("form[data-zone]");
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (calendar && here && here !== "UTC") {
    const url = new URL(location.href);
    url.searchParams.set("zone", calendar.zone.value = here);
    refresh(url.pathname + url.search);
  }

  // A zone that nobody chose is that of the browser.
  for (const it of document.querySelectorAll("[data-here]")) it.value ||= here ?? "";

  // Boxes of components: ticking a group ticks all of it, and what is ticked is what is watched.
  const tree = document.querySelector("[data-tree]");
  if (tree) {
    const boxes = (group) => [...group.querySelectorAll("[type=checkbox]")];
    const mark = () => {
      for (const group of tree.querySelectorAll("[data-group]")) {
        const [all, ...each] = boxes(group);
        all.indeterminate = !all.checked && each.some((it) => it.checked);
      }
    };
    tree.addEventListener("change", ({ target }) => {
      const group = target.closest("[data-group]");
      const [all, ...each] = group ? boxes(group) : [];
      if (target === all) for (const it of each) it.checked = all.checked;
      else if (all && !target.checked) all.checked = false;
      for (const it of document.querySelectorAll("[name=which]")) it.checked = it.value === "chosen";
      const count = document.querySelector("[data-count]");
      const ticked = tree.querySelectorAll("[name=component]:checked, [name=component][type=hidden]").length;
      if (count) set(count, count.textContent.replace(/\d+/, ticked));
      mark();
    });
    mark();
  }

  // A long list is narrowed.
  for (const input of document.querySelectorAll("[data-filter]")) {
    input.hidden = false;
    input.addEventListener("input", () => {
      for (const it of input.nextElementSibling.children) it.hidden = !it.textContent.toLowerCase().includes(input.value.toLowerCase());
    });
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = /^(input|select|textarea)$/i.test(document.activeElement?.tagName ?? "");
    if (event.key === "/" && !typing) {
      const input = document.querySelector("input[type=search]");
      if (input) { event.preventDefault(); input.focus(); input.select(); }
    } else if (event.key === "ArrowDown" && document.activeElement?.type === "search") {
      const first = document.querySelector("a.who");
      if (first) { event.preventDefault(); first.focus(); }
    } else if ((event.key === "j" || event.key === "k") && !typing) {
      const rows = [...document.querySelectorAll("a.who")];
      const at = rows.indexOf(document.activeElement) + (event.key === "j" ? 1 : -1);
      rows[Math.max(0, Math.min(rows.length - 1, at))]?.focus();
    }
  });

  // Copying needs a secure context, as the clipboard does.
  function showCopy(root) {
    if (navigator.clipboard) for (const it of root.querySelectorAll("[data-copy][hidden]")) it.hidden = false;
  }
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const text = button.dataset.copyText ?? new URL(button.dataset.copy, location.href).href;
    const label = button.textContent;
    try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; } catch { button.textContent = "Not copied"; }
    setTimeout(() => { button.textContent = label; }, 2000);
  });

  const part = document.querySelector("[data-live]");
  if (part) {
    const seconds = Number(part.dataset.live) || 20;
    setInterval(() => { if (!document.hidden) refresh(location.href, true); }, seconds * 1000);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(location.href, true); });
  }
  showCopy(document);
  setInterval(tick, 15000);
  tick();
})();
