// What people with an account watch: found, narrowed to components with what would have alerted them, and given up.
import assert from "node:assert/strict";
import { test } from "node:test";

import { everyWay, signIn, somebody } from "./people.mjs";

/** Owns the account of the configuration file, and with it the pages of the tests. */
const OWNER = "owner@example.com";

export function watching(world) {
  const enter = (page, address) => signIn(world, page, address);
  const search = async (page, words) => {
    await page.getByLabel("Search providers").fill(words);
    await page.getByRole("button", { name: "Search" }).click();
  };
  const flash = (page, text) => page.getByRole("status").getByText(text).waitFor();

  everyWay("a first visit leads to watching a provider, and no longer watching it", (way) =>
    world.visit(way, async (page) => {
      await enter(page, somebody("first"));
      await page.waitForURL(`${world.accounts}/welcome`);
      await page.getByRole("link", { name: "Find your providers" }).click();
      await search(page, "git hub");
      await page.getByLabel("GitHub", { exact: true }).check();
      await page.getByRole("button", { name: "Watch the ticked providers" }).click();
      await flash(page, "1 more provider is watched now.");
      await page.getByText("No destination yet: nobody is alerted.").waitFor();
      await page.getByLabel("OpenAI", { exact: true }).check();
      await page.getByRole("button", { name: "Watch the ticked providers" }).click();
      await page.getByText("of 2 ").first().waitFor();
      await page.goto(`${world.accounts}/welcome`);
      await page.getByText("You watch 2 providers.").waitFor();
      await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Watch" }).click();
      await page.getByRole("link", { name: "Change GitHub", exact: true }).click();
      await page.getByRole("link", { name: "Stop watching" }).click();
      await page.getByRole("button", { name: "Stop watching GitHub" }).click();
      await flash(page, "It is no longer watched.");
      assert.equal(await page.getByRole("link", { name: "Change GitHub", exact: true }).count(), 0);
    }));

  everyWay("a provider is narrowed from its own page to one component", (way) =>
    world.visit(way, async (page) => {
      await enter(page, somebody("narrow"));
      const [path] = await world.links("/?show=trouble&sort=name", /^\/providers\/(?!acme|globex|evil|clerk)/);
      await page.goto(world.accounts + path);
      await page.getByRole("link", { name: "Watch", exact: true }).last().click();
      await page.getByText(/[1-9]\d* of [1-9]\d* incidents?/).waitFor();
      const boxes = page.locator("[name=component]");
      await boxes.last().check();
      if (way.script) assert.ok(await page.getByLabel(/^Chosen/).isChecked(), "ticking a component chooses");
      else await page.getByLabel(/^Chosen/).check();
      await page.getByLabel("Your time zone").fill("Asia/Tokyo");
      await page.getByRole("button", { name: "Work it out again" }).click();
      await page.getByText("(22:00 to 07:00 Asia/Tokyo)").waitFor();
      await page.getByText("not alerted: it concerned other components").first().waitFor();
      assert.ok(await boxes.last().isChecked(), "what was ticked is kept");
      await page.getByLabel("When the provider names no component").selectOption("drop");
      await page.getByRole("button", { name: /^Watch / }).click();
      await flash(page, "Nobody is alerted yet");
      assert.ok(await boxes.last().isChecked());
      await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Watch" }).click();
      await page.getByText("1 component ·").waitFor();
    }));

  everyWay("a ticked group is all of it, and ticks outlive a search", (way) =>
    world.visit(way, async (page) => {
      await enter(page, OWNER);
      await page.goto(`${world.accounts}/watch/globex`);
      await page.getByText("Region 24", { exact: true }).first().click();
      const all = page.getByLabel("All of Region 24, also components that are added later");
      await all.check();
      await page.getByLabel(/^Chosen/).check();
      const redis = page.locator("details[open]").getByLabel("Redis");
      if (way.script) {
        await page.getByText("8 of 200 selected").waitFor();
        assert.ok(await redis.isChecked());
      }
      await page.getByLabel("Find a component").fill("region 24 queues");
      await page.getByRole("button", { name: "Find" }).click();
      await page.getByText("1 of 200 components match").waitFor();
      await page.getByText("8 of 200 selected").waitFor();
      await page.getByLabel("Queues").uncheck();
      await page.getByLabel("Find a component").fill("");
      await page.getByRole("button", { name: "Find" }).click();
      await page.getByText("7 of 200 selected").waitFor();
      assert.ok(!(await all.isChecked()), "without one of its components it is not all of the group");
      assert.ok(await redis.isChecked());
      if (way.script) assert.ok(await all.evaluate((it) => it.indeterminate));
      await page.getByText("7 of 8 selected").waitFor();
    }));

  everyWay("every page of watching is opened", (way) =>
    world.visit(way, async (page) => {
      const open = (path) => page.goto(world.accounts + path);
      await enter(page, somebody("axe"));
      await open("/welcome");
      await open("/watch");
      await page.getByLabel("GitHub", { exact: true }).check();
      await page.getByLabel("Stripe", { exact: true }).check();
      await page.getByRole("button", { name: "Watch the ticked providers" }).click();
      await flash(page, "2 more providers");
      await open("/watch?q=cloud");
      await open("/watch?q=xyzzy.example");
      await page.getByLabel("Address").fill("nothing at all");
      await page.getByRole("button", { name: "Add and watch" }).click();
      await page.getByRole("alert").waitFor();
      await page.goto(`${world.accounts}/watch`);
      await page.getByLabel(/^A package.json/).fill("stripe.com\nnobody.example\nsentry");
      await page.getByRole("button", { name: "Find their providers" }).click();
      await page.getByText("2 providers found").waitFor();
      await open("/watch/github");
      await open("/watch/github/remove");
      await page.goto(`${world.accounts}/watch/github`);
      await page.getByLabel(/^Chosen/).check();
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("alert").waitFor();
      await page.context().clearCookies();
      await enter(page, OWNER);
      for (const path of ["/watch", "/watch/globex", "/watch/globex?q=region+6", "/watch/acme", "/watch/evil", "/watch/clerk"]) await open(path);
    }));

  test("texts of a hostile provider stay text where it is watched", () =>
    world.visit({}, async (page) => {
      await enter(page, OWNER);
      for (const path of ["/watch/evil", "/watch?q=evil", "/watch"]) {
        const answer = await page.goto(world.accounts + path);
        assert.match(answer.headers()["content-security-policy"], /default-src 'none'/);
        assert.equal(await page.evaluate(() => window.pwned), undefined, path);
        assert.equal(await page.locator("main img, main iframe, main script, main [onclick], main [style]").count(), 0, path);
      }
      await page.goto(`${world.accounts}/watch/evil`);
      const boxes = page.locator("[name=component]");
      const names = await boxes.evaluateAll((all) => all.map((it) => it.value));
      assert.equal(names.length, 4);
      await boxes.first().check();
      await page.getByRole("button", { name: "Work it out again" }).click();
      await page.getByText("1 of 4 selected").first().waitFor();
      assert.equal(await page.evaluate(() => window.pwned), undefined);
    }));
}

/** Names and paths of the pages of somebody who watches two providers. */
export async function watched(world, page, address) {
  await signIn(world, page, address);
  await page.goto(`${world.accounts}/watch`);
  for (const name of ["GitHub", "Stripe"]) await page.getByLabel(name, { exact: true }).check();
  await page.getByRole("button", { name: "Watch the ticked providers" }).click();
  return [["welcome", "/welcome"], ["list", "/watch"], ["found", "/watch?q=cloud"], ["provider", "/watch/github"], ["remove", "/watch/github/remove"]];
}
