// Attacks by providers and visitors. The hostile provider `evil` tries in every text that it may choose.
import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";

const LONG = "a".repeat(8_192);
/** Sent unchanged, byte for byte. */
const ODD_PATHS = [
  "/..", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2fCargo.toml", "/%00", "/providers/%00", "/providers/acme%00.html",
  "//", "//providers//acme", "//evil.example/providers/acme", "/\\evil.example", "/providers/%2e%2e", "/providers/..%2f..%2fmail", "/providers/%ff%fe",
  `/providers/${"p".repeat(300)}`, `/${"x".repeat(300)}`, `/incidents/acme/${"i".repeat(2_000)}`, `/incidents/${LONG}/${LONG}`,
  "/providers/x%0d%0aset-cookie:%20pwned=1", "/mail/x%0d%0aset-cookie:%20pwned=1", "/incidents/acme/%22%3E%3Cscript%3Ewindow.pwned=1%3C/script%3E",
  "/providers/%3Cscript%3Ewindow.pwned=1%3C/script%3E", "/providers/acme/calendar.ics%0d%0a", "/calendar?at=%00&zone=%0d%0aset-cookie:pwned=1",
  `/?q=${LONG}`, `/?${"q=1&".repeat(2_000)}`, "/?q=%00%ff%fe", "/?page=-1", "/?page=99999999999999999999999", "/?sort=%22%3E%3Cb%3E", "/?category[]=x&q[a]=b",
  `/calendar?at=${LONG}`, `/calendar?zone=${LONG}`, "/calendar?at=99999-99-99", "/calendar?at=-1&view=list", `/providers/globex?q=${LONG}`, "/providers/globex?q=%00%3Cb%3E",
  "/providers/acme/history?month=%00", "/providers/acme/history?month=9999-12", `/providers/acme/history?month=2026-11&before=${LONG}`, "/providers/%00/history",
  `/api/v1/incidents?cursor=${LONG}`, "/api/v1/providers?limit=-1", "/api/v1/providers?limit=999999999999999999999", `/mail/${LONG}`,
  `/oembed?url=${LONG}`, "/oembed?url=%00&format=json", "/oembed?url=javascript:alert(1)", "/embed/providers/%00", `/embed/providers/${LONG}/card.png`,
  "/embed/incidents/acme/%2e%2e", "/embed/..", `/providers/acme/badge.svg?label=${LONG}&style=${LONG}`, "/providers/acme/badge.json?label=%00%ff",
];

export function security(world) {
  test("nothing of a page is inline, of another origin, or a link that runs", async () => {
    const found = [];
    await world.visit({}, async (page) => {
      for (const [name, path] of Object.entries(await world.addresses())) {
        const answer = await page.goto(path);
        guarded(answer.headers(), path);
        for (const problem of await page.evaluate(inline)) found.push(`${name} ${path}: ${problem}`);
      }
    });
    assert.deepEqual(found, []);
  });

  test("texts of a hostile provider stay text", async () => {
    const paths = Object.entries(await world.addresses()).filter(([name]) => /evil|dashboard|trouble|calendar|history|tv/.test(name));
    assert.ok(paths.length >= 10, "the hostile incidents are listed");
    await world.visit({}, async (page) => {
      for (const [, path] of [...paths, ["", "/?q=evil"]]) {
        await page.goto(path);
        assert.equal(await page.evaluate(() => window.pwned), undefined, path);
        assert.equal(await page.locator("img, iframe, object, embed, main script").count(), 0, path);
      }
    });
  });

  test("links of a hostile provider are web links without a referrer", () =>
    world.visit({}, async (page) => {
      await page.goto("/providers/evil");
      const outside = await page.locator("a[href^='http']").evaluateAll((links, own) =>
        links.filter((it) => !it.href.startsWith(own)).map((it) => it.rel), world.pages);
      for (const rel of outside) assert.deepEqual(rel.split(" ").toSorted(), ["nofollow", "noopener", "noreferrer"]);
    }));

  test("feeds, calendars and badges of a hostile provider are well-formed and have the right type", async () => {
    const kinds = {
      "/incidents.atom": /^application\/atom\+xml/, "/watched.atom": /^application\/atom\+xml/, "/providers/evil/incidents.atom": /^application\/atom\+xml/,
      "/providers/evil/badge.svg": /^image\/svg\+xml/, "/providers/evil/badge.svg?style=for-the-badge&label=%3Cb%3E": /^image\/svg\+xml/,
      "/providers/evil/badge.svg?style=plastic": /^image\/svg\+xml/, "/watched/badge.svg": /^image\/svg\+xml/, "/providers/evil/badge.json": /^application\/json/, "/providers/acme/badge.svg": /^image\/svg\+xml/,
      "/providers/evil/calendar.ics": /^text\/calendar/, "/api/v1/providers/evil": /^application\/json/, "/api/v1/incidents": /^application\/json/,
      "/api/v1/openapi.json": /^application\/(json|vnd.oai.openapi\+json)/, "/schemas/webhook.json": /^application\/schema\+json/,
    };
    await world.visit({}, async (page) => {
      await page.goto("/");
      for (const [path, type] of Object.entries(kinds)) {
        const answer = await fetch(world.pages + path);
        assert.equal(answer.status, 200, path);
        assert.match(answer.headers.get("content-type"), type, path);
        guarded(Object.fromEntries(answer.headers), path);
        const text = await answer.text();
        if (/json/.test(type.source)) JSON.parse(text);
        if (!/xml/.test(type.source)) continue;
        const wrong = await page.evaluate((text) => {
          const document = new DOMParser().parseFromString(text, "application/xml");
          const runs = [...document.querySelectorAll("*")].filter((it) => it.localName === "script" || [...it.attributes].some((at) => /^on/i.test(at.name) || /^\s*(javascript|data):/i.test(at.value)));
          return document.querySelector("parsererror")?.textContent ?? runs.map((it) => it.outerHTML).join();
        }, text);
        assert.equal(wrong, "", path);
      }
    });
  });

  test("odd URLs cause no server error", async () => {
    for (const path of ODD_PATHS) {
      const { status, headers, body } = await raw(world.pages, path);
      assert.ok(status >= 200 && status < 500, `${status} for ${path.slice(0, 80)}`);
      assert.equal(headers["set-cookie"], undefined, path.slice(0, 80));
      assert.ok(!/<script>window|root:x:0|\[workspace\]/.test(body), path.slice(0, 80));
      assert.ok(!/^(https?:)?\/\//.test(headers.location ?? "/"), `sent to ${headers.location} by ${path.slice(0, 80)}`);
      if (status < 400) guarded(headers, path);
      assert.ok(body.length < 2_000_000, `${body.length} bytes for ${path.slice(0, 80)}`);
    }
  });

  test("no header of a visitor is reflected", async () => {
    const odd = { host: "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "javascript", "x-original-url": "/mail/x", "user-agent": "<script>evil.example</script>", referer: "https://evil.example", "if-none-match": `"${"x".repeat(4_000)}"`, "accept-language": "evil.example" };
    for (const path of ["/", "/nowhere", "/api", "/calendar", "/?q=x"]) {
      const { status, headers, body } = await raw(world.pages, path, odd);
      assert.ok(status < 500);
      assert.ok(!body.includes("evil.example") && !JSON.stringify(headers).includes("evil.example"), path);
    }
  });

  test("a session is in a cookie that no script reads and no form of another site sends, and private pages are not kept", () =>
    world.visit({}, async (page) => {
      const answer = await page.goto(`${world.private}/providers/acme`);
      assert.equal(answer.url(), `${world.private}/sign-in?to=%2Fproviders%2Facme`);
      await page.getByLabel("Password").fill(world.password);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForURL(`${world.private}/providers/acme`);
      const [cookie] = await page.context().cookies(world.private);
      assert.deepEqual([cookie.name, cookie.httpOnly, cookie.sameSite, cookie.path], ["statuswire", true, "Lax", "/"]);
      assert.equal(await page.evaluate(() => document.cookie), "");
      const opened = await page.goto(`${world.private}/calendar`);
      assert.equal(opened.headers()["cache-control"], "no-store");
    }));

  test("pages accept only GET, and GET changes nothing, not even on the way to unsubscribe", async () => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
      for (const path of ["/", "/calendar", "/providers/acme", `/mail/${world.token}`]) {
        assert.equal((await raw(world.pages, path, {}, method)).status, 405, `${method} ${path}`);
      }
    }
    assert.equal((await raw(world.pages, `/mail/${world.token}/unsubscribe`)).status, 200);
  });
}

/** What is inline, of another origin, or runs. Runs in the page. */
export function inline() {
  const found = [];
  for (const it of document.querySelectorAll("*")) {
    const name = it.localName;
    if (name === "style" || (name === "script" && !it.getAttribute("src"))) found.push(`inline ${name}`);
    if (["base", "object", "embed", "iframe", "frame", "meta"].includes(name) && (name !== "meta" || it.httpEquiv)) found.push(name);
    for (const { name: attribute, value } of it.attributes) {
      if (attribute === "style" || attribute.startsWith("on")) found.push(`${name} has ${attribute}`);
      if (!["href", "src", "action", "formaction", "xlink:href"].includes(attribute)) continue;
      const url = new URL(value, location.href);
      if (!["http:", "https:"].includes(url.protocol)) found.push(`${name} leads to ${value.slice(0, 60)}`);
      const isForeign = url.origin !== location.origin;
      if (isForeign && name !== "a") found.push(`${name} of another origin`);
      if (isForeign && name === "a" && !["noopener", "noreferrer", "nofollow"].every((word) => it.relList.contains(word))) found.push(`${value.slice(0, 60)} sends a referrer`);
    }
  }
  return found;
}

/** `hasForms`: it is a page of the console. */
export function guarded(headers, path, hasForms = /\/sign-in/.test(path)) {
  const policy = headers["content-security-policy"] ?? "";
  assert.match(policy, /default-src 'none'/, path);
  // Cards are for frames of other sites; their pictures are not.
  const isCard = /^\/embed\/(?!.*\.png)/.test(path);
  const ancestors = isCard ? /; frame-ancestors \*$/ : /frame-ancestors 'none'/;
  assert.match(policy, ancestors, path);
  assert.equal(headers["x-frame-options"], isCard ? undefined : "DENY", path);
  assert.doesNotMatch(policy.replace(isCard ? ancestors : "", ""), /unsafe|\*|https?:/, path);
  assert.equal(headers["x-content-type-options"], "nosniff", path);
  // A form has to tell us, and only us, where it was sent from.
  assert.equal(headers["referrer-policy"], hasForms ? "same-origin" : "no-referrer", path);
}

export function raw(base, path, headers = {}, method = "GET") {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method, headers, agent: false }, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (part) => (body += part));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body }));
    });
    asked.on("error", reject).end();
  });
}
