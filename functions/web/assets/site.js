// Progressive enhancement: every page works without this script. The part marked `data-live` is fetched again from the
// page's own URL, as the visitor types and every few seconds while the page is visible.
(() => {
  "use strict";
  const parse = new DOMParser();
  let newest = 0;

  async function refresh(url, keepAddress) {
    const request = ++newest;
    const part = document.querySelector("[data-live]");
    if (!part) return;
    // Before the request, so that a refresh in the meantime uses the same URL.
    if (!keepAddress) history.replaceState(null, "", url);
    let text;
    try {
      const response = await fetch(url, { cache: "no-cache", headers: { accept: "text/html" } });
      if (response.redirected) return location.reload(); // The session has ended: the form asks for the password.
      if (!response.ok) return;
      text = await response.text();
    } catch { return; } // Offline: keep what is shown.
    if (request !== newest) return;
    const page = parse.parseFromString(text, "text/html");
    const fresh = page.querySelector("[data-live]");
    if (!fresh) return;
    if (fresh.innerHTML === part.dataset.html) return;
    part.dataset.html = fresh.innerHTML;
    const open = new Map([...part.querySelectorAll("details[id]")].map((it) => [it.id, it.open]));
    const focused = part.contains(document.activeElement) ? document.activeElement.id || document.activeElement.getAttribute("href") : null;
    part.replaceChildren(...fresh.childNodes);
    open.forEach((was, id) => { const it = document.getElementById(id); if (it) it.open = was; });
    if (focused) [...part.querySelectorAll("a,button,summary,[id]")].find((it) => it.id === focused || it.getAttribute("href") === focused)?.focus();
    document.title = page.title;
    const [shown, now] = [document, page].map((it) => it.querySelector("#found"));
    if (shown && now && shown.textContent !== now.textContent) shown.textContent = now.textContent;
    localTimes(part);
  }

  // Times are sent in UTC and shown in the zone of the browser. The title keeps UTC.
  function localTimes(root) {
    const zone = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
    const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
    for (const it of root.querySelectorAll("time[datetime]")) {
      const at = new Date(it.dateTime);
      if (Number.isNaN(at.getTime()) || it.dateTime.length < 16) continue;
      it.title ||= it.textContent;
      if (it.dataset.as === "ago") {
        const minutes = Math.round((at - Date.now()) / 60000);
        const [amount, unit] = Math.abs(minutes) < 60 ? [minutes, "minute"] : Math.abs(minutes) < 1440 ? [Math.round(minutes / 60), "hour"] : [Math.round(minutes / 1440), "day"];
        it.textContent = amount === 0 ? "just now" : relative.format(amount, unit);
      } else if (it.dataset.as !== "given") {
        it.textContent = zone.format(at);
      }
    }
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

  const part = document.querySelector("[data-live]");
  if (part) {
    part.dataset.html = part.innerHTML;
    const seconds = Number(part.dataset.live) || 20;
    setInterval(() => { if (!document.hidden) refresh(location.href, true); }, seconds * 1000);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(location.href, true); });
  }
  localTimes(document);
})();
