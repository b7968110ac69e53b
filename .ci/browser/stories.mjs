// What people do on the site, from start to end, on a phone and on a desktop.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import ICAL from "ical.js";

import { framed } from "./frames.mjs";
import { CLERK, WIDTHS } from "./world.mjs";

/** Longer than the refresh interval of any page. */
const REFRESH = 2 * 60_000;

export function stories(world) {
  for (const width of Object.keys(WIDTHS)) {
    test(`a provider is found by typing, with the keyboard alone, ${width}`, () =>
      world.visit({ width }, async (page) => {
        await page.goto("/");
        await page.keyboard.press("/");
        const search = page.getByRole("searchbox");
        await focused(search);
        await search.pressSequentially("acme clo");
        const acme = page.getByRole("link", { name: "Acme Cloud", exact: true });
        await page.getByRole("status").getByText("1 provider", { exact: true }).waitFor({ state: "attached" });
        await page.waitForURL("/?q=acme+clo");
        assert.equal(await page.locator("a.who").count(), 1);
        await page.keyboard.press("ArrowDown");
        await focused(acme);
        await page.keyboard.press("Enter");
        await page.waitForURL("/providers/acme");
        await page.getByRole("heading", { level: 1, name: "Acme Cloud" }).waitFor();
      }));

    test(`j and k move through the list, ${width}`, () =>
      world.visit({ width }, async (page) => {
        await page.goto("/?sort=name");
        const rows = page.locator("a.who");
        for (const [key, at] of [["j", 0], ["j", 1], ["j", 2], ["k", 1], ["k", 0], ["k", 0]]) {
          await page.keyboard.press(key);
          await focused(rows.nth(at));
        }
        const path = await rows.first().getAttribute("href");
        await page.keyboard.press("Enter");
        await page.waitForURL(path);
      }));

    test(`filters narrow the list and it can be sorted, ${width}`, () =>
      world.visit({ width }, async (page) => {
        await page.goto("/");
        await page.getByRole("link", { name: /^With incidents/ }).click();
        await page.waitForURL("/?show=trouble");
        const states = await page.locator(".rows .state").allInnerTexts();
        assert.ok(states.length > 5 && states.every((state) => /outage|degraded/i.test(state)), states.join());
        if (width === "phone") await page.getByText("Filter", { exact: true }).click();
        await page.getByLabel("Sort", { exact: true }).selectOption("Worst first");
        await page.waitForURL(/sort=worst/);
        await page.locator(".rows .state").first().getByText("Major outage").waitFor();
        const ranks = (await page.locator(".rows .state").allInnerTexts()).map((it) => ["Major outage", "Partial outage", "Degraded performance"].indexOf(it.trim()));
        assert.deepEqual(ranks, ranks.toSorted());
        await page.goto("/");
        const all = await page.locator("a.who").count();
        if (width === "phone") await page.getByText("Filter", { exact: true }).click();
        await page.getByLabel("Category", { exact: true }).selectOption("security");
        await page.waitForURL("/?category=security");
        await page.getByRole("link", { name: "Clerk", exact: true }).waitFor();
        assert.ok((await page.locator("a.who").count()) <= all);
        await page.goBack();
      }));

    test(`TV mode shows the watched providers, large, ${width}`, () =>
      world.visit({ width }, async (page) => {
        await page.goto("/");
        await page.getByRole("link", { name: "TV mode" }).click();
        await page.waitForURL("/?wall=1");
        await page.getByRole("link", { name: "Acme Cloud" }).waitFor();
        assert.equal(await page.getByRole("navigation", { name: "Main" }).isVisible(), false);
        const ranks = await page.locator(".tile").evaluateAll((tiles) => tiles.map((it) => it.className));
        assert.ok(ranks.length >= 5 && ranks[0].includes("major_outage"), ranks.join());
      }));

    test(`the Clerk incident is shown with all its updates, ${width}`, () =>
      world.visit({ width }, async (page) => {
        await page.goto("/?q=clerk");
        await page.getByRole("link", { name: "Clerk", exact: true }).click();
        await page.waitForURL("/providers/clerk");
        await page.goto(CLERK);
        await page.getByRole("heading", { level: 1, name: "Elevated error rates" }).waitFor();
        const text = await page.locator("main").innerText();
        const posts = ["Some requests fail. We are looking into it.", "Requests still fail for some; the cause is not known yet.",
          "We narrowed it down to one region.", "A fix is out and error rates fall.", "All is back to normal."];
        const positions = posts.map((post) => text.indexOf(post));
        assert.ok(positions.every((at) => at >= 0), positions.join());
        assert.deepEqual(positions, positions.toSorted((a, b) => b - a), "the newest comes first");
        await page.getByText("As a table").click();
        const table = page.getByRole("table");
        const rows = await table.locator("tbody tr").allInnerTexts();
        assert.equal(rows.length, 8, rows.join("\n"));
        const left = rows.find((row) => row.includes("Machine authentication"));
        assert.match(left, /for 1 h 33 min/);
        assert.match(left, /16:24/, "the third update mentioned it last");
        assert.ok(rows.every((row) => /Operational$/.test(row.trim()) && (row === left || /17:26/.test(row))), rows.join("\n"));
        const mentions = await page.locator(".timeline > li").allInnerTexts();
        assert.deepEqual(mentions.map((it) => it.includes("Machine authentication")), [false, false, true, true, true]);
        assert.match(text, /Resolved/);
      }));

    test(`maintenance is found in the calendar and opened, ${width}`, () =>
      world.visit({ width }, async (page) => {
        await page.goto("/");
        await page.getByRole("link", { name: "Maintenance", exact: true }).click();
        await page.waitForURL("/calendar");
        const entry = page.getByRole("link", { name: /Move to new hardware/ }).first();
        while (!(await entry.isVisible())) {
          const before = page.url();
          await page.getByRole("link", { name: "Next month" }).click();
          await page.waitForURL((url) => url.href !== before);
        }
        await entry.click();
        await page.waitForURL("/maintenances/acme/m3");
        await page.getByRole("heading", { level: 1, name: "Move to new hardware" }).waitFor();
        await page.getByText("We do not expect any interruption").first().waitFor();
        assert.match(await page.locator("main").innerText(), /scheduled/i);
      }));

    test(`a page of 200 components fits a phone and one is found, with and without a script, ${width}`, async () => {
      for (const script of [true, false]) {
        await world.visit({ width, script }, async (page) => {
          await page.goto("/providers/globex");
          const rows = page.locator(".components > li:visible");
          assert.equal(await rows.count(), 3, "those that are not well are in sight");
          assert.match(await rows.first().innerText(), /Partial outage\s+for (5\d min|1 h)[^]*Region 6 \/ Block storage/);
          const height = await page.locator("#components").evaluate((heading) => {
            const next = document.querySelector("#components ~ h2");
            return next.getBoundingClientRect().top - heading.getBoundingClientRect().top;
          });
          assert.ok(height < 1_000, `${height} px`);
          await page.getByText("197 components in 25 groups").click();
          await page.getByText("Region 12", { exact: true }).click();
          assert.equal(await rows.count(), 3 + 8);
          await page.getByLabel("Find a component").fill("region 6 disk");
          await page.getByRole("button", { name: "Find" }).click();
          await page.waitForURL("/providers/globex?q=region+6+disk#components");
          await page.getByText("0 of 200 components match").waitFor();
          await page.getByLabel("Find a component").fill("sign-in region 2");
          await page.keyboard.press("Enter");
          await page.getByText("8 of 200 components match").waitFor();
          assert.match(await rows.first().innerText(), /Region 2 \/ Sign-in/);
          const [name, uptime] = ["bdi", ".uptime"].map((part) => rows.first().locator(part));
          assert.match(await uptime.innerText(), /^100 % of \d+ days seen$/);
          const boxes = await Promise.all([name.boundingBox(), uptime.boundingBox(), rows.first().boundingBox()]);
          if (width === "phone") assert.ok(boxes[0].y + boxes[0].height <= boxes[1].y + 1 && boxes[0].width > 0.8 * boxes[2].width, "the name has a line of its own");
          await page.getByRole("link", { name: "Show all" }).click();
          await page.waitForURL("/providers/globex#components");
        });
      }
    });

    test(`the history is gone through month by month, ${width}`, () =>
      world.visit({ width }, async (page) => {
        await page.goto("/providers/globex");
        await page.getByRole("link", { name: "History by month" }).first().click();
        await page.waitForURL("/providers/globex/history");
        const titles = new Set();
        for (const months = page.getByRole("navigation", { name: "Months" }).locator("[rel=prev]"); ; ) {
          for (const row of await page.locator(".rows > li").allInnerTexts()) titles.add(row);
          if (!(await months.count())) break;
          const before = page.url();
          await months.click();
          await page.waitForURL((url) => url.href !== before);
        }
        assert.equal([...titles].filter((row) => /Compute is slow/.test(row) && /imported/.test(row)).length, 12, [...titles].join("\n"));
        await page.getByRole("navigation", { name: "Months" }).locator("[rel=next]").click();
        await page.getByRole("link", { name: "Globex Corporation" }).click();
        await page.waitForURL("/providers/globex");
      }));

    test(`the calendar starts at this week in the zone of the browser, ${width}`, () =>
      world.visit({ width, zone: "Pacific/Auckland" }, async (page) => {
        await page.goto("/calendar");
        await page.waitForURL("/calendar?zone=Pacific%2FAuckland");
        await page.getByText(/\(Pacific\/Auckland\)/).waitFor();
        assert.equal(await page.getByLabel("Time zone").inputValue(), "Pacific/Auckland");
        const today = new Intl.DateTimeFormat("en-CA", { timeZone: "Pacific/Auckland" }).format(new Date());
        const days = await page.locator(".month tr:not(.dates) time[datetime]:not([data-as])").evaluateAll((all) => all.map((it) => it.dateTime));
        assert.equal(days.length, 35);
        const at = days.indexOf(today);
        assert.ok(at >= 0 && at < 7, `${today} in ${days.slice(0, 7)}`);
        const bar = page.locator(".month .long", { hasText: "Move of a data centre" }).first();
        await bar.getByText("Rescheduled").waitFor();
        assert.match(await bar.innerText(), /from \d+ \w+, \d\d:\d\d/);
        await page.getByLabel("Provider").selectOption("Globex Corporation");
        await page.getByRole("button", { name: "Apply" }).click();
        await page.waitForURL(/provider=globex/);
        const subscriptions = page.getByRole("navigation", { name: "Subscribe" });
        const [download] = await Promise.all([page.waitForEvent("download"), subscriptions.getByRole("link", { name: "Globex Corporation" }).click()]);
        const events = calendar(readFileSync(await download.path(), "utf8"));
        assert.deepEqual(events.map((event) => event.summary).toSorted(), ["Globex Corporation: Move of a data centre", "Globex Corporation: New hardware in all regions"]);
        await page.getByLabel("Time zone").fill("UTC");
        await page.getByRole("button", { name: "Apply" }).click();
        await page.waitForURL(/zone=UTC/);
        await page.getByRole("link", { name: "List" }).click();
        await page.waitForURL(/zone=UTC/);
        await page.getByText("Rescheduled from").first().waitFor();
      }));

    test(`the calendar can be subscribed to, ${width}`, () =>
      world.visit({ width }, async (page) => {
        await page.goto("/calendar");
        const [download] = await Promise.all([
          page.waitForEvent("download"),
          page.getByRole("navigation", { name: "Subscribe" }).getByRole("link", { name: "all", exact: true }).click(),
        ]);
        const events = calendar(readFileSync(await download.path(), "utf8"));
        const titles = events.map((event) => event.summary);
        assert.ok(titles.some((title) => title.includes("Move to new hardware")), titles.join());
        assert.ok(!titles.includes("pwned"), "a provider's text injected an event");
      }));
  }

  for (const name of ["/watched.ics", "/providers/acme/calendar.ics", "/providers/evil/calendar.ics"]) {
    test(`${name} is a calendar`, async () => {
      const answer = await world.get(name);
      assert.match(answer.headers.get("content-type"), /^text\/calendar/);
      const events = calendar(await answer.text());
      assert.ok(events.length >= 4 && events.every((event) => event.summary !== "pwned"));
    });
  }

  test("times are shown in the zone of the browser and in UTC", async () => {
    const zones = {
      "Asia/Kolkata": /^10 .*21:47 GMT\+5:30 \(16:17 UTC\)$/,
      // There it is another day already.
      "Asia/Tokyo": /^11 .*01:17 GMT\+9 \(10 Mar.*16:17 UTC\)$/,
      UTC: /^10 .*16:17 UTC$/,
    };
    for (const [zone, text] of Object.entries(zones)) {
      await world.visit({ zone }, async (page) => {
        await page.goto(CLERK);
        const time = page.locator('time[datetime="2026-03-10T16:17:00Z"]').first();
        assert.match(await time.getAttribute("title"), /16:17 UTC/);
        assert.match(await time.innerText(), text);
      });
    }
  });

  test("selects are folded under Filter on a phone, and stay open when used", async () => {
    await world.visit({ width: "phone" }, async (page) => {
      await page.goto("/");
      const sort = page.getByLabel("Sort", { exact: true });
      assert.equal(await sort.isVisible(), false);
      await page.getByText("Filter", { exact: true }).click();
      await sort.selectOption("Name");
      await page.waitForURL(/sort=name/);
      await page.reload();
      assert.equal(await page.getByLabel("Sort", { exact: true }).isVisible(), true);
    });
    await world.visit({ width: "desktop" }, async (page) => {
      await page.goto("/");
      assert.equal(await page.getByLabel("Sort", { exact: true }).isVisible(), true);
      assert.equal(await page.getByText("Filter", { exact: true }).isVisible(), false);
    });
  });

  for (const width of Object.keys(WIDTHS)) {
    test(`forms and links work without a script, ${width}`, () =>
      world.visit({ width, script: false }, async (page) => {
        await page.goto("/");
        await page.getByRole("searchbox").fill("acme");
        if (width === "phone") await page.getByText("Filter", { exact: true }).click();
        await page.getByLabel("Sort", { exact: true }).selectOption("Name");
        await page.getByRole("button", { name: "Search" }).click();
        await page.waitForURL("/?q=acme&category=&sort=name");
        await page.getByRole("link", { name: "Acme Cloud", exact: true }).click();
        await page.waitForURL("/providers/acme");
        await page.goto("/");
        await page.getByRole("link", { name: "Next", exact: true }).click();
        await page.waitForURL("/?page=2");
        await page.getByText("Page 2 of").waitFor();
        await page.getByRole("link", { name: /^Status page unreachable/ }).click();
        await page.getByText("it answered 503").waitFor();
        await page.goto("/calendar");
        await page.getByLabel("Time zone").fill("Europe/Berlin");
        await page.getByRole("button", { name: "Apply" }).click();
        await page.waitForURL(/zone=Europe%2FBerlin/);
        assert.match(await page.locator('time[datetime$="Z"]').first().innerText(), /\d\d:\d\d/);
      }));
  }

  for (const dark of [false, true]) {
    test(`a card is shown in a frame of another site, ${dark ? "dark" : "light"}`, () =>
      framed(world, ["providers/acme", "watched"].map((card) => `${world.pages}/embed/${card}`), { dark }, async (page) => {
        const card = page.frameLocator("iframe").first();
        const name = card.getByRole("link", { name: "Acme Cloud" });
        await name.waitFor();
        assert.equal(await name.getAttribute("target"), "_blank");
        const [red] = (await card.locator("body").evaluate((it) => getComputedStyle(it).backgroundColor)).match(/\d+/g);
        assert.equal(red < 128, dark, "the card has the reader's theme");
        await page.frameLocator("iframe").last().getByText(/watched providers/).first().waitFor();
      }));
  }

  test("lines to copy are on the page of a provider, and name its badge", () =>
    world.visit({ script: false }, async (page) => {
      await page.goto("/providers/acme");
      const lines = page.locator("details.embed pre");
      assert.equal(await lines.first().isVisible(), false);
      await page.getByText("Badges and cards to embed").click();
      const texts = await lines.allInnerTexts();
      assert.equal(texts.length, 4);
      assert.match(texts[0], /^\[!\[Status of Acme Cloud\]\(\/providers\/acme\/badge\.svg\)\]/);
      for (const path of ["/providers/acme/badge.svg", "/providers/acme/badge.json", "/embed/providers/acme"]) assert.equal((await world.get(path)).status, 200);
    }));

  // A private instance differs in nothing of these, and one session would end for all.
  if (world.isPrivate) return;

  test("an incident is followed from its start to its end without a reload, and the focus stays", async () => {
    const hit = ["europe-api", "europe-search"];
    await world.post("acme", "live", "investigating", "Requests are slow.", hit, "degraded_performance");
    await world.shows("/", "Trouble live");
    await world.visit({}, (page) =>
      world.visit({ width: "phone" }, async (other) => {
        await page.clock.install();
        await other.clock.install();
        await page.goto("/");
        await other.goto("/incidents/acme/live");
        for (const each of [page, other]) await each.evaluate(() => { window.isTheSame = true; });
        const name = page.getByRole("link", { name: "Acme Cloud", exact: true });
        await name.focus();
        const back = other.locator("main").getByRole("link", { name: "Acme Cloud" }).first();
        await back.focus();
        await other.getByText("Requests are slow.").first().waitFor();
        const row = page.locator("li", { has: name });
        await row.getByText("investigating").waitFor();

        await world.post("acme", "live", "identified", "A queue is overloaded.", hit, "partial_outage");
        await world.shows("/?q=acme", "identified · started");
        for (const each of [page, other]) await each.clock.fastForward(REFRESH);
        await row.getByText("identified").waitFor();
        await row.getByText("Partial outage").waitFor();
        await other.getByText("A queue is overloaded.").first().waitFor();
        await focused(name);
        await focused(back);

        await world.post("acme", "live", "resolved", "This is over.", hit, "operational");
        await world.shows("/?q=acme", "Trouble live", false);
        for (const each of [page, other]) await each.clock.fastForward(REFRESH);
        await row.getByText("Operational").waitFor();
        await row.getByText("Trouble live").waitFor({ state: "detached" });
        await other.getByText("This is over.").first().waitFor();
        await focused(name);
        await focused(back);
        for (const each of [page, other]) assert.equal(await each.evaluate(() => window.isTheSame), true, "the page was reloaded");
      }));
    await world.visit({}, async (page) => {
      await page.goto("/providers/acme");
      await page.getByRole("link", { name: "Trouble live" }).first().click();
      await page.waitForURL("/incidents/acme/live");
    });
  });

  for (const width of Object.keys(WIDTHS)) {
    for (const script of [true, false]) {
      test(`somebody signs in to a private instance and out again, ${width}, ${script ? "with" : "without"} a script`, () =>
        world.visit({ width, script }, async (page) => {
          const wanted = `${world.private}/providers/acme`;
          await page.goto(wanted);
          await page.waitForURL(/\/sign-in\?to=/);
          await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
          const password = page.getByLabel("Password");
          if (script) await focused(password);
          await password.fill("not the password");
          await password.press("Enter");
          await page.getByRole("alert").getByText("Wrong password.").waitFor();
          await password.fill(world.password);
          await page.getByRole("button", { name: "Sign in" }).click();
          await page.waitForURL(wanted);
          await page.getByRole("heading", { level: 1, name: "Acme Cloud" }).waitFor();
          await page.getByRole("button", { name: "Sign out" }).click();
          await page.waitForURL(`${world.private}/sign-in`);
          await page.goBack();
          await page.waitForURL(/\/sign-in\?to=/);
        }));
    }
  }

  test("a mail recipient subscribes and unsubscribes, without a script", () =>
    world.visit({ script: false }, async (page) => {
      await page.goto(`/mail/${world.token}`);
      await page.getByText("on-call@acme.example").waitFor();
      await page.getByRole("button", { name: "Yes, send me alerts" }).click();
      await page.getByRole("heading", { name: "Subscribed", exact: true }).waitFor();
      await page.getByRole("button", { name: "Unsubscribe" }).click();
      await page.getByRole("heading", { name: "Unsubscribed", exact: true }).waitFor();
    }));
}

async function focused(locator) {
  await locator.evaluate((it) => it === document.activeElement || new Promise((resolve) => it.addEventListener("focus", resolve, { once: true })));
}

/** Parses a calendar and checks its lines, its times and that each UID is used once. */
function calendar(text) {
  assert.ok(text.split("\r\n").every((line) => Buffer.byteLength(line) <= 75), "a line is longer than 75 bytes");
  const all = new ICAL.Component(ICAL.parse(text));
  assert.equal(all.name, "vcalendar");
  const events = all.getAllSubcomponents("vevent").map((it) => new ICAL.Event(it));
  const uids = events.map((event) => event.uid);
  assert.equal(new Set(uids).size, uids.length, "a UID is used twice");
  for (const event of events) assert.ok(event.startDate.toJSDate().getTime() > 0, event.summary);
  return events;
}
