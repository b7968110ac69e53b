// Attacks by and on people with an account, whose every text is markup: on all pages that they can reach.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Member } from "./alerts.mjs";
import { own, received, text } from "./people.mjs";
import { guarded, inline, raw } from "./security.mjs";

const SCRIPT = "\"><script>window.pwned=1</script>";
const IMAGE = "'><img src=x onerror=window.pwned=1>";
const TEXTS = {
  account: `${IMAGE}account`, group: `${SCRIPT}group`, destination: `${IMAGE}destination`, page: `${SCRIPT}page`,
  board: `${IMAGE}board`, token: `${SCRIPT}token`, incident: `${IMAGE}incident`,
};
/** Where people go that are signed in. */
const REACHED = /^\/(account|alerts|watch|welcome|boards|embed\/boards)(\/|\?|$)/;
/** What browsers save or give to other programs. */
const FILES = /\.(atom|ics|png)$|^\/account\/export(\.toml)?$/;
const MAX_REACHED = 100;

const LONG = "a".repeat(4_000);
const ATTACK = "%22%3E%3Cscript%3Ewindow.pwned=1%3C/script%3E";
const HEADER = "x%0d%0aset-cookie:%20pwned=1";
/** Sent unchanged, byte for byte. */
const ODD_PATHS = [
  "/account/..", "/account//", "/account/%00", `/account/${LONG}`, `/account/${HEADER}`, `/account?done=${ATTACK}`,
  `/account/sign-in/${ATTACK}`, `/account/sign-in/${LONG}`, `/account/sign-in?to=//evil.example`, `/account/sign-in?sent=${ATTACK}`,
  `/account/join/${ATTACK}`, `/account/join/${HEADER}`, `/account/audit?before=${ATTACK}`, `/account/audit?before=%00`,
  `/account/audit?before=${LONG}`, `/account/members/remove?address=${ATTACK}`, `/account/members/remove?address=${HEADER}`,
  `/account/tokens?done=${ATTACK}`, `/account/tokens/${ATTACK}/revoke`, `/account/tokens/%00/revoke`, "/account/tokens/..%2f../revoke",
  `/account/boards/${ATTACK}`, `/account/boards/${HEADER}/remove`, `/account/boards/${LONG}`, "/account/boards/..%2f..%2falerts",
  `/alerts?done=${ATTACK}`, `/alerts/destinations/new?channel=${ATTACK}`, `/alerts/destinations/${ATTACK}`, "/alerts/destinations/%00",
  `/alerts/destinations/${LONG}/remove`, `/alerts/destinations/${HEADER}?test=${ATTACK}`, `/alerts/groups/${ATTACK}`, "/alerts/groups/%ff%fe",
  `/alerts/groups/${HEADER}/feed`, `/alerts/groups/${LONG}/preview`, `/alerts/groups/group_default/preview?zone=${ATTACK}`,
  `/alerts/groups/group_default/preview?zone=${HEADER}`, `/alerts/log?destination=${ATTACK}&state=${ATTACK}&incident=${ATTACK}&before=${ATTACK}`,
  "/alerts/log?before=%00", `/alerts/log?incident=${LONG}`, `/alerts/log?state=${HEADER}`, `/alerts/mutes?done=${ATTACK}`, `/alerts/feed?done=${HEADER}`,
  `/alerts/incident/${ATTACK}/${ATTACK}/1/${ATTACK}`, "/alerts/incident/x/y/99999999999999999999/z", "/alerts/incident/x/y/-1/z",
  `/watch?q=${ATTACK}`, `/watch?q=${LONG}`, "/watch?q=%00%ff", `/watch?done=watched&count=${ATTACK}`, `/watch/${ATTACK}`, `/watch/${HEADER}`, "/watch/%00",
  `/watch/github?monitor=${ATTACK}`, `/watch/github?q=${ATTACK}&done=${ATTACK}`, `/watch/github/remove?monitor=${LONG}`, `/watch/${LONG}/remove`,
  `/boards/${ATTACK}`, `/boards/${HEADER}`, `/embed/boards/${ATTACK}`, "/boards/..%2f..%2faccount", `/feeds/${ATTACK}/incidents.atom`,
  `/api/v1/account/groups/${ATTACK}`, `/api/v1/account/deliveries?cursor=${LONG}`,
];

export function accountSecurity(world) {
  test("texts of an account are shown as text on every page, and nothing of a page is inline or leads elsewhere", () =>
    world.visit({}, async (page) => {
      const member = new Member(world, page, `o'neil&${own("x")}@example.com`);
      await member.signIn();
      await fill(world, member, page);
      const [seen, found] = [new Map(), []];
      const queue = ["/account", "/alerts", "/watch", "/welcome", "/account/sign-in"];
      for (let path; (path = queue.shift()) !== undefined; ) {
        if (seen.has(path)) continue;
        assert.ok(seen.size < MAX_REACHED, `more than ${MAX_REACHED} pages: ${[...seen.keys()].slice(-9).join(" ")}`);
        const answer = await member.open(path);
        guarded(answer.headers(), path, hasForms(path));
        assert.equal(answer.status(), 200, path);
        seen.set(path, await shown(page));
        found.push(...(await broken(page)).map((problem) => `${path}: ${problem}`));
        queue.push(...(await reached(page)));
        // Only other sites lead to the card of a board.
        if (/^\/boards\/\w+$/.test(path)) queue.push(`/embed${path}`);
      }
      assert.deepEqual(found, []);
      const paths = [...seen.keys()].join("\n");
      for (const kind of [/groups\/(?!group_default)[^/]+$/, /groups\/.*\/(feed|preview|remove)$/, /destinations\/(?!new)/, /boards\/(?!new)/, /tokens\/.*revoke/, /log\?incident/, /^\/embed\/boards/]) {
        assert.match(paths, new RegExp(kind, "m"), paths);
      }
      const has = (path, texts) => {
        for (const name of texts) assert.ok(seen.get(path).includes(TEXTS[name]), `${path} shows ${TEXTS[name]}: ${seen.get(path)}`);
      };
      has("/account", ["account"]);
      has("/account/audit", Object.keys(TEXTS));
      has("/account/tokens", ["token"]);
      has("/account/boards", ["board"]);
      has("/alerts", ["group", "destination"]);
      has("/alerts/log", ["destination"]);
      has("/alerts/mutes", ["incident"]);
      has("/watch", ["page"]);
    }));

  test("what is typed comes back as text", () =>
    world.visit({}, async (page) => {
      const member = new Member(world, page, `${own("typed")}@example.com`);
      await member.signIn();
      const refused = async (path, labels, button) => {
        await member.open(path);
        // Browsers check some fields before they send them; others do not.
        await page.locator("form").evaluateAll((forms) => forms.forEach((form) => { form.noValidate = true; }));
        for (const label of labels) await page.getByLabel(label).first().fill(SCRIPT);
        await page.getByRole("button", { name: button }).first().click();
        await page.getByRole("alert").or(page.getByRole("status")).first().waitFor();
        assert.deepEqual(await broken(page), [], path);
      };
      await refused("/account/delete", ["Type "], "Delete this account");
      await refused("/account/tokens", ["Name"], "Make a token");
      await refused("/account/boards/new", ["Name"], "Save board");
      await refused("/alerts/destinations/new?channel=slack", ["Name", "Webhook URL"], "Save");
      await refused("/alerts/destinations/new?channel=email", ["Name", "Email address"], "Save");
      await refused("/alerts/destinations/new?channel=webhook", ["Name", "URL", "Signing key"], "Save");
      await refused("/watch", ["Search providers"], "Search");
      await refused(`/watch?q=${ATTACK}`, ["Address", "Name"], "Add and watch");
      await refused("/watch", [/^A package.json/], "Find their providers");
      await member.open("/alerts/groups/new");
      await page.getByLabel("Name").fill(SCRIPT);
      await page.getByLabel("Hold alerts in these hours").check();
      await page.getByRole("group", { name: "Quiet hours" }).getByLabel("Time zone").fill(IMAGE);
      await member.press("Save");
      await page.getByRole("alert").waitFor();
      assert.deepEqual(await broken(page), []);
      assert.equal(await page.getByLabel("Name").inputValue(), SCRIPT);
    }));

  test("odd URLs cause no server error for somebody who is signed in, and no header of theirs is reflected", () =>
    world.visit({}, async (page) => {
      await new Member(world, page, `${own("odd")}@example.com`).signIn();
      const cookies = (await page.context().cookies(world.accounts)).map(({ name, value }) => `${name}=${value}`);
      const cookie = cookies.join("; ");
      for (const path of ODD_PATHS) {
        const { status, headers, body } = await raw(world.accounts, path, { cookie });
        const what = `${status} for ${path.slice(0, 80)}`;
        assert.ok(status >= 200 && status < 500, what);
        assert.ok(!JSON.stringify(headers["set-cookie"] ?? "").includes("pwned"), what);
        assert.ok(!body.includes("<script>window"), what);
        assert.ok(!/^(https?:)?\/\//.test(headers.location ?? "/"), `sent to ${headers.location} by ${what}`);
        // That there is no such board is told to no other site.
        if (/html/.test(headers["content-type"]) && (status < 400 || !path.startsWith("/embed/"))) guarded(headers, path, headers["referrer-policy"] === "same-origin");
      }
      const odd = {
        cookie, "x-forwarded-host": "evil.example", "x-forwarded-proto": "javascript", forwarded: "host=evil.example",
        "x-original-url": "/account/evil.example", "user-agent": "<script>evil.example</script>", referer: "https://evil.example/",
        "accept-language": "evil.example", "if-none-match": "\"evil.example\"",
      };
      for (const path of ["/account", "/account/audit", "/alerts", "/alerts/feed", "/alerts/log", "/watch", "/watch/github", "/welcome", "/account/nowhere"]) {
        for (const more of [{}, { host: "evil.example" }]) {
          const { status, headers, body } = await raw(world.accounts, path, { ...odd, ...more });
          assert.ok(status < 500, `${status} for ${path}`);
          assert.ok(!body.includes("evil.example") && !JSON.stringify(headers).includes("evil.example"), path);
        }
      }
    }));

  test("pages of an account are kept by nobody, and its session is in a cookie that no script reads", () =>
    world.visit({}, async (page) => {
      const member = new Member(world, page, `${own("kept")}@example.com`);
      await member.signIn();
      for (const path of ["/account", "/account/audit", "/alerts", "/alerts/log", "/watch", "/watch/github", "/welcome"]) {
        assert.equal((await member.open(path)).headers()["cache-control"], "no-store", path);
      }
      const cookies = await page.context().cookies(world.accounts);
      assert.deepEqual(cookies.map((it) => [it.name, it.httpOnly, it.sameSite, it.path]), [["statuswire-account", true, "Lax", "/"]]);
      assert.equal(await page.evaluate(() => document.cookie), "");
    }));
}

/** Gives everything that has a name one of markup, and lets something happen that the log and the audit log tell of. */
async function fill(world, member, page) {
  const flash = (words) => page.getByRole("status").getByText(words).waitFor();
  await member.open("/account/rename");
  await page.getByLabel("Name").fill(TEXTS.account);
  await member.press("Save");
  await flash("Account renamed.");
  await page.getByLabel("Email address").fill("a&b'c@example.com");
  await member.press("Send invitation");
  await flash("Invitation sent.");

  await member.open("/account/tokens");
  await page.getByLabel("Name").fill(TEXTS.token);
  await member.press("Make a token");
  await page.locator("#token").waitFor();

  await member.open("/watch");
  await page.getByLabel("GitHub", { exact: true }).check();
  await member.press("Watch the ticked providers");
  await flash("1 more provider");
  await page.getByLabel("Address").fill(`https://status.${own("page")}.example`);
  await page.locator("form", { has: page.getByRole("button", { name: "Add and watch" }) }).getByLabel(/^Name/).fill(TEXTS.page);
  await member.press("Add and watch");
  await flash("Added.");

  await member.open("/account/boards/new");
  await page.getByLabel("Name").fill(TEXTS.board);
  await page.getByLabel("GitHub", { exact: true }).check();
  await member.press("Save board");
  await flash("Saved.");

  const hook = `/services/T0/B0/${own("markup")}`;
  await member.addSlack(hook, TEXTS.destination);
  await member.open("/alerts/groups/new");
  await page.getByLabel("Name").fill(TEXTS.group);
  await page.getByRole("group", { name: "Destinations" }).getByRole("checkbox").first().check();
  await member.press("Save");
  await flash("Group saved.");

  const incident = own("i");
  await world.post("github", incident, "investigating", SCRIPT, [], "operational", TEXTS.incident);
  await received(world, hook, "window.pwned=1");
  await member.open(`/alerts/log?incident=${incident}`);
  await member.press("Mute until its end");
  await flash("Muted.");
}

/** Boards are pages without forms, for everybody. */
const hasForms = (path) => !/^\/(embed|boards)\//.test(path);

/** What of our texts runs, or is no text. */
async function broken(page) {
  const found = await page.evaluate(inline);
  if (await page.evaluate(() => window.pwned !== undefined)) found.push("a script ran");
  const elements = await page.locator("main img, main iframe, main object, main embed, main script, main b").count();
  if (elements) found.push(`${elements} elements of markup`);
  return found;
}

/** All that can be read on a page, also in its fields and in what is folded. */
function shown(page) {
  return page.evaluate(() => [document.body.textContent, ...[...document.querySelectorAll("input, textarea")].map((it) => it.value)].join("\n"));
}

/** Paths of the pages that a page leads to. */
async function reached(page) {
  const paths = await page.locator("a[href]").evaluateAll((links, origin) =>
    links.map((it) => new URL(it.href)).filter((url) => url.origin === origin).map((url) => url.pathname + url.search), new URL(page.url()).origin);
  return [...new Set(paths)].filter((path) => REACHED.test(path) && !FILES.test(path));
}
