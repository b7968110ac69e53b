// API tokens: made, shown once, used by a program, revoked.
import assert from "node:assert/strict";
import { test } from "node:test";

import { problemsOf } from "./accessibility.mjs";
import { WIDTHS } from "./world.mjs";

export function tokens(world) {
  const signIn = async (page, address) => {
    const link = await fetch(`${world.control}/links/${encodeURIComponent(address)}`);
    await page.goto(await link.text());
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL((url) => !url.pathname.startsWith("/account/sign-in"));
  };
  const make = async (page, name, scope) => {
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Scope").selectOption(scope);
    await page.getByRole("button", { name: "Make a token" }).click();
  };

  for (const width of Object.keys(WIDTHS)) {
    for (const script of [true, false]) {
      test(`a token is made, used and revoked, ${width}, ${script ? "with" : "without"} a script`, () =>
        world.visit({ width, script }, async (page) => {
          await signIn(page, `tokens-${width}-${script}-${process.pid}@example.com`);
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
    }

    for (const dark of [false, true]) {
      test(`axe finds nothing in the pages of tokens, ${width}, ${dark ? "dark" : "light"}`, () =>
        world.visit({ width, dark }, async (page) => {
          const found = [];
          const check = async () => found.push(...(await problemsOf(page)).map((problem) => `${page.url()}: ${problem}`));
          await signIn(page, `tokens-axe-${width}-${dark}-${process.pid}@example.com`);
          await page.goto(`${world.accounts}/account/tokens`);
          await check();
          await make(page, "A token with a long name, as people who are careful give", "read");
          await page.locator("#token").waitFor();
          await check();
          await page.getByRole("link", { name: "Done" }).click();
          await check();
          await page.getByRole("link", { name: "Revoke" }).click();
          await check();
          await page.goto(`${world.accounts}/api`);
          await check();
          assert.deepEqual(found, []);
        }));
    }
  }
}
