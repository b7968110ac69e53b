// From the first visit to the first alert: what statuswire asks of somebody who has never seen it.
import assert from "node:assert/strict";

import { Member } from "./alerts.mjs";
import { everyWay, mailed, own, received, somebody, text } from "./people.mjs";

/** Of the whole way, with the time that pages and deliveries take. */
const MAX_MILLISECONDS = 3 * 60_000;
/** Links, buttons and boxes, of which without a script one more is to be ticked. */
const MAX_CLICKS = 19;

export function firstAlert(world) {
  everyWay("a first visit leads to a first alert in under three minutes of clicks", (way) =>
    world.visit(way, async (page) => {
      const [address, title] = [somebody("first"), own("Requests fail")];
      const [path] = await world.links("/?show=trouble&sort=name", /^\/providers\/(?!acme|globex|evil|clerk)/);
      const provider = path.split("/").at(-1);
      const name = await nameOf(world, path);
      const hook = `/hooks/${own("first")}`;
      const receiver = (await text(`${world.control}/receivers`)) + hook;
      const member = new Member(world, page, address);
      const begun = Date.now();
      let clicks = 0;
      const click = async (role, name) => {
        clicks += 1;
        await page.getByRole(role, { name, exact: true }).first().click();
      };
      const tick = async (box) => {
        clicks += 1;
        await box.check();
      };

      await page.goto(`${world.accounts}/`);
      await click("link", "Sign in");
      await page.getByLabel("Email address").fill(address);
      await click("button", "Send me a link");
      await page.getByRole("heading", { level: 1, name: "Check your email" }).waitFor();
      clicks += 1;
      await page.goto(await mailed(world, address));
      await click("button", "Sign in");
      await page.getByText("Three steps to your first alert.").waitFor();

      await click("link", "Find your providers");
      await page.getByLabel("Search providers").fill(name);
      await click("button", "Search");
      await tick(page.getByLabel(name, { exact: true }));
      await click("button", "Watch the ticked providers");
      await page.getByRole("status").getByText("1 more provider is watched now.").waitFor();
      await click("link", `Change ${name}`);
      if (!way.script) await tick(page.getByLabel(/^Chosen/));
      await tick(page.getByLabel("API", { exact: true }));
      await click("button", "Work it out again");
      await page.getByText(/[1-9]\d* of [1-9]\d* incidents?/).waitFor();
      await page.getByText(/in the last 90 days/).waitFor();
      await click("button", "Save");
      await page.getByRole("status").getByText("Nobody is alerted yet").waitFor();

      await click("link", "Alerts");
      await click("link", "Add destination");
      await click("link", "Webhook");
      await page.getByLabel("Name").fill("Our server");
      await page.getByLabel("URL", { exact: true }).fill(receiver);
      await click("button", "Save");
      await click("button", "Send test");
      await member.answered(/Webhook accepted it in \d+ ms/);
      await received(world, hook, '"test"');

      // In this order: what is not wanted is decided before what is.
      const other = own("Not ours");
      await world.post(provider, own("i"), "investigating", "Others fail.", ["webhooks"], "partial_outage", other);
      await world.post(provider, own("i"), "investigating", "Requests fail.", ["api"], "partial_outage", title);
      const bodies = await received(world, hook, title);
      assert.ok(!bodies.includes(other), "the monitor is narrowed to one component");
      const took = Date.now() - begun;

      assert.ok(clicks <= MAX_CLICKS, `${clicks} clicks`);
      assert.ok(took < MAX_MILLISECONDS, `${took} ms`);
      await page.goto(`${world.accounts}/welcome`);
      await page.getByText("It has arrived.").waitFor();
      await page.getByText("You watch 1 provider.").waitFor();
    }));
}

async function nameOf(world, path) {
  const html = await (await world.get(path)).text();
  return html.match(/<h1[^>]*>([^<]*)</)[1].trim();
}
