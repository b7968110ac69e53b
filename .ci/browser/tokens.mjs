// API tokens: made, shown once, used by a program, revoked.
import assert from "node:assert/strict";
import { test } from "node:test";

import { everyWay, signIn, somebody } from "./people.mjs";

export function tokens(world) {
  const make = async (page, name, scope) => {
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Scope").selectOption(scope);
    await page.getByRole("button", { name: "Make a token" }).click();
  };

  everyWay("a token is made, used and revoked", (way) =>
    world.visit(way, async (page) => {
      await signIn(world, page, somebody("tokens"));
      await page.goto(`${world.accounts}/account`);
      await page.getByRole("link", { name: "API tokens" }).click();
      await page.getByText("There is no token yet.").waitFor();
      await make(page, "CI", "write");
      await page.getByText("This is the only time that the token is shown.").waitFor();
      const token = await page.locator("#token").innerText();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
      assert.equal(wide, false, "the token is wider than the page");

      const api = (path, options = {}) =>
        fetch(`${world.accounts}/api/v1/account${path}`, { ...options, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" } });
      const made = await api("/monitors", { method: "POST", body: JSON.stringify({ provider: "github" }) });
      assert.equal(made.status, 201, await made.text());

      await page.getByRole("link", { name: "Done" }).click();
      assert.equal(await page.getByText(token).count(), 0, "it is shown again");
      await make(page, "CI", "read");
      await page.getByRole("alert").getByRole("link", { name: "Another token has this name." }).waitFor();
      assert.equal(await page.getByLabel("Name").inputValue(), "CI");
      await page.getByRole("link", { name: "Revoke CI" }).click();
      await page.getByRole("button", { name: "Revoke this token" }).click();
      await page.getByRole("status").getByText("Revoked.").waitFor();
      assert.equal((await api("/monitors")).status, 401);
    }));

  everyWay("every page of tokens is opened", (way) =>
    world.visit(way, async (page) => {
      await signIn(world, page, somebody("tokens"));
      await page.goto(`${world.accounts}/account/tokens`);
      await make(page, "A token with a long name, as people who are careful give", "read");
      await page.locator("#token").waitFor();
      await page.getByRole("link", { name: "Done" }).click();
      await page.getByRole("link", { name: "Revoke" }).click();
      await page.goto(`${world.accounts}/api`);
    }));
}
